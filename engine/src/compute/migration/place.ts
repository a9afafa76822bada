import { conflict, notFound, type Refusal } from '@rookery/model'
import type { HostFacts, MigrationPlan, SeedSpec, TaskOf } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import type { EventName } from '../../events/catalog.ts'
import { migrationPolicyOf } from '../../inventory/cluster/migration-policy.ts'
import type { JobTx } from '../../jobs/index.ts'
import { volumeOf } from '../../storage/disk/store.ts'
import type { DiskRow } from '../../storage/disk/types.ts'
import { lockPlacement } from '../scheduling/candidates.ts'
import { chooseTarget, nicsOf, type Target } from '../vm/choose.ts'
import type { VmConfig } from '../vm/config.ts'
import { initializationOf } from '../vm/run-spec.ts'
import { seedOf } from '../vm/seed.ts'
import { getVm } from '../vm/store.ts'
import { RunOverlay, type VmRow } from '../vm/types.ts'
import { planOf } from './plan.ts'
import { incomingOf } from './store.ts'
import type { MigrateInput, MigrationReason } from './types.ts'

/** One end of a migration. */
export interface End {
  runId: string
  hostId: string
  hostName: string
}

/** A migration that has its place: the second run is written down, the hosts know nothing yet. */
export interface Move {
  source: End
  target: End
  prepare: TaskOf<'vm.migrate.prepare'>
  plan: MigrationPlan
}

/** Why there is no move now: as many as may be are under way at one of its ends. */
export interface Busy {
  busy: string
}

/** What a choice of target is made of. */
export interface Choice extends Pick<Target, 'host' | 'cluster'> {
  source: End & { facts: HostFacts | null }
  /** Its facts. */
  facts: HostFacts | null
  /** What the run holds now, and will hold there. */
  reserved: { memory: number; vcpus: number; highlyAvailable: boolean }
}

/**
 * Looks at a running VM and at the hosts and chooses where it goes. Operations call it too, so that what cannot succeed is refused at once.
 * `promised`: what others of the same drain will take, by host.
 *
 * @throws `conflict` when it cannot be moved at all, `noCapacity` with the refusals when no host will do
 */
export async function chooseMove(
  sql: Sql,
  vm: VmRow,
  i: Omit<MigrateInput, 'vmId' | 'name'>,
  tried: readonly Refusal[],
  promised: ReadonlyMap<string, { memory: number; vcpus: number }> = new Map(),
): Promise<Choice> {
  mustMove(vm, vm.runConfig ?? vm.config, i)
  const clusterId = i.clusterId ?? vm.clusterId
  await mustReach(sql, vm, clusterId)
  const source = await sql.one<Choice['source'] & Choice['reserved']>`
    select r.id as run_id, r.host_id, h.name as host_name, h.facts, coalesce(q.memory, 0)::bigint as memory,
           coalesce(q.vcpus, 0)::int as vcpus, coalesce(q.highly_available, false) as highly_available
      from vm_run r join host h on h.id = r.host_id left join reservation q on q.run_id = r.id where r.id = ${vm.runId}::uuid`
  const { memory, vcpus, highlyAvailable, ...from } = source
  const { host, cluster } = await chooseTarget(sql, vm, {
    hostIds: i.hostIds,
    force: i.force,
    clusterId,
    tried,
    promised,
  })
  const { facts } = await sql.one<{ facts: HostFacts | null }>`select facts from host where id = ${host.id}::uuid`
  return { host, cluster, source: from, facts, reserved: { memory, vcpus, highlyAvailable } }
}

/** Refuses a cluster that the guest's storage and networks do not reach. */
async function mustReach(sql: Sql, vm: VmRow, clusterId: string): Promise<void> {
  if (clusterId === vm.clusterId) return
  const cluster = await sql.maybe<{ dataCenterId: string | null }>`
    select data_center_id from cluster where id = ${clusterId}::uuid`
  if (cluster === undefined)
    throw notFound('cluster.not_found', 'Cannot migrate VM. The target Cluster does not exist.')
  if (cluster.dataCenterId !== vm.dataCenterId)
    throw conflict(
      'vm.migrate.other_data_center',
      'Cannot migrate VM. The target Cluster belongs to another Data Center.',
    )
}

/** Refuses VMs that stay where they are. */
function mustMove(vm: VmRow, config: VmConfig, i: Pick<MigrateInput, 'force' | 'reason'>): void {
  const ref = { kind: 'vm', id: vm.id }
  if (vm.runId === null) throw conflict('vm.not_running', 'Cannot migrate VM. VM is not running.', { ref })
  const { affinity } = config.placement
  if (i.force) return
  if (affinity === 'pinned')
    throw conflict('vm.migrate.pinned', 'Cannot migrate VM. VM is pinned to Host.', { ref, detail: { vm: vm.name } })
  if (affinity === 'user_migratable' && i.reason !== 'asked')
    throw conflict('vm.migrate.by_hand_only', 'Cannot migrate VM. VM may only be migrated by a person.', {
      ref,
      detail: { vm: vm.name },
    })
}

/**
 * Chooses the target and writes the second run down, with what the VM needs reserved there. Placements of one cluster happen one after
 * the other, by a lock that the transaction holds. When as many migrations as may be are under way at an end, nothing is written.
 */
