import { IsoRef, VolumeRef } from '@rookery/protocol'
import { z } from 'zod'
import { json } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { mustRun } from '../vm/stop.ts'
import { runOf } from '../vm/store.ts'

/** Changes the CD of a running guest. No undo: the guest has seen the drive open, and who asked can ask for the old CD. */
export const changeCd = job(
  {
    name: 'vm.cdrom',
    version: 1,
    input: z.strictObject({
      vmId: id,
      vm: z.string(),
      medium: z.union([IsoRef, VolumeRef]).nullable(),
      name: z.string().nullable(),
    }),
    locks: i => [exclusive('vm', i.vmId)],
    describe: i => `Changing the CD of VM ${i.vm}`,
    refs: i => [{ kind: 'vm', id: i.vmId, name: i.vm }],
    interruptedBy: ['vm.stop', 'vm.settle'],
  },
  async (j, i) => {
    const run = await j.tx('look', async ({ sql }) => mustRun(await runOf(sql, i.vmId), i.vm))
    await j.host('change', run.hostId, { kind: 'vm.cdrom', vmId: i.vmId, runId: run.id, medium: i.medium })
    await j.pointOfNoReturn()
    await j.tx('record', async tx => {
      await tx.sql`update vm_run set medium = ${json(i.medium)} where id = ${run.id}::uuid`
      tx.changed('vm', i.vmId)
      tx.event('vm.cdrom.changed', {
        refs: [{ kind: 'vm', id: i.vmId, name: i.vm }],
        args: { vm: i.vm, medium: i.name ?? 'none' },
      })
    })
  },
)
