import { conflict, cpuType, noCapacity, type Refusal, type RefusalReason } from '@rookery/model'
import type { DomainSpec, HostFacts } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import { volumeOf } from '../../storage/disk/store.ts'
import type { DiskRow } from '../../storage/disk/types.ts'
import { affinityOf } from '../affinity/rules.ts'
import { candidatesOf } from '../scheduling/candidates.ts'
import { capabilityOf, unlike } from '../scheduling/capability.ts'
import { type ClusterFacts, clusterFacts } from '../scheduling/cluster-policy.ts'
import { type Candidate, explain, type Judged, type Need, refusalOf, schedule } from '../scheduling/schedule.ts'
import type { VmConfig } from './config.ts'
import { mediumRef } from './medium.ts'
import { firmwareOf, guaranteedMemory, qemuOverhead, vcpus } from './run-spec.ts'
import type { StartVm, VmRow } from './types.ts'

/** What a choice of host is made of; see {@link choose}. */
export interface Choice {
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
export async function choose(
  sql: Sql,
  vm: VmRow,
  i: StartVm,
  tried: readonly Refusal[],
  purpose: 'start' | 'restart' = 'start',
): Promise<Choice> {
  const cluster = await clusterFacts(sql, vm.clusterId)
  const disks = await disksOf(sql, vm)
  const nics = await nicsOf(sql, vm)
  const overlay = i.runOnce ?? {}
  const { restoreFrom, medium: kept } = await restoreSource(sql, vm)
  // A guest that goes on has in its drive what it had; what is stored, or said for one run, is for a start from nothing.
  const wanted = overlay.cdrom === undefined ? vm.config.cdrom : overlay.cdrom
  const medium = restoreFrom === null ? await mediumRef(sql, wanted, 'Cannot run VM.') : kept
  const need: Need = {
    ...(await needOf(sql, vm, vm.config, cluster, disks, nics, [
      ...(medium === null ? [] : [medium.storageDomainId]),
      ...(restoreFrom === null ? [] : [restoreFrom.storageDomainId]),
    ])),
    purpose,
    hostIds: overlay.hostIds ?? vm.config.placement.hostIds,
    cpuModel: modelOf(vm.config, cluster, overlay.customModel),
    affinity: await affinityOf(sql, vm),
  }
  const candidates = (await candidatesOf(sql, vm.clusterId, need, cluster.policy)).filter(
    host => !tried.some(t => t.hostId === host.id),
  )
  const placement = schedule(need, candidates, cluster.policy)
  if ('refusals' in placement) throw noHost('run', vm.name, [...tried, ...placement.refusals])
  return { host: placement.host, need, cluster, disks, nics, medium, restoreFrom }
}

/** What of the hosts a migration may choose from. */
export interface TargetWish {
  /** Only these, when not empty. */
  hostIds?: readonly string[]
  /** Hosts that are left out: those that are being emptied. */
  excludedHostIds?: readonly string[]
  /** Hosts that were tried and could not. */
  tried?: readonly Refusal[]
  /** Another cluster of the same data center; default: its own. */
  clusterId?: string
  /** Also hosts that the VM is not pinned to. */
  force?: boolean
  /** What others that are moved at the same time will take, by host. */
  promised?: ReadonlyMap<string, { memory: number; vcpus: number }>
}

/** A target for a VM that runs: the host, what is needed there, and the cluster that it goes to. */
export interface Target {
  host: Candidate
  need: Need
  cluster: ClusterFacts
}

/**
 * Chooses where a VM that runs may migrate to. What it was started with counts, not what waits for the next start. Whoever reserves the
 * place calls {@link lockPlacement} of the target's cluster first.
 *
 * @throws `noCapacity` with the refusals when no host will do
 */
export async function chooseTarget(sql: Sql, vm: VmRow, wish: TargetWish = {}): Promise<Target> {
  const { need, cluster, candidates } = await forMigration(sql, vm, wish)
  const { tried = [] } = wish
  const placement = schedule(
    need,
    candidates.filter(host => !tried.some(t => t.hostId === host.id)),
    cluster.policy,
  )
  if ('refusals' in placement) throw noHost('migrate', vm.name, [...tried, ...placement.refusals])
  return { host: placement.host, need, cluster }
}

async function forMigration(sql: Sql, vm: VmRow, wish: TargetWish) {
  const clusterId = wish.clusterId ?? vm.clusterId
  const cluster = await clusterFacts(sql, clusterId)
  const config = vm.runConfig ?? vm.config
  const excludedHostIds = wish.excludedHostIds ?? []
  const medium = vm.runMedium === null ? [] : [vm.runMedium.storageDomainId]
  const usable = await attached(sql, vm)
  const need: Need = {
    ...(await needOf(sql, vm, config, cluster, usable, await nicsOf(sql, vm), medium)),
    purpose: 'migrate',
    taskKinds: [],
    hostIds: hostsIn(vm, wish),
    excludedHostIds,
    currentHostId: vm.hostId,
    cpuModel: modelOf(config, cluster, vm.runOverlay?.customModel),
    affinity: await affinityOf(sql, { id: vm.id, clusterId }, excludedHostIds),
  }
  const candidates = await candidatesOf(sql, clusterId, need, cluster.policy)
  return {
    need: { ...need, unfit: await unfitFor(sql, vm, candidates) },
    cluster,
    candidates: candidates.map(host => {
      const more = wish.promised?.get(host.id)
      return more === undefined
        ? host
        : {
            ...host,
            reservedMemory: host.reservedMemory + more.memory,
            reservedVcpus: host.reservedVcpus + more.vcpus,
            vms: host.vms + 1,
          }
    }),
  }
}

/** Hosts at which the guest of this VM could not go on, with what is unlike there. */
async function unfitFor(sql: Sql, vm: VmRow, hosts: readonly Candidate[]): Promise<ReadonlyMap<string, RefusalReason>> {
  let here = hosts.find(({ id }) => id === vm.hostId)?.kin
  if (here === undefined) {
    // It goes to another cluster.
    const row = await sql.maybe<{ facts: HostFacts | null }>`select facts from host where id = ${vm.hostId}::uuid`
    here = capabilityOf(row?.facts ?? {}).kin
  }
  const unfit = new Map<string, RefusalReason>()
  for (const host of hosts) {
    const why = host.id === vm.hostId ? null : unlike(here, host.kin)
    if (why !== null) unfit.set(host.id, { code: 'unlike', why })
  }
  return unfit
}

/** Hosts that a wish or the VM itself names; empty: any. A host that was said for one run is where that began, and no more. */
const hostsIn = (vm: VmRow, wish: TargetWish): readonly string[] => {
  if (wish.hostIds !== undefined && wish.hostIds.length > 0) return wish.hostIds
  return wish.force === true ? [] : vm.config.placement.hostIds
}

/** Why each host would or would not take a VM: to start, or, when it runs, to migrate to. */
export async function explainVm(
  sql: Sql,
  vm: VmRow,
  wish: TargetWish = {},
): Promise<{ cluster: ClusterFacts; hosts: Judged[] }> {
  if (vm.runId !== null) {
    const { need, cluster, candidates } = await forMigration(sql, vm, wish)
    return { cluster, hosts: explain(need, candidates, cluster.policy) }
  }
  const clusterId = wish.clusterId ?? vm.clusterId
  const cluster = await clusterFacts(sql, clusterId)
  const need: Need = {
    ...(await needOf(sql, vm, vm.config, cluster, await attached(sql, vm), await nicsOf(sql, vm), [])),
    hostIds: hostsIn(vm, wish),
    excludedHostIds: wish.excludedHostIds ?? [],
    cpuModel: modelOf(vm.config, cluster, undefined),
    affinity: await affinityOf(sql, { id: vm.id, clusterId }, wish.excludedHostIds),
  }
  return { cluster, hosts: explain(need, await candidatesOf(sql, clusterId, need, cluster.policy), cluster.policy) }
}

/** The refusal that lists each host with the filter and the reason. */
export function noHost(verb: 'run' | 'migrate', vmName: string, refusals: readonly Refusal[]) {
  const why =
    refusals.length === 0
      ? 'The Cluster has no Host.'
      : refusals.map(r => `The host ${r.host} did not satisfy internal filter ${r.filter}: ${r.sentence}.`).join(' ')
  return noCapacity(
    verb === 'run' ? 'vm.no_host' : 'vm.migrate.no_host',
    `Cannot ${verb} VM. There is no host that satisfies current scheduling constraints. See below for details: ${why}`,
    {
      detail: { vm: vmName, refusals },
    },
  )
}

/** A host that was tried and could not, as one more refusal. */
export const startRefusal = (host: { id: string; name: string }, reason: string): Refusal =>
  refusalOf(host, 'Start', { code: 'start', reason })

/** The model that guests of the cluster are shown; null: whatever the host has. */
function modelOf(config: VmConfig, cluster: ClusterFacts, runOnce: string | undefined): string | null {
  const custom = runOnce ?? config.cpu.customModel
  if (custom !== null) return custom
  if (config.cpu.mode !== 'custom' || cluster.cpuType === null) return null
  return cpuType(cluster.cpuType)?.model ?? null
}

/** Everything that a VM needs of any host; the caller says what it wants beside that. */
async function needOf(
  sql: Sql,
  vm: VmRow,
  config: VmConfig,
  cluster: ClusterFacts,
  disks: readonly { volume: { storageDomainId: string } }[],
  nics: DomainSpec['nics'],
  moreDomains: readonly string[],
): Promise<Need> {
  const networkIds = [...new Set(nics.flatMap(nic => (nic.networkId === null ? [] : [nic.networkId])))]
  const domainIds = [...new Set([...disks.map(disk => disk.volume.storageDomainId), ...moreDomains])]
  const rows =
    networkIds.length + domainIds.length === 0
      ? []
      : await sql<{ id: string; name: string }>`
        select id, name from network where id = any (${networkIds}::uuid[])
        union all select id, name from storage_domain where id = any (${domainIds}::uuid[])`
  const names = new Map(rows.map(row => [row.id, row.name]))
  const named = (id: string) => ({ id, name: names.get(id) ?? id })
  const { sockets, cores, threads } = config.cpu
  return {
    purpose: 'start',
    memory: guaranteedMemory(config, cluster.memoryOvercommit) + qemuOverhead,
    vcpus: vcpus(config),
    topology: config.type === 'high_performance' ? { sockets, cores, threads } : null,
    highlyAvailable: vm.config.highAvailability.enabled,
    hostIds: [],
    preferredHostIds: [],
    excludedHostIds: [],
    unfit: new Map(),
    currentHostId: null,
    networks: networkIds.map(named),
    storageDomains: domainIds.map(named),
    taskKinds: ['vm.create'],
    ...firmwareOf(config.bios.type, cluster.biosType),
    cpuModel: null,
    numaNodes: [],
    hugePages: null,
    hostDevices: [],
    affinity: [],
  }
}

/** The storage domains of disks that are plugged, whatever their state. */
const attached = (sql: Sql, vm: VmRow) => sql<{ volume: { storageDomainId: string } }>`
  select jsonb_build_object('storageDomainId', d.storage_domain_id) as volume
    from disk_attachment a join disk d on d.id = a.disk_id where a.vm_id = ${vm.id}::uuid and a.active`

/** Disks that are plugged, in the order in which the guest sees them. Refuses ones that cannot be used. */
async function disksOf(sql: Sql, vm: VmRow): Promise<DomainSpec['disks']> {
  const rows = await sql<
    DiskRow & {
      interface: DomainSpec['disks'][number]['interface']
      bootable: boolean
      readOnly: boolean
      passDiscard: boolean
      domainStatus: string
      /** A VM that runs and has it too, unless it may be shared. */
      usedBy: string | null
    }
  >`
    select d.*, a.interface, a.bootable, a.read_only, a.pass_discard, s.status as domain_status,
           case when not d.shareable then (
             select v.name from disk_attachment b join vm v on v.id = b.vm_id
              where b.disk_id = d.id and b.vm_id <> a.vm_id and b.active and exists (select 1 from vm_run r where r.vm_id = b.vm_id)
              order by v.name limit 1) end as used_by
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
  const taken = rows.find(disk => disk.usedBy !== null)
  if (taken?.usedBy != null)
    throw conflict('disk.in_use', `Cannot run VM. The disk ${taken.alias} is used by VM ${taken.usedBy}, which runs.`, {
      detail: { vms: [taken.usedBy] },
    })
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
