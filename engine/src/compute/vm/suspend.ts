import { conflict, MiB } from '@rookery/model'
import type { VolumeRef } from '@rookery/protocol'
import { z } from 'zod'
import { json } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { onSpm } from '../../storage/spm/on-spm.ts'
import { deleteRun, getVm, runOf } from './store.ts'
import { mustRun } from './stop.ts'

/** Room for the state of devices beside the memory itself. */
const deviceState = 256 * MiB

/**
 * Saves a guest's memory on a data domain and ends its run. The volume is made first; when saving fails it goes again and the guest
 * runs on. The data domain is the one of the VM's first disk, or any active one.
 */
export const suspendVm = job(
  {
    name: 'vm.suspend',
    version: 1,
    input: z.strictObject({ vmId: id, name: z.string(), dataCenterId: id }),
    locks: i => [exclusive('vm', i.vmId)],
    describe: i => `Suspending VM ${i.name}`,
    refs: i => [{ kind: 'vm', id: i.vmId, name: i.name }],
    interruptedBy: ['vm.stop', 'vm.settle'],
  },
  async (j, i) => {
    const vmRef = { kind: 'vm' as const, id: i.vmId, name: i.name }
    const { run, to, memory } = await j.tx(
      'look',
      async tx => {
        const run = mustRun(await runOf(tx.sql, i.vmId), i.name)
        const vm = await getVm(tx.sql, i.vmId)
        const domain = await tx.sql.maybe<{ id: string }>`
          select s.id from storage_domain s
            left join disk d on d.storage_domain_id = s.id and d.id in (select disk_id from disk_attachment where vm_id = ${i.vmId}::uuid)
           where s.data_center_id = ${i.dataCenterId}::uuid and s.type = 'data' and s.status = 'active'
           order by d.id is null, s.master desc, s.id limit 1`
        if (domain === undefined)
          throw conflict('storage_domain.none', 'Cannot hibernate VM. There is no active data Storage Domain.')
        const to: VolumeRef = { storageDomainId: domain.id, imageId: tx.uuid('image'), volumeId: tx.uuid('volume') }
        return { run, to, memory: (vm?.runConfig ?? vm?.config)?.memory ?? 0 }
      },
      async tx => {
        tx.changed('vm', i.vmId)
        tx.event('vm.suspend.failed', { refs: [vmRef], args: { vm: i.name, reason: 'see its job' } })
      },
    )
    await onSpm(
      j,
      'make volume',
      i.dataCenterId,
      spm => ({
        kind: 'volume.create',
        volume: to,
        spm,
        diskId: to.imageId,
        capacity: memory + deviceState,
        format: 'raw',
        sparse: true,
        alias: `${i.name}_hibernation_memory`,
        description: '',
        purpose: 'memory',
      }),
      spm => ({ kind: 'image.remove', storageDomainId: to.storageDomainId, imageId: to.imageId, spm, wipe: false }),
    )
    // No undo: with the memory written the run is over, and only the way to `suspended` is left.
    await j.host('save', run.hostId, { kind: 'vm.save', vmId: i.vmId, runId: run.id, to })
    await j.pointOfNoReturn()
    await j.tx('suspended', async tx => {
      await tx.sql`update vm set suspended_volume = ${json(to)},
        suspended_medium = (select medium from vm_run where id = ${run.id}::uuid) where id = ${i.vmId}::uuid`
      await deleteRun(tx.sql, run.id, tx.now)
      tx.changed('vm', i.vmId)
      tx.changed('host', run.hostId)
      tx.event('vm.suspended', {
        refs: [vmRef, { kind: 'host', id: run.hostId, name: run.hostName }],
        args: { vm: i.name },
      })
    })
  },
)
