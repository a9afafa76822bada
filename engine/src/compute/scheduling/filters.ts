import { MiB, type RefusalReason } from '@rookery/model'
import type { Candidate, Need, Named, Policy } from './need.ts'

/** Memory that a host keeps for itself. */
export const hostReserve = 256 * MiB

/** Swap in use above this, percent, means that a host has too little memory already. */
export const swapLimit = 90

/** What a filter knows beside the VM and the host. */
export interface Surroundings {
  policy: Policy
  /** The two hosts whose highly available VMs would have the least room elsewhere; see {@link tightest}. */
  tightest: readonly { host: Candidate; room: number }[]
}

/** Null: the host will do; otherwise the reason why not. */
export type Filter = (need: Need, host: Candidate, around: Surroundings) => RefusalReason | null

const missing = (wanted: readonly Named[], there: readonly string[]) =>
  wanted.filter(({ id }) => !there.includes(id)).map(({ name }) => name)

/** Memory that may still be promised; below zero when more is promised than the cluster's over-commit allows now. */
export const freeMemory = (host: Candidate, policy: Policy): number =>
  Math.floor((host.memory * policy.overcommit) / 100) - hostReserve - host.reservedMemory

/** CPUs that count for guests. */
export const cpusOf = (host: Candidate, policy: Policy): number => (policy.threadsAsCores ? host.threads : host.cores)

/** What every host is looked at with, whatever the policy: without these a start could only fail. In this order, by oVirt's names. */
export const always = {
  Status: (_, host) => (host.status === 'up' ? null : { code: 'status', status: host.status }),
  PinToHost: (need, host) => {
    if (need.excludedHostIds.includes(host.id)) return { code: 'excluded' }
    return need.hostIds.length === 0 || need.hostIds.includes(host.id) ? null : { code: 'pinned' }
  },
  Capability: (need, host) => {
    const kinds = need.taskKinds.filter(kind => !host.taskKinds.includes(kind))
    if (kinds.length > 0) return { code: 'agent', kinds }
    return host.firmware.includes(need.firmware) ? null : { code: 'firmware', firmware: need.firmware }
  },
  Unlike: (need, host) => need.unfit.get(host.id) ?? null,
  'CPU-Level': (need, host) =>
    need.cpuModel === null || host.cpuModels === null || host.cpuModels.includes(need.cpuModel)
      ? null
      : { code: 'cpu_level', model: need.cpuModel, missing: [] },
  HostDevice: (need, host) => {
    const names = need.hostDevices.filter(name => !host.hostDevices.includes(name))
    return names.length === 0 ? null : { code: 'host_device', names }
  },
  Storage: (need, host) => {
    const names = missing(need.storageDomains, host.storageDomainIds)
    return names.length === 0 ? null : { code: 'storage', names }
  },
  MaxVms: (_, host, { policy: { maxVms } }) =>
    maxVms === null || host.vms < maxVms ? null : { code: 'max_vms', have: host.vms, most: maxVms },
  HaReservation: (need, host, { policy, tightest }) => {
    if (!policy.haReservation) return null
    // What is placed on a host takes room from all others; on the host itself it adds to what must find room.
    const hit = tightest.find(each =>
      each.host.id === host.id ? need.highlyAvailable && each.room < need.memory : each.room < need.memory,
    )
    return hit === undefined ? null : { code: 'ha_reservation', host: hit.host.name }
  },
} as const satisfies Record<string, Filter>

/**
 * Filters that say how well a host does now, not whether it can: they prefer another host, and give way when they would leave none. On a
 * laptop that is busy with something else a VM starts all the same.
 */
export const yielding: ReadonlySet<string> = new Set(['CPUOverloaded', 'Swap'])

/** What a policy may choose; the names are oVirt's. */
export const chosen = {
  ClusterInMaintenance: need =>
    need.purpose === 'start' && !need.highlyAvailable ? { code: 'cluster_maintenance' } : null,
  CPU: (need, host, { policy }) => {
    const have = cpusOf(host, policy)
    return have >= need.vcpus ? null : { code: 'cpu_count', have, need: need.vcpus }
  },
  CPUOverloaded: (_, host, { policy: { properties } }) =>
    host.cpuUsedAtLeast !== null && host.cpuUsedAtLeast >= properties.highUtilization
      ? { code: 'cpu_overload', used: Math.round(host.cpuUsedAtLeast), limit: properties.highUtilization }
      : null,
  'Emulated-Machine': (need, host) =>
    host.machines.includes(need.machine) ? null : { code: 'machine', machine: need.machine },
  Swap: (_, host) =>
    host.swapUsed !== null && host.swapUsed > swapLimit
      ? { code: 'swap', used: Math.round(host.swapUsed), limit: swapLimit }
      : null,
  Memory: (need, host, { policy }) => {
    const free = freeMemory(host, policy)
    return free >= need.memory ? null : { code: 'memory', free, need: need.memory }
  },
  NUMA: (need, host) => {
    if (need.numaNodes.length === 0 || host.numaNodes.length === 0) return null
    const [wanted, largest] = [Math.max(...need.numaNodes), Math.max(...host.numaNodes)]
    return wanted <= largest ? null : { code: 'numa', largest, need: wanted }
  },
  HugePages: ({ hugePages }, host) => {
    if (hugePages === null) return null
    const free = host.hugePages.find(({ size }) => size === hugePages.size)?.free ?? 0
    return free >= hugePages.count ? null : { code: 'huge_pages', size: hugePages.size, free, need: hugePages.count }
  },
  Migration: (need, host) => (need.currentHostId === host.id ? { code: 'current' } : null),
  VmAffinityGroups: (need, host) => brokenRule(need, host, 'vms'),
  VmToHostsAffinityGroups: (need, host) => brokenRule(need, host, 'hosts'),
  Network: (need, host) => {
    const names = missing(need.networks, host.networkIds)
    return names.length === 0 ? null : { code: 'network', names }
  },
} as const satisfies Record<string, Filter>

/** Every filter by its name, in the order in which they are asked: what is never different first. */
export const filters: Readonly<Record<string, Filter>> = { ...always, ...chosen }

function brokenRule(need: Need, host: Candidate, kind: 'vms' | 'hosts'): RefusalReason | null {
  const rule = need.affinity.find(each => each.kind === kind && each.enforcing && breaks(each, host.id))
  if (rule === undefined) return null
  return { code: kind === 'vms' ? 'vm_affinity' : 'host_affinity', group: rule.group, positive: rule.positive }
}

/** Whether a VM on this host would break the rule. VMs that nobody runs yet may begin anywhere. */
export function breaks(rule: Need['affinity'][number], hostId: string): boolean {
  const there = rule.hostIds.has(hostId)
  if (!rule.positive) return there
  return !there && (rule.kind === 'hosts' || rule.hostIds.size > 0)
}

/**
 * For each host with highly available VMs: how much memory all others could still promise once they had taken these VMs in. The two
 * smallest, since one of them may be the host that is looked at.
 */
export function tightest(hosts: readonly Candidate[], policy: Policy): Surroundings['tightest'] {
  if (!policy.haReservation) return []
  const up = hosts.filter(({ status }) => status === 'up').map(host => ({ host, free: freeMemory(host, policy) }))
  const all = up.reduce((sum, { free }) => sum + Math.max(0, free), 0)
  return up
    .filter(({ host }) => host.haMemory > 0)
    .map(({ host, free }) => ({ host, room: all - Math.max(0, free) - host.haMemory }))
    .sort((a, b) => a.room - b.room)
    .slice(0, 2)
}
