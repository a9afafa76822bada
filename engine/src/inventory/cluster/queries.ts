import { z } from 'zod'
import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../input.ts'
import { among, listOf, listRows } from '../list.ts'
import { ClusterSettings, type ClusterRow } from './types.ts'

/** Clusters, by name. */
export const list = query({
  name: 'cluster.list',
  input: listOf({ dataCenterIds: z.array(id).optional() }),
  async run(ctx, i): Promise<ClusterRow[]> {
    const rows = await listRows<ClusterRow>(ctx, 'cluster', i, {
      and: [among(fragment`v.data_center_id`, i.dataCenterIds)],
      orderBy: fragment`v.name, v.id`,
    })
    return rows.map(row => ({ ...row, settings: ClusterSettings.parse(row.settings) }))
  },
})
