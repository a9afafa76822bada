import type { TransferPhase } from '@rookery/model'
import { inTransaction } from '../../core/call.ts'
import type { Ctx } from '../../core/ctx.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { cancelTransfer } from './cancel.ts'
import { finalizeTransfer } from './finalize.ts'
import { closeTransfer, openTransfer, renewTransfer } from './open.ts'
import { movePhase } from './store.ts'
import type { TransferRow } from './types.ts'

/** How often a ticket is renewed and asked how it was used. */
const renewSeconds = 10

/** What is to be done about a transfer under way. Pure. */
export function onTime(
  t: Pick<TransferRow, 'direction' | 'timeoutPolicy' | 'inactivityTimeout' | 'active' | 'lastActiveAt'> & {
    renewedAt: Date | null
    hostUp: boolean
  },
  now: Date,
): 'pause' | 'cancel' | 'renew' | null {
  const giveUp =
    t.timeoutPolicy === 'cancel' || (t.timeoutPolicy === 'legacy' && t.direction === 'download') ? 'cancel' : 'pause'
  // A lost host: an upload can go on later, a download begins anew. Fact sheet 2.4.
  if (!t.hostUp) return t.direction === 'upload' ? 'pause' : 'cancel'
  const idle = (now.getTime() - t.lastActiveAt.getTime()) / 1000
  if (t.inactivityTimeout > 0 && !t.active && idle > t.inactivityTimeout) return giveUp
  const age = t.renewedAt === null ? Number.POSITIVE_INFINITY : (now.getTime() - t.renewedAt.getTime()) / 1000
  return age >= renewSeconds ? 'renew' : null
}

/** Transfers under way: tickets are renewed, idle ones paused or cancelled by their policy, old ended ones forgotten. */
export const transfersReconciler = reconciler('imageTransfers', { every: '5s' }, async ctx => {
  const rows = await ctx.sql<
    TransferRow & {
      renewedAt: Date | null
      alias: string
      dataCenterId: string
      hostStatus: string | null
      userGone: boolean
    }
  >`
    select t.*, d.alias, d.data_center_id, h.status as host_status
      from image_transfer t join disk_view d on d.id = t.disk_id left join host h on h.id = t.host_id
     where t.phase = 'transferring' order by t.id`
  for (const row of rows) {
    const input = { transferId: row.id, diskId: row.diskId, alias: row.alias, dataCenterId: row.dataCenterId }
    // A host that is only being connected to again is no lost one.
    const hostUp = row.hostStatus !== null && !['non_responsive', 'maintenance', 'down'].includes(row.hostStatus)
    const todo = onTime({ ...row, hostUp }, new Date())
    if (todo === 'renew') await ctx.start(renewTransfer, input)
    else if (todo !== null) await inTransaction(ctx, tx => timeOut(tx, row, input, todo))
  }
  await goOn(ctx)
  await endWithoutDisk(ctx)
  await ctx.sql`delete from image_transfer
    where phase = 'finished_success' and ended_at < now() - interval '15 minutes' or ended_at < now() - interval '30 minutes'`
})

/** Transfers in a phase that a job must end, whose job is gone: it was cancelled, or failed for a reason that may be over. */
async function goOn(ctx: Ctx): Promise<void> {
  const rows = await ctx.sql<TransferRow & { alias: string; dataCenterId: string }>`
    select t.*, d.alias, d.data_center_id from image_transfer t join disk_view d on d.id = t.disk_id
     where t.ended_at is null and t.phase not in ('transferring', 'paused_user', 'paused_system')
       and t.created_at < now() - interval '10 seconds'
       and not exists (select 1 from job_lock l where l.kind = 'image_transfer' and l.entity_id = t.id)
       and not exists (select 1 from job j where j.refs @> jsonb_build_array(jsonb_build_object('kind', 'image_transfer', 'id', t.id))
                          and j.ended_at > now() - interval '10 seconds')
     order by t.id`
  for (const row of rows) {
    const input = { transferId: row.id, diskId: row.diskId, alias: row.alias, dataCenterId: row.dataCenterId }
    if (row.phase === 'initializing' || row.phase === 'resuming') await ctx.start(openTransfer, input)
    else if (row.phase === 'finalizing_success') await ctx.start(finalizeTransfer, input)
    else await ctx.start(cancelTransfer, input)
  }
}

/** Transfers whose job removed the disk and failed before it could say so: nothing is left to be done. */
async function endWithoutDisk(ctx: Ctx): Promise<void> {
  const rows = await ctx.sql<{ id: string; phase: TransferPhase }>`
    select t.id, t.phase from image_transfer t
     where t.ended_at is null and not exists (select 1 from disk d where d.id = t.disk_id)
       and not exists (select 1 from job_lock l where l.kind = 'image_transfer' and l.entity_id = t.id)`
  for (const { id, phase } of rows) {
    const byUser = phase === 'cancelled_user' || phase === 'finalizing_cleanup'
    await movePhase(ctx.sql, id, byUser ? 'finished_cleanup' : 'finished_failure', [phase])
    ctx.changed('image_transfer', id)
  }
}

async function timeOut(
  ctx: Ctx,
  row: TransferRow & { alias: string },
  input: { transferId: string; diskId: string; alias: string; dataCenterId: string },
  todo: 'pause' | 'cancel',
): Promise<void> {
  const moved = await movePhase(ctx.sql, row.id, todo === 'pause' ? 'paused_system' : 'cancelled_system', [
    'transferring',
  ])
  if (!moved) return
  ctx.changed('image_transfer', row.id)
  ctx.event(todo === 'pause' ? 'transfer.timeout.paused' : 'transfer.timeout.cancelled', {
    refs: [{ kind: 'disk', id: row.diskId, name: row.alias }],
    args: { direction: row.direction, disk: row.alias },
  })
  if (todo === 'pause') await ctx.start(closeTransfer, input)
  else await ctx.start(cancelTransfer, input)
}
