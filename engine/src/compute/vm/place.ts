import { conflict, cpuType, notFound, type Refusal } from '@rookery/model'
import type { DomainSpec, HostFacts } from '@rookery/protocol'
import type { JobTx } from '../../jobs/index.ts'
import { json } from '../../db/index.ts'
import { charge } from '../../metering/quota.ts'
import { lockPlacement } from '../scheduling/candidates.ts'
import { choose } from './choose.ts'
import { initializationOf, runSpec } from './run-spec.ts'
import { deleteRun, getVm } from './store.ts'
import type { StartVm } from './types.ts'

/** A run that has its place: rows are written, the host knows nothing yet. */
export interface PlacedRun {
  runId: string
  hostId: string
  hostName: string
  spec: DomainSpec
  /** Whether this run brings the seed of the first boot. */
  seeded: boolean
  restored: boolean
}

/**
 * Chooses a host and reserves what the VM needs there. Placements of one cluster happen one after the other, by a lock that the
 * transaction holds, so that two of them never count the same memory. `vm_run` and `reservation` are the reservation.
 */
export async function placeAndReserve(
  tx: JobTx,
  engineId: string,
  i: StartVm,
  tried: readonly Refusal[],
): Promise<PlacedRun> {
  const { sql } = tx
  const vm = await getVm(sql, i.id)
  if (vm === undefined) throw notFound('vm.not_found', 'The VM is gone.')
  if (vm.runId !== null) throw conflict('vm.start.not_allowed', `${vm.name} is running already.`)
  await lockPlacement(sql, vm.clusterId)
  const { host, need, cluster, disks, nics, medium, restoreFrom } = await choose(sql, vm, i, tried)
  const overlay = i.runOnce ?? {}
  const runId = tx.uuid('run')
  const { facts } = await sql.one<{ facts: HostFacts }>`select facts from host where id = ${host.id}::uuid`
  const plan = {
    runId,
    vm: { id: vm.id, name: vm.name, initialized: vm.initialized },
    engineId,
    config: vm.config,
    overlay,
    pause: i.pause ?? vm.config.startPaused,
    useInitialization: i.useInitialization,
    cluster: {
      biosType: cluster.biosType,
      overcommit: cluster.memoryOvercommit,
      ballooning: cluster.ballooning,
      cpuModel: cluster.cpuType === null ? null : (cpuType(cluster.cpuType)?.model ?? null),
    },
    host: facts,
    disks,
    nics,
    medium,
    restoreFrom,
    now: tx.now,
  }
  const seeded = restoreFrom === null && initializationOf(plan) !== null
  await sql`insert into vm_run (id, vm_id, host_id, overlay, config, medium, seeded)
    values (${runId}, ${vm.id}, ${host.id}, ${json(overlay)}, ${json(vm.config)}, ${json(medium)}, ${seeded})`
  await charge(sql, vm.projectId, { 'running.vms': 1, 'running.memory': need.memory, 'running.vcpus': need.vcpus })
  await sql`insert into reservation (run_id, host_id, cluster_id, memory, vcpus, highly_available)
    values (${runId}, ${host.id}, ${vm.clusterId}, ${need.memory}, ${need.vcpus}, ${need.highlyAvailable})`
  tx.changed('vm', vm.id)
  tx.changed('host', host.id)
  return {
    runId,
    hostId: host.id,
    hostName: host.name,
    spec: runSpec(plan),
    seeded,
    restored: restoreFrom !== null,
  }
}

/** Undoes {@link placeAndReserve}; by then the host has been told to forget the domain. */
export async function release(tx: JobTx, run: PlacedRun): Promise<void> {
  tx.changed('vm', run.spec.vmId)
  tx.changed('host', run.hostId)
  await deleteRun(tx.sql, run.runId, tx.now)
}
