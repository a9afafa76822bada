import { isUuid, notFound } from '@rookery/model'
import { query } from '../../core/query.ts'
import { fragment, type Sql } from '../../db/index.ts'
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

/**
 * The host that serves the image of a ticket. The ticket is all the right that is needed, so nobody is asked who they are.
 *
 * @throws `notFound` for one that was never given, or whose transfer has ended
 */
export async function hostOfTicket(sql: Sql, ticket: string): Promise<string> {
  const row = isUuid(ticket)
    ? await sql.maybe<{ hostId: string | null }>`
        select host_id from image_transfer where ticket = ${ticket}::uuid and ended_at is null`
    : undefined
  if (row === undefined || row.hostId === null)
    throw notFound('image.ticket_unknown', 'The ticket is unknown or its transfer has ended.')
  return row.hostId
}
