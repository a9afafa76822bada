import { breaks, cpusOf, freeMemory } from './filters.ts'
import type { Candidate, Need, Policy } from './need.ts'

/** Smaller is better. Numbers are ranked among the hosts that are left, so their unit does not matter. */
export type Weight = (need: Need, host: Candidate, policy: Policy) => number

/** How full a host's CPUs are, between 0 and 1: what they did last, and what is promised on top, whichever is more. */
const cpuLoad = (need: Need, host: Candidate, policy: Policy): number =>
  Math.max((host.cpuUsed ?? 0) / 100, (host.reservedVcpus + need.vcpus) / Math.max(1, cpusOf(host, policy)))

/** A host at its limit takes VMs last even where hosts are to be filled. */
const isFull = (host: Candidate, { properties }: Policy): boolean =>
  host.cpuUsed !== null && host.cpuUsed >= properties.highUtilization

/** Every weight; the names are oVirt's. */
export const weights = {
  OptimalForCpuEvenDistribution: cpuLoad,
  OptimalForMemoryEvenDistribution: (_, host, policy) => -freeMemory(host, policy),
  OptimalForCpuPowerSaving: (need, host, policy) => {
    if (isFull(host, policy)) return Number.MAX_SAFE_INTEGER
    // A host without VMs is the one that may sleep.
    return host.vms === 0 ? Number.MAX_SAFE_INTEGER - 1 : -cpuLoad(need, host, policy)
  },
  OptimalForMemoryPowerSaving: (_, host, policy) =>
    host.vms === 0 ? Number.MAX_SAFE_INTEGER : freeMemory(host, policy),
  OptimalForEvenGuestDistribution: (_, host, { properties }) => host.vms + (host.isSpm ? properties.spmVmGrace : 0),
  PreferredHosts: (need, host) =>
    need.preferredHostIds.length === 0 || need.preferredHostIds.includes(host.id) ? 0 : 1,
  OptimalForHaReservation: (need, host) => (need.highlyAvailable ? host.haVms : 0),
  VmAffinityGroups: (need, host) => broken(need, host, 'vms'),
  VmToHostsAffinityGroups: (need, host) => broken(need, host, 'hosts'),
  'CPU for high performance VMs': (need, host) => {
    if (need.topology === null) return 0
    const { sockets, cores, threads } = need.topology
    return sockets <= host.sockets && cores <= host.coresPerSocket && threads <= host.threadsPerCore ? 0 : 1
  },
  'CPU and NUMA pinning compatibility': (need, host) =>
    need.numaNodes.length === 0 || host.numaNodes.length >= need.numaNodes.length ? 0 : 1,
  None: () => 0,
} as const satisfies Record<string, Weight>

/** The priorities of the rules that this host would break, each at least 1. */
const broken = (need: Need, host: Candidate, kind: 'vms' | 'hosts'): number =>
  need.affinity
    .filter(rule => rule.kind === kind && breaks(rule, host.id))
    .reduce((sum, rule) => sum + Math.max(1, rule.priority), 0)
