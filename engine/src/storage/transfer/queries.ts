import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { listOf, listRows } from '../../inventory/list.ts'
import type { TransferRow } from './types.ts'

/** Image transfers, newest first. Ended ones stay readable for a while. */
export const list = query({
  name: 'imageTransfer.list',
  input: listOf({}),
  run: (ctx, i): Promise<TransferRow[]> =>
    listRows(ctx, 'image_transfer', i, { orderBy: fragment`v.created_at desc, v.id` }),
})
