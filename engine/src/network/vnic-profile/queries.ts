import { z } from 'zod'
import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { among, listOf, listRows } from '../../inventory/list.ts'
import type { VnicProfileRow } from './types.ts'

/** vNIC profiles, by name. */
export const list = query({
  name: 'vnicProfile.list',
  input: listOf({ networkIds: z.array(id).optional() }),
  run: (ctx, i): Promise<VnicProfileRow[]> =>
    listRows(ctx, 'vnic_profile', i, {
      and: [among(fragment`v.network_id`, i.networkIds)],
      orderBy: fragment`v.name, v.id`,
    }),
})
