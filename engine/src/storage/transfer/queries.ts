import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { listOf, listRows } from '../../inventory/list.ts'
import type { TransferRow } from './types.ts'

/**
 * Image transfers, newest first. Ended ones stay readable for a while. Whoever has the ticket may read or write the disk, so it is
 * shown to the owner of the transfer and to administrators; for others `ticket` is empty and `url` null.
 */
export const list = query({
  name: 'imageTransfer.list',
  input: listOf({}),
  async run(ctx, i): Promise<TransferRow[]> {
    const rows = await listRows<TransferRow>(ctx, 'image_transfer', i, { orderBy: fragment`v.created_at desc, v.id` })
    const { kind, admin, userId } = ctx.actor
    return rows.map(row =>
      kind === 'system' || admin || row.userId === userId ? row : { ...row, ticket: '', url: null },
    )
  },
})
