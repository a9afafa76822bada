import { conflict } from '@rookery/model'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { diskOf, removeImage } from '../../storage/disk/steps.ts'
import { deleteDisk, moveDisk } from '../../storage/disk/store.ts'
import { onSpm } from '../../storage/spm/on-spm.ts'
import { deleteVm, runOf } from './store.ts'

/**
 * Removes a VM with the disks that the operation found to be its alone and locked. A disk whose bytes cannot be removed stays as an
 * illegal one, and the VM with it, so that nothing is forgotten that still takes room.
 */
export const removeVm = job(
  {
    name: 'vm.remove',
    version: 1,
    input: z.strictObject({
      vmId: id,
      name: z.string(),
      dataCenterId: id,
      disks: z.array(z.strictObject({ id, alias: z.string() })),
    }),
    locks: i => [exclusive('vm', i.vmId), ...i.disks.map(disk => exclusive('disk', disk.id))],
    describe: i => `Removing VM ${i.name}`,
    refs: i => [{ kind: 'vm', id: i.vmId, name: i.name }],
    // Its first step looks again; so it may wait for a job that is only about to end.
    queueable: true,
  },
  async (j, i) => {
    const ref = { kind: 'vm' as const, id: i.vmId, name: i.name }
    const disks = await j.tx(
      'take over',
      async tx => {
        const run = await runOf(tx.sql, i.vmId)
        if (run !== undefined) throw conflict('vm.remove.not_allowed', `VM ${i.name} was started meanwhile.`)
        for (const disk of i.disks) {
          if (!(await moveDisk(tx.sql, disk.id, 'locked', ['ok', 'illegal'])))
            throw conflict('disk.locked', `Disk ${disk.alias} is locked by now. Try again in a few minutes.`)
          tx.changed('disk', disk.id)
        }
        tx.changed('vm', i.vmId)
        return Promise.all(i.disks.map(disk => diskOf(tx, disk.id, disk.alias)))
      },
      async tx => {
        for (const disk of i.disks) {
          await tx.sql`update disk set status = 'illegal' where id = ${disk.id}::uuid`
          tx.changed('disk', disk.id)
        }
        tx.changed('vm', i.vmId)
        tx.event('vm.remove.failed', { refs: [ref], args: { vm: i.name, reason: 'see its job' } })
      },
    )
    for (const [n, disk] of disks.entries()) {
      // No undo: bytes that are gone do not come back.
      await onSpm(j, `remove disk ${n + 1}`, i.dataCenterId, spm => removeImage(disk, spm))
      await j.tx(`forget disk ${n + 1}`, async tx => {
        tx.changed('disk', disk.id, { gone: true })
        await deleteDisk(tx.sql, disk.id)
        tx.event('disk.removed', {
          refs: [{ kind: 'disk', id: disk.id, name: disk.alias }, ref],
          args: { disk: disk.alias },
        })
      })
    }
    await j.tx('forget', async tx => {
      tx.changed('vm', i.vmId, { gone: true })
      await deleteVm(tx.sql, i.vmId)
      tx.event('vm.removed', { refs: [ref], args: { vm: i.name } })
    })
  },
)
