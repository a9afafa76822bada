import { conflict } from '@rookery/model'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { onSpm } from '../spm/on-spm.ts'
import { diskOf, removeImage } from './steps.ts'
import { deleteDisk, moveDisk, runningUsers } from './store.ts'

/** Removes a disk with its bytes. When the bytes cannot be removed the disk stays, illegal: nobody knows what is left of it. */
export const removeDisk = job(
  {
    name: 'disk.remove',
    version: 1,
    input: z.strictObject({ diskId: id, alias: z.string(), dataCenterId: id }),
    locks: i => [exclusive('disk', i.diskId)],
    describe: i => `Removing disk ${i.alias}`,
    refs: i => [{ kind: 'disk', id: i.diskId, name: i.alias }],
    // Its first step looks again; so it may wait for a job that is only about to end.
    queueable: true,
  },
  async (j, i) => {
    const ref = { kind: 'disk' as const, id: i.diskId, name: i.alias }
    const disk = await j.tx(
      'take over',
      async tx => {
        const row = await diskOf(tx, i.diskId, i.alias)
        // The operation looked; a VM may have been started since.
        const users = await runningUsers(tx.sql, i.diskId)
        if (users.length > 0)
          throw conflict('disk.in_use', `Disk ${i.alias} is used by VMs that run: ${users.join(', ')}.`, {
            detail: { vms: users },
          })
        if (!(await moveDisk(tx.sql, i.diskId, 'locked', ['ok', 'illegal'])))
          throw conflict('disk.locked', `Disk ${i.alias} is ${row.status} by now.`)
        tx.changed('disk', i.diskId)
        return row
      },
      async tx => {
        await tx.sql`update disk set status = 'illegal' where id = ${i.diskId}::uuid`
        tx.changed('disk', i.diskId)
        tx.event('disk.remove.failed', { refs: [ref], args: { disk: i.alias, reason: 'see its job' } })
      },
    )
    // No undo: bytes that are gone do not come back.
    await onSpm(j, 'remove', i.dataCenterId, spm => removeImage(disk, spm))
    await j.tx('forget', async tx => {
      tx.changed('disk', i.diskId, { gone: true })
      for (const vmId of disk.vmIds) tx.changed('vm', vmId)
      await deleteDisk(tx.sql, i.diskId)
      tx.event('disk.removed', {
        refs: [ref, { kind: 'storage_domain', id: disk.storageDomainId }],
        args: { disk: i.alias },
      })
    })
  },
)