export async function placeIncoming(tx: JobTx, i: MigrateInput, tried: readonly Refusal[]): Promise<Move | Busy> {
  const { sql } = tx
  const vm = await getVm(sql, i.vmId)
  if (vm === undefined) throw notFound('vm.not_found', 'The VM is gone.')
  for (const id of [...new Set([vm.clusterId, i.clusterId ?? vm.clusterId])].sort()) await lockPlacement(sql, id)
  if ((await incomingOf(sql, i.vmId)) !== undefined)
    throw conflict('vm.migrate.unsettled', 'The last migration of this VM is still being settled. Try again.')
  if (vm.runStatus !== 'up' && vm.runStatus !== 'powering_up')
    throw conflict('vm.migrate.not_allowed', `${vm.name} is ${vm.runStatus ?? 'down'} and cannot be migrated now.`)
  const { host, cluster, source, facts, reserved } = await chooseMove(sql, vm, i, tried)
  const config = vm.runConfig ?? vm.config
  const policy = migrationPolicyOf(cluster.settings, config.migration)
  const plan = planOf(policy, [source.facts, facts])
  const busy = await fullEnd(sql, source, host, policy.parallel)
  if (busy !== null) return { busy }
  const target = { runId: tx.uuid('run'), hostId: host.id, hostName: host.name }
  await sql`
    insert into vm_run (id, vm_id, host_id, incoming, overlay, config, medium, seeded, status, started_at)
    select ${target.runId}::uuid, vm_id, ${host.id}::uuid, true, overlay, config, medium, seeded, 'migrating', started_at
      from vm_run where id = ${source.runId}::uuid`
  // Not charged to the project: its guest is one guest, and when it has moved what it was charged goes on here.
  await sql`insert into reservation (run_id, host_id, cluster_id, memory, vcpus, highly_available)
    values (${target.runId}, ${host.id}, ${cluster.id}, ${reserved.memory}, ${reserved.vcpus}, ${reserved.highlyAvailable})`
  tx.changed('vm', vm.id)
  tx.changed('host', host.id)
  tx.event(startedEvent[i.reason], {
    refs: [
      { kind: 'vm', id: vm.id, name: vm.name },
      { kind: 'host', id: source.hostId, name: source.hostName },
      { kind: 'host', id: host.id, name: host.name },
    ],
    args: { vm: vm.name, host: source.hostName, target: host.name, reason: reasonWords[i.reason] },
    data: { reason: i.reason },
  })
  const { facts: _, ...from } = source
  return { source: from, target, prepare: await prepareTask(sql, vm, config, target.runId), plan }
}

const startedEvent = {
  asked: 'vm.migration.started',
  maintenance: 'vm.migration.started.system',
  balance: 'vm.migration.started.system',
  upgrade: 'vm.migration.started.system',
} as const satisfies Record<MigrationReason, EventName>

const reasonWords = {
  asked: 'asked for',
  maintenance: 'its host is moved to maintenance',
  balance: 'the load is balanced',
  upgrade: 'its host is upgraded',
} as const satisfies Record<MigrationReason, string>

/** The sentence about an end that has as many migrations as it may; null: there is room. */
async function fullEnd(
  sql: Sql,
  source: End,
  target: { id: string; name: string },
  parallel: number,
): Promise<string | null> {
  const { out, into } = await sql.one<{ out: number; into: number }>`
    select (select count(*)::int from vm_run m join vm_run r on r.vm_id = m.vm_id and not r.incoming
             where m.incoming and r.host_id = ${source.hostId}::uuid) as out,
           (select count(*)::int from vm_run m where m.incoming and m.host_id = ${target.id}::uuid) as into`
  if (out >= parallel) return `${source.hostName} sends ${out} VMs already`
  return into >= parallel ? `${target.name} receives ${into} VMs already` : null
}

async function prepareTask(
  sql: Sql,
  vm: VmRow,
  config: VmConfig,
  runId: string,
): Promise<TaskOf<'vm.migrate.prepare'>> {
  const disks = await sql<DiskRow & { readOnly: boolean }>`
    select d.*, a.read_only from disk_attachment a join disk_view d on d.id = a.disk_id
     where a.vm_id = ${vm.id}::uuid and a.active order by d.id`
  const { seeded } = await sql.one<{ seeded: boolean }>`select seeded from vm_run where id = ${runId}::uuid`
  return {
    kind: 'vm.migrate.prepare',
    vmId: vm.id,
    runId,
    disks: disks.map(disk => ({
      diskId: disk.id,
      volume: volumeOf(disk),
      readOnly: disk.readOnly,
      shareable: disk.shareable,
    })),
    nics: await nicsOf(sql, vm),
    medium: vm.runMedium,
    seed: seeded ? seedAgain(vm, config) : null,
  }
}

/** The seed that the run was started with, made once more: the guest may look at it at every boot. */
function seedAgain(vm: VmRow, config: VmConfig): SeedSpec | null {
  const overlay = RunOverlay.parse(vm.runOverlay ?? {})
  const init = initializationOf({
    vm: { id: vm.id, name: vm.name, initialized: false },
    config,
    overlay,
    useInitialization: true,
  })
  return init === null ? null : seedOf(vm, init)
}
