import { job, type Job } from '../../jobs/index.ts'
import { removeImage } from '../disk/steps.ts'
import { deleteDisk } from '../disk/store.ts'
import type { DiskRow } from '../disk/types.ts'
import { onSpm } from '../spm/on-spm.ts'
import { lookAt, TransferInput, transferLocks, transferRefs } from './open.ts'
import { movePhase } from './store.ts'

/**
 * Gives a transfer up, for its user or because nobody used it in time: the ticket ends; an uploaded disk, of which nobody knows what is
 * in it, is removed; a downloaded one is as it was. Nothing of this is undone.
 */
export const cancelTransfer = job(
  {
    name: 'imageTransfer.cancel',
    version: 1,
    input: TransferInput,
    locks: transferLocks,
    describe: i => `Cancelling a transfer of disk ${i.alias}`,
    refs: transferRefs,
    queueable: true,
  },
  async (j, i) => {
    const { transfer, hostId, disk } = await j.tx('look', tx => lookAt(tx, i))
    await j.host('end ticket', hostId, { kind: 'image.ticket.end', ticket: transfer.ticket })
    // The second phase is where another job of this kind, which failed, has left it.
    const byUser = ['cancelled_user', 'finalizing_cleanup'].includes(transfer.phase)
    await j.tx('clean up', async tx => {
      await movePhase(tx.sql, i.transferId, byUser ? 'finalizing_cleanup' : 'finalizing_failure', [
        'cancelled_user',
        'cancelled_system',
      ])
      tx.changed('image_transfer', i.transferId)
    })
    if (transfer.direction === 'upload') await dropDisk(j, i, disk)
    await j.tx('ended', async tx => {
      await movePhase(tx.sql, i.transferId, byUser ? 'finished_cleanup' : 'finished_failure', [
        'finalizing_cleanup',
        'finalizing_failure',
      ])
      await tx.sql`update disk set status = 'ok' where id = ${i.diskId}::uuid and status = 'locked'`
      tx.changed('image_transfer', i.transferId)
      tx.changed('disk', i.diskId)
      tx.event('transfer.cancelled', { refs: transferRefs(i), args: { direction: transfer.direction, disk: i.alias } })
    })
  },
)

/** Removes a disk whose content is worth nothing: illegal first, so that nobody uses it, then its bytes, then its row. */
export async function dropDisk(j: Job, i: TransferInput, disk: DiskRow): Promise<void> {
  await j.tx('illegal', async tx => {
    await tx.sql`update disk set status = 'illegal' where id = ${i.diskId}::uuid`
    tx.changed('disk', i.diskId)
  })
  const removed = await j.attempt('remove disk', j => onSpm(j, 'remove', i.dataCenterId, spm => removeImage(disk, spm)))
  // A disk whose bytes could not be removed stays, illegal, for somebody to remove.
  if (!removed.ok) return
  await j.tx('forget disk', async tx => {
    tx.changed('disk', i.diskId, { gone: true })
    for (const vmId of disk.vmIds) tx.changed('vm', vmId)
    await deleteDisk(tx.sql, i.diskId)
    tx.event('disk.removed', { refs: transferRefs(i), args: { disk: i.alias } })
  })
}
