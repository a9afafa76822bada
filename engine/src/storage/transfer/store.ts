import type { ErrorRecord, TransferPhase } from '@rookery/model'
import type { Task, TicketResult } from '@rookery/protocol'
import { json, type Sql } from '../../db/index.ts'
import type { JobTx } from '../../jobs/index.ts'
import { volumeOf } from '../disk/store.ts'
import type { DiskRow } from '../disk/types.ts'
import type { TransferRow } from './types.ts'

/** A transfer by id, whoever asks. */
export const getTransfer = (sql: Sql, id: string): Promise<TransferRow | undefined> =>
  sql.maybe`select * from image_transfer where id = ${id}::uuid`

/** Moves the phase; false when it was not one of `from`. Phases that begin with `finished` end the transfer. */
export async function movePhase(
  sql: Sql,
  id: string,
  to: TransferPhase,
  from: readonly TransferPhase[],
  error: ErrorRecord | null = null,
): Promise<boolean> {
  const moved = await sql.run`
    update image_transfer set phase = ${to}, version = version + 1, error = coalesce(${error === null ? null : json(error)}, error),
           active = active and ${to === 'transferring'},
           ended_at = case when ${to.startsWith('finished')} then now() else ended_at end
     where id = ${id}::uuid and phase = any (${[...from]}::text[])`
  return moved > 0
}

/** Seconds that a ticket lives without being renewed. */
export const ticketSeconds = 300

/** How a disk is shown to the client of a transfer. */
export function servedAs(
  disk: Pick<DiskRow, 'format' | 'capacity'>,
  format: 'raw' | 'cow',
  direction: 'upload' | 'download',
) {
  const raw = disk.format === 'qcow2' && format === 'raw'
  // A qcow2 file may be larger than what the guest sees: its tables, and a header.
  const size =
    disk.format === 'qcow2' && !raw && direction === 'upload'
      ? Math.ceil(disk.capacity * 1.1) + 4 * 1024 * 1024
      : disk.capacity
  return { serve: raw ? ('raw' as const) : ('volume' as const), size }
}

/** The task that opens the ticket, or renews it. */
export const ticketTask = (
  t: Pick<TransferRow, 'ticket' | 'direction' | 'size' | 'inactivityTimeout'> & {
    serve: 'volume' | 'raw'
    filename: string | null
  },
  disk: DiskRow,
  spm: { poolId: string; epoch: number },
): Task => ({
  kind: 'image.ticket',
  volume: volumeOf(disk),
  spm,
  ticket: t.ticket,
  ops: t.direction === 'upload' ? 'write' : 'read',
  format: disk.format,
  serve: t.serve,
  size: t.size,
  expiresInSeconds: ticketSeconds,
  inactivityTimeoutSeconds: t.inactivityTimeout,
  filename: t.filename,
})

/** Records what a ticket's renewal told of its use. */
export async function recordUse(tx: JobTx, id: string, used: TicketResult): Promise<void> {
  const { transferred = null, active = null, idleSeconds = null } = used
  await tx.sql`
    update image_transfer set renewed_at = ${tx.now},
           transferred = coalesce(${transferred}::bigint, transferred), active = coalesce(${active}::boolean, active),
           last_active_at = case when ${idleSeconds}::int is null then last_active_at
             else greatest(last_active_at, ${tx.now}::timestamptz - make_interval(secs => ${idleSeconds ?? 0})) end
     where id = ${id}::uuid`
  tx.changed('image_transfer', id)
}
