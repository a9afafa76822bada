import { conflict, noCapacity, notFound } from '@rookery/model'
import type { DomainSpec, HostFacts } from '@rookery/protocol'
import { cpuType } from '../../inventory/cluster/cpu-types.ts'
import type { JobTx } from '../../jobs/index.ts'
import { json, type Sql } from '../../db/index.ts'
import { charge } from '../../metering/quota.ts'
import { volumeOf } from '../../storage/disk/store.ts'
import type { DiskRow } from '../../storage/disk/types.ts'
import { type Candidate, type Need, type Refusal, schedule } from '../scheduling/schedule.ts'
import { policyNone } from '../scheduling/weights.ts'
import { mediumRef } from './medium.ts'
import { firmwareOf, guaranteedMemory, initializationOf, qemuOverhead, runSpec, vcpus } from './run-spec.ts'
import { deleteRun, getVm } from './store.ts'
import type { StartVm, VmRow } from './types.ts'

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

interface ClusterFacts {
  biosType: string
  memoryOvercommit: number
  ballooning: boolean
  cpuType: string | null
}

/** What a choice of host is made of; see {@link choose}. */
interface Choice {
  host: Candidate
  need: Need
  cluster: ClusterFacts
  disks: DomainSpec['disks']
  nics: DomainSpec['nics']
  medium: Awaited<ReturnType<typeof mediumRef>>
  restoreFrom: DomainSpec['restoreFrom']
}

/**
 * Looks at the VM and its cluster and chooses a host. Operations call it too, so that a start that cannot succeed is refused at once.
 *
 * @throws `noCapacity` with the refusals when no host will do; `conflict` when a disk or medium cannot be used now
 */
export async function choose(sql: Sql, vm: VmRow, i: StartVm, tried: readonly Refusal[]): Promise<Choice> {
  const cluster = await sql.one<ClusterFacts>`
    select bios_type, memory_overcommit, ballooning, cpu_type from cluster where id = ${vm.clusterId}::uuid`
  const disks = await disksOf(sql, vm)
  const nics = await nicsOf(sql, vm)
  const overlay = i.runOnce ?? {}
  const { restoreFrom, medium: kept } = await restoreSource(sql, vm)
  // A guest that goes on has in its drive what it had; what is stored, or said for one run, is for a start from nothing.
  const wanted = overlay.cdrom === undefined ? vm.config.cdrom : overlay.cdrom
  const medium = restoreFrom === null ? await mediumRef(sql, wanted, 'Cannot run VM.') : kept
  const need = needOf(vm, cluster, overlay.hostIds ?? vm.config.placement.hostIds, disks, nics, [
    ...(medium === null ? [] : [medium.storageDomainId]),
    ...(restoreFrom === null ? [] : [restoreFrom.storageDomainId]),
  ])
  const candidates = (await hostsOf(sql, vm.clusterId)).filter(host => !tried.some(t => t.hostId === host.id))
  const placement = schedule(need, candidates, { overcommit: cluster.memoryOvercommit, factors: policyNone })
  if ('refusals' in placement) throw noHost(vm.name, [...tried, ...placement.refusals])
  return { host: placement.host, need, cluster, disks, nics, medium, restoreFrom }
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
  await sql`select pg_advisory_xact_lock(hashtextextended(${`cluster ${vm.clusterId}`}, 0))`
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
  await sql`insert into vm_run (id, vm_id, host_id, overlay, config, medium)
    values (${runId}, ${vm.id}, ${host.id}, ${json(overlay)}, ${json(vm.config)}, ${json(medium)})`
  await charge(sql, vm.projectId, { 'running.vms': 1, 'running.memory': need.memory, 'running.vcpus': need.vcpus })
  await sql`insert into reservation (run_id, host_id, cluster_id, memory, vcpus)
    values (${runId}, ${host.id}, ${vm.clusterId}, ${need.memory}, ${need.vcpus})`
  tx.changed('vm', vm.id)
  tx.changed('host', host.id)
  return {
    runId,
    hostId: host.id,
    hostName: host.name,
    spec: runSpec(plan),
    seeded: restoreFrom === null && initializationOf(plan) !== null,
    restored: restoreFrom !== null,
  }
}

/** Undoes {@link placeAndReserve}; by then the host has been told to forget the domain. */
export async function release(tx: JobTx, run: PlacedRun): Promise<void> {
  tx.changed('vm', run.spec.vmId)
  tx.changed('host', run.hostId)
  await deleteRun(tx.sql, run.runId, tx.now)
}

/** The refusal that lists each host with the filter and the reason. */
export function noHost(vmName: string, refusals: readonly Refusal[]) {
  const why =
    refusals.length === 0
      ? 'The Cluster has no Host.'
      : refusals.map(r => `The host ${r.host} did not satisfy internal filter ${r.filter}: ${r.reason}.`).join(' ')
  return noCapacity(
    'vm.no_host',
    `Cannot run VM. There is no host that satisfies current scheduling constraints. See below for details: ${why}`,
    {
      detail: { vm: vmName, refusals },
    },
  )
}

