import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job, type JobTx } from '../../jobs/index.ts'
import { restartLater } from './restart.ts'
import { deleteRun, getVm } from './store.ts'

/**
 * What happens when a run has ended on its host, whatever ended it: the run goes and with it its reservation and what run once had
 * changed, and a configuration that waited comes into force. Started by the watch and by the reconciler `runs.ended`; when another
 * job ended the run and has settled it already, there is nothing to do.
 */
export const settleVm = job(
  {
    name: 'vm.settle',
    version: 1,
    input: z.strictObject({ vmId: id }),
    locks: i => [exclusive('vm', i.vmId)],
    describe: () => 'Settling a VM that stopped',
    refs: i => [{ kind: 'vm', id: i.vmId }],
    queueable: true,
  },
  // No undo: an end that happened is not taken back.
  (j, i) => j.tx('settle', tx => settle(tx, i.vmId)),
)

/** Settles the runs of a VM that have ended. While another run of it is on its way here, `vm.settle_migration` looks first where it went. */
export async function settle(tx: JobTx, vmId: string): Promise<void> {
  const runs = await tx.sql<{
    id: string
    hostId: string
    hostName: string
    ended: { end: string; detail: string | null }
  }>`
    select r.id, r.host_id, h.name as host_name, r.ended from vm_run r join host h on h.id = r.host_id
     where r.vm_id = ${vmId}::uuid and r.ended is not null
       and not exists (select 1 from vm_run m where m.vm_id = ${vmId}::uuid and m.incoming)`
  if (runs.length === 0) return
  const vm = await getVm(tx.sql, vmId)
  if (vm === undefined) return
  const refs = [{ kind: 'vm' as const, id: vmId, name: vm.name }]
  for (const run of runs) {
    if (isFailure(run.ended.end)) await restartLater(tx, vm, run.id, run.ended.detail ?? sentence(run.ended.end))
    await deleteRun(tx.sql, run.id, tx.now)
    tx.changed('host', run.hostId)
    if (run.ended.end === 'fenced') {
      tx.event('vm.down.fenced', {
        refs: [...refs, { kind: 'host', id: run.hostId, name: run.hostName }],
        args: { vm: vm.name, host: run.hostName },
      })
      continue
    }
    if (isFailure(run.ended.end))
      tx.event('vm.down.error', {
        refs: [...refs, { kind: 'host', id: run.hostId }],
        args: { vm: vm.name, reason: run.ended.detail ?? sentence(run.ended.end) },
      })
    else if (run.ended.end !== 'saved')
      tx.event('vm.down', { refs: [...refs, { kind: 'host', id: run.hostId }], args: { vm: vm.name } })
  }
  tx.changed('vm', vmId)
}

/** Ends that nobody asked for. */
export const isFailure = (end: string): boolean => ['crashed', 'failed', 'lost', 'fenced'].includes(end)

const sentence = (end: string): string =>
  end === 'lost'
    ? 'it was not on its host any more'
    : end === 'crashed'
      ? 'the guest or its QEMU crashed'
      : 'it could not go on'
