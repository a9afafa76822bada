import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { listOf, listRows } from '../../inventory/list.ts'
import type { MacPoolRow } from './types.ts'

/** MAC pools, by name. */
export const list = query({
  name: 'macPool.list',
  input: listOf({}),
  run: (ctx, i): Promise<MacPoolRow[]> => listRows(ctx, 'mac_pool', i, { orderBy: fragment`v.name` }),
})
