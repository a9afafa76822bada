import { z } from 'zod'
import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../input.ts'
import { among, listOf, listRows } from '../list.ts'
import { PowerManagement } from '../fence/types.ts'
import type { HostRow } from './types.ts'

/** Hosts with their facts, counts and newest statistics, by name. */
export const list = query({
  name: 'host.list',
  input: listOf({ clusterIds: z.array(id).optional() }),
  run: async (ctx, i): Promise<HostRow[]> => {
    const rows = await listRows<HostRow>(ctx, 'host', i, {
      and: [among(fragment`v.cluster_id`, i.clusterIds)],
      orderBy: fragment`v.name, v.id`,
    })
    return rows.map(row => ({ ...row, powerManagement: PowerManagement.parse(row.powerManagement) }))
  },
})
