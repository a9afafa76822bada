import { conflict, type ErrorRecord } from '@rookery/model'
import type { TicketResult, VolumeInfo } from '@rookery/protocol'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, type Job, job, type JobTx } from '../../jobs/index.ts'
import { getDisk, moveDisk, volumeOf } from '../disk/store.ts'
import type { DiskRow } from '../disk/types.ts'
import { failure, onSpm } from '../spm/on-spm.ts'
import { assignedSpm } from '../spm/store.ts'
import { getTransfer, movePhase, recordUse, ticketTask } from './store.ts'

/** What every job of a transfer is about. */
export const TransferInput = z.strictObject({ transferId: id, diskId: id, alias: z.string(), dataCenterId: id })
export type TransferInput = z.infer<typeof TransferInput>

export const transferLocks = (i: TransferInput) => [exclusive('image_transfer', i.transferId)]
export const transferRefs = (i: TransferInput) => [
  { kind: 'disk' as const, id: i.diskId, name: i.alias },
  { kind: 'image_transfer' as const, id: i.transferId },
]

/** Transfer, disk and who serves the storage; `conflict` when one of them is gone. */
export async function lookAt(tx: JobTx, i: TransferInput) {
  const transfer = await getTransfer(tx.sql, i.transferId)
  const disk = await getDisk(tx.sql, i.diskId)
  if (transfer === undefined || disk === undefined || transfer.hostId === null)
    throw conflict('transfer.gone', 'The image transfer, its disk or its host is gone.')
  const spm = await assignedSpm(tx.sql, i.dataCenterId)
  if (spm === undefined)
    throw conflict('data_center.no_spm', 'The Data Center has no Host that is up and serves its storage (SPM).')
  const row = await tx.sql.one<{
    serve: 'volume' | 'raw'
  }>`select serve from image_transfer where id = ${i.transferId}::uuid`
  const { ticket, direction, size, inactivityTimeout, filename, phase, hostId } = transfer
  const epoch = { poolId: i.dataCenterId, epoch: spm.epoch }
  return {
    transfer: { ticket, direction, size, inactivityTimeout, filename, phase, serve: row.serve },
    hostId,
    disk,
    epoch,
  }
}

/** Has a volume judged on its host, confined: from then on it is legal again, or the step fails. */
export const judge = (j: Job, i: TransferInput, disk: DiskRow): Promise<VolumeInfo> =>
  onSpm<VolumeInfo>(j, 'judge', i.dataCenterId, spm => ({
    kind: 'volume.verify',
    volume: volumeOf(disk),
    spm,
    format: disk.format,
    capacity: disk.capacity,
  }))

/**
 * Opens the ticket of a transfer at its host: the first time, or after a pause. When it cannot be opened the first time the transfer
 * has failed and the disk is as it was; after a pause it is paused again. A volume counts as unverified on its host as soon as
 * somebody may write to it, so before the disk is given back it is judged; one that is refused is illegal.
 */
export const openTransfer = job(
  {
    name: 'imageTransfer.open',
    version: 1,
    input: TransferInput,
    locks: transferLocks,
    describe: i => `Opening a transfer of disk ${i.alias}`,
    refs: transferRefs,
  },
  async (j, i) => {
    let writable: DiskRow | undefined
    const open = await j.attempt('open', async j => {
      const { transfer, disk, hostId, epoch } = await j.tx('look', tx => lookAt(tx, i))
      if (transfer.direction === 'upload' && transfer.phase === 'initializing') writable = disk
      let { size } = transfer
      if (transfer.direction === 'download' && disk.format === 'qcow2' && transfer.serve === 'volume') {
        const info = await j.host<VolumeInfo>('measure', hostId, {
          kind: 'volume.measure',
          volume: volumeOf(disk),
          format: disk.format,
        })
        size = info.fileSize ?? Math.max(info.actualSize, 1)
      }
      const opened = await j.host<TicketResult>('ticket', hostId, ticketTask({ ...transfer, size }, disk, epoch), {
        kind: 'image.ticket.end',
        ticket: transfer.ticket,
      })
      await j.tx('transferring', async tx => {
        if (!(await movePhase(tx.sql, i.transferId, 'transferring', ['initializing', 'resuming'])))
          throw conflict('transfer.moved', 'The image transfer was cancelled meanwhile.')
        await tx.sql`update image_transfer set url = ${opened.url}, size = ${size}, last_active_at = ${tx.now}
          where id = ${i.transferId}::uuid`
        await recordUse(tx, i.transferId, opened)
      })
    })
    if (open.ok) return
    const judged = writable === undefined ? undefined : await j.attempt('verify', j => judge(j, i, writable as DiskRow))
    await j.tx('give up', async tx => {
      tx.changed('image_transfer', i.transferId)
      if (await movePhase(tx.sql, i.transferId, 'paused_system', ['resuming'])) return
      const error = open.error as ErrorRecord
      if (!(await movePhase(tx.sql, i.transferId, 'finished_failure', ['initializing'], error))) return
      await moveDisk(tx.sql, i.diskId, judged?.ok === false ? 'illegal' : 'ok', ['locked'])
      tx.changed('disk', i.diskId)
      tx.event('transfer.failed', {
        refs: transferRefs(i),
        args: { direction: 'transfer', disk: i.alias, reason: open.error.message },
      })
    })
    throw failure(open.error)
  },
)

/** Renews a ticket and reads how it was used. */
export const renewTransfer = job(
  {
    name: 'imageTransfer.renew',
    version: 1,
    input: TransferInput,
    locks: transferLocks,
    describe: i => `Renewing a transfer of disk ${i.alias}`,
    refs: transferRefs,
    queueable: true,
    interruptedBy: ['imageTransfer.cancel', 'imageTransfer.finalize'],
  },
  async (j, i) => {
    const { transfer, disk, hostId, epoch } = await j.tx('look', tx => lookAt(tx, i))
    if (transfer.phase !== 'transferring') return
    // No undo: a ticket that lives longer than it must ends by itself.
    const used = await j.host<TicketResult>('ticket', hostId, ticketTask(transfer, disk, epoch))
    await j.tx('record', tx => recordUse(tx, i.transferId, used))
  },
)

/** Ends the ticket of a transfer that was paused. */
export const closeTransfer = job(
  {
    name: 'imageTransfer.close',
    version: 1,
    input: TransferInput,
    locks: transferLocks,
    describe: i => `Pausing a transfer of disk ${i.alias}`,
    refs: transferRefs,
    queueable: true,
  },
  async (j, i) => {
    const { transfer, hostId } = await j.tx('look', tx => lookAt(tx, i))
    if (!['paused_user', 'paused_system'].includes(transfer.phase)) return
    // No undo: `resume` opens it again.
    await j.host('end', hostId, { kind: 'image.ticket.end', ticket: transfer.ticket })
  },
)