/** Hosts of a cluster as placement sees them. */
export const hostsOf = (sql: Sql, clusterId: string): Promise<Candidate[]> => sql<Candidate>`
  select h.id, h.name, h.status,
         coalesce((h.facts ->> 'memory')::bigint, 0) as memory,
         coalesce((h.facts #>> '{cpu,sockets}')::int * (h.facts #>> '{cpu,cores}')::int * (h.facts #>> '{cpu,threads}')::int, 0) as cpus,
         h.committed_memory as reserved_memory, h.committed_vcpus as reserved_vcpus,
         array(select n.network_id::text from host_network n where n.host_id = h.id order by 1) as network_ids,
         array(select s.storage_domain_id::text from storage_domain_host s where s.host_id = h.id and s.ok order by 1) as storage_domain_ids,
         array(select jsonb_array_elements_text(coalesce(h.facts -> 'taskKinds', '[]'))) as task_kinds,
         array(select jsonb_array_elements_text(coalesce(h.facts -> 'firmware', '[]'))) as firmware,
         array(select jsonb_array_elements_text(coalesce(h.facts -> 'machines', '[]'))) as machines
    from host_view h where h.cluster_id = ${clusterId}::uuid order by h.id`

function needOf(
  vm: VmRow,
  cluster: ClusterFacts,
  hostIds: readonly string[],
  disks: DomainSpec['disks'],
  nics: DomainSpec['nics'],
  moreDomains: readonly string[],
): Need {
  const firmware = firmwareOf(vm.config.bios.type, cluster.biosType)
  return {
    memory: guaranteedMemory(vm.config, cluster.memoryOvercommit) + qemuOverhead,
    vcpus: vcpus(vm.config),
    hostIds,
    networkIds: [...new Set(nics.flatMap(nic => (nic.networkId === null ? [] : [nic.networkId])))],
    storageDomainIds: [...new Set([...disks.map(disk => disk.volume.storageDomainId), ...moreDomains])],
    taskKinds: ['vm.create'],
    ...firmware,
  }
}

/** Disks that are plugged, in the order in which the guest sees them. Refuses ones that cannot be used. */
async function disksOf(sql: Sql, vm: VmRow): Promise<DomainSpec['disks']> {
  const rows = await sql<
    DiskRow & {
      interface: DomainSpec['disks'][number]['interface']
      bootable: boolean
      readOnly: boolean
      passDiscard: boolean
      domainStatus: string
    }
  >`
    select d.*, a.interface, a.bootable, a.read_only, a.pass_discard, s.status as domain_status
      from disk_attachment a join disk_view d on d.id = a.disk_id join storage_domain s on s.id = d.storage_domain_id
     where a.vm_id = ${vm.id}::uuid and a.active order by a.bootable desc, a.position, d.id`
  for (const disk of rows) {
    if (disk.status !== 'ok')
      throw conflict('disk.not_ok', `Cannot run VM. The disk ${disk.alias} is ${disk.status}.`, {
        ref: { kind: 'disk', id: disk.id },
      })
    if (disk.domainStatus !== 'active')
      throw conflict(
        'storage_domain.not_active',
        `Cannot run VM. The Storage Domain of disk ${disk.alias} is ${disk.domainStatus}.`,
      )
  }
  const shared = await sql<{ alias: string; vm: string }>`
    select d.alias, v.name as vm from disk_attachment a join disk d on d.id = a.disk_id and not d.shareable
      join disk_attachment b on b.disk_id = d.id and b.vm_id <> a.vm_id and b.active join vm v on v.id = b.vm_id
     where a.vm_id = ${vm.id}::uuid and a.active and exists (select 1 from vm_run r where r.vm_id = b.vm_id) limit 1`
  if (shared[0] !== undefined)
    throw conflict(
      'disk.in_use',
      `Cannot run VM. The disk ${shared[0].alias} is used by VM ${shared[0].vm}, which runs.`,
      { detail: { vms: [shared[0].vm] } },
    )
  return rows.map(disk => ({
    diskId: disk.id,
    volume: volumeOf(disk),
    format: disk.format,
    interface: disk.interface,
    readOnly: disk.readOnly,
    shareable: disk.shareable,
    discard: disk.passDiscard,
    bootable: disk.bootable,
  }))
}

/** Cards that are plugged. */
export async function nicsOf(
  sql: Sql,
  vm: Pick<VmRow, 'id'>,
  nicId: string | null = null,
): Promise<DomainSpec['nics']> {
  return sql<DomainSpec['nics'][number]>`
    select n.id as nic_id, n.name, n.mac, n.interface as model, p.network_id, n.linked, p.network_filter is not null as no_mac_spoofing
      from nic n left join vnic_profile p on p.id = n.vnic_profile_id
     where n.vm_id = ${vm.id}::uuid and (n.plugged or n.id = ${nicId}::uuid) and (${nicId}::uuid is null or n.id = ${nicId}::uuid)
     order by n.position, n.id`
}

/** Memory that suspend saved and the CD that was in the drive; hosts read both through the domains that they lie on. */
const restoreSource = (sql: Sql, vm: VmRow): Promise<Pick<Choice, 'restoreFrom' | 'medium'>> =>
  sql.one`select suspended_volume as restore_from, suspended_medium as medium from vm where id = ${vm.id}::uuid`
