import type { ErrorRecord } from '@rookery/model'
import { job } from '../../jobs/index.ts'
import { dropDisk } from './cancel.ts'
import { judge, lookAt, TransferInput, transferLocks, transferRefs } from './open.ts'
import { movePhase } from './store.ts'

/**
 * Ends a transfer well: the ticket ends, and what was uploaded is judged on its host, confined. An image that is refused (another
 * format, a backing file, too large) makes the transfer fail; its disk is illegal and then removed. Nothing of this is undone.
 */
export const finalizeTransfer = job(
  {
    name: 'imageTransfer.finalize',
    version: 1,
    input: TransferInput,
    locks: transferLocks,
    describe: i => `Finishing a transfer of disk ${i.alias}`,
    refs: transferRefs,
  },
  async (j, i) => {
    const { transfer, hostId, disk } = await j.tx('look', tx => lookAt(tx, i))
    await j.host('end ticket', hostId, { kind: 'image.ticket.end', ticket: transfer.ticket })
    const judged = transfer.direction === 'download' ? null : await j.attempt('verify', j => judge(j, i, disk))
    if (judged !== null && !judged.ok) {
      await j.tx('refused', async tx => {
        await movePhase(tx.sql, i.transferId, 'finalizing_failure', ['finalizing_success'], judged.error as ErrorRecord)
        tx.changed('image_transfer', i.transferId)
      })
      await dropDisk(j, i, disk)
      await j.tx('failed', async tx => {
        await movePhase(tx.sql, i.transferId, 'finished_failure', ['finalizing_failure'])
        tx.changed('image_transfer', i.transferId)
        tx.event('transfer.failed', {
          refs: transferRefs(i),
          args: { direction: transfer.direction, disk: i.alias, reason: judged.error.message },
        })
      })
      return
    }
    await j.tx('ok', async tx => {
      await tx.sql`update disk set status = 'ok', modified_at = ${tx.now}, actual_size = coalesce(${judged?.value?.actualSize ?? null}::bigint, actual_size)
        where id = ${i.diskId}::uuid`
      await movePhase(tx.sql, i.transferId, 'finished_success', ['finalizing_success'])
      if (transfer.direction === 'upload')
        await tx.sql`update image_transfer set transferred = greatest(transferred, least(size, ${judged?.value?.actualSize ?? 0}::bigint)) where id = ${i.transferId}::uuid`
      tx.changed('disk', i.diskId)
      tx.changed('image_transfer', i.transferId)
      tx.event('transfer.finished', { refs: transferRefs(i), args: { direction: transfer.direction, disk: i.alias } })
    })
  },
)
