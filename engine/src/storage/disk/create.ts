import type { VolumeInfo } from '@rookery/protocol'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { failure, onSpm } from '../spm/on-spm.ts'
import { createVolume, diskOf, removeImage } from './steps.ts'
import { deleteDisk, volumeOf } from './store.ts'

/**
 * Makes the volume of a disk whose row is there, locked, since the operation answers with it. When it fails the row goes, and with it
 * what the project was charged; that is a step and no undo, so that it also happens when nothing was done, and can say why. A job
 * that is cancelled leaves the row to the reconciler `disks`.
 */
export const createDisk = job(
  {
    name: 'disk.create',
    version: 1,
    input: z.strictObject({ diskId: id, alias: z.string(), dataCenterId: id }),
    locks: i => [exclusive('disk', i.diskId)],
    describe: i => `Creating disk ${i.alias}`,
    refs: i => [{ kind: 'disk', id: i.diskId, name: i.alias }],
  },
  async (j, i) => {
    const ref = { kind: 'disk' as const, id: i.diskId, name: i.alias }
    const made = await j.attempt('make', async j => {
      const disk = await j.tx('look', tx => diskOf(tx, i.diskId, i.alias))
      await onSpm(
        j,
        'create',
        i.dataCenterId,
        spm => createVolume(disk, spm),
        spm => removeImage(disk, spm),
      )
      const info = await onSpm<VolumeInfo | undefined>(j, 'measure', i.dataCenterId, () => ({
        kind: 'volume.measure',
        volume: volumeOf(disk),
        format: disk.format,
      }))
      await j.tx('ok', async tx => {
        await tx.sql`update disk set status = 'ok', actual_size = ${info?.actualSize ?? 0} where id = ${i.diskId}::uuid`
        tx.changed('disk', i.diskId)
        for (const vmId of disk.vmIds) tx.changed('vm', vmId)
        tx.event('disk.added', {
          refs: [ref, { kind: 'storage_domain', id: disk.storageDomainId }],
          args: { disk: i.alias },
        })
      })
    })
    if (made.ok) return
    await j.tx('give up', async tx => {
      tx.changed('disk', i.diskId, { gone: true })
      await deleteDisk(tx.sql, i.diskId)
      tx.event('disk.add.failed', { refs: [ref], args: { disk: i.alias, reason: made.error.message } })
    })
    throw failure(made.error)
  },
)
