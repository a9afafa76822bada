import { freeMemory, tightest } from './filters.ts'
import type { Candidate, Policy } from './need.ts'
import { balances } from './units.ts'

/** A host as balancing sees it: with the least and the most of its CPUs (percent) in use in the minutes that the policy looks back. */
export interface Load {
  host: Candidate
  /** Null: there are no numbers for all of that time. */
  cpuLeast: number | null
  cpuMost: number | null
}

/** One VM should leave this host, for one of these; the best of them first comes from `schedule`. */
export interface BalanceMove {
  fromHostId: string
  toHostIds: string[]
  why: 'cpu' | 'memory' | 'count' | 'idle'
}

/** How many percent below the limit a host must be to take another VM: what one vCPU at work may add. */
const headroom = 10

/**
 * What a policy would move next; null: nothing. One VM at a time: after each the numbers are looked at anew. Hosts that are not up neither
 * give nor take. Pure.
 */
export function balance(balanceId: string | undefined, loads: readonly Load[], policy: Policy): BalanceMove | null {
  const up = loads.filter(({ host }) => host.status === 'up')
  if (up.length < 2) return null
  switch (balanceId) {
    case balances.OptimalForEvenDistribution.id:
      return offBusyHosts(up, policy) ?? offFullHosts(up, policy)
    case balances.OptimalForPowerSaving.id:
      return offIdleHosts(up, policy) ?? offBusyHosts(up, policy) ?? offFullHosts(up, policy)
    case balances.OptimalForEvenGuestDistribution.id:
      return offCrowdedHosts(up, policy)
    default:
      return null
  }
}

const ids = (loads: readonly Load[]) => loads.map(({ host }) => host.id)
const used = ({ host }: Load) => host.cpuUsed ?? 0

/** Hosts that were above the limit for the whole time give to those that are well below it. */
function offBusyHosts(up: readonly Load[], { properties }: Policy): BalanceMove | null {
  const limit = properties.highUtilization
  const busy = up
    .filter(load => load.host.vms > 0 && load.cpuLeast !== null && load.cpuLeast >= limit)
    .toSorted((a, b) => used(b) - used(a))
  const calm = up.filter(load => load.host.cpuUsed !== null && used(load) < limit - headroom)
  const [from] = busy
  return from === undefined || calm.length === 0 ? null : { fromHostId: from.host.id, toHostIds: ids(calm), why: 'cpu' }
}

/** Hosts with too little free memory give to those with much, when the policy says what is little and much. */
function offFullHosts(up: readonly Load[], policy: Policy): BalanceMove | null {
  const { maxFreeMemoryForOverUtilized: little, minFreeMemoryForUnderUtilized: much } = policy.properties
  if (little === null) return null
  const free = ({ host }: Load) => freeMemory(host, policy)
  const [from] = up.filter(load => load.host.vms > 1 && free(load) < little).toSorted((a, b) => free(a) - free(b))
  const roomy = up.filter(load => free(load) > Math.max(little, much ?? 0))
  return from === undefined || roomy.length === 0
    ? null
    : { fromHostId: from.host.id, toHostIds: ids(roomy), why: 'memory' }
}

/**
 * The host with the least to do gives to those that work, or, when all are idle, to those with more VMs. The order is the same for
 * everybody who looks, so that no VM goes back and forth.
 */
function offIdleHosts(up: readonly Load[], { properties }: Policy): BalanceMove | null {
  const { lowUtilization, highUtilization } = properties
  const after = (a: Load, b: Load) => a.host.vms - b.host.vms || (a.host.id < b.host.id ? -1 : 1)
  const idle = up
    .filter(load => load.host.vms > 0 && load.cpuMost !== null && load.cpuMost < lowUtilization)
    .toSorted(after)
  const [from] = idle
  if (from === undefined) return null
  const others = up.filter(
    load => load !== from && load.host.vms > 0 && load.host.cpuUsed !== null && used(load) < highUtilization - headroom,
  )
  const working = others.filter(load => !idle.includes(load))
  const to = working.length > 0 ? working : others.filter(load => after(from, load) < 0)
  return to.length === 0 ? null : { fromHostId: from.host.id, toHostIds: ids(to), why: 'idle' }
}

/** The host with the most VMs gives to those with so many fewer that it is worth a migration. */
function offCrowdedHosts(up: readonly Load[], { properties }: Policy): BalanceMove | null {
  const count = ({ host }: Load) => host.vms + (host.isSpm ? properties.spmVmGrace : 0)
  const [from] = up.toSorted((a, b) => count(b) - count(a) || (a.host.id < b.host.id ? -1 : 1))
  if (from === undefined || from.host.vms === 0 || from.host.vms < properties.highVmCount) return null
  const to = up.filter(load => count(from) - count(load) >= properties.migrationThreshold)
  return to.length === 0 ? null : { fromHostId: from.host.id, toHostIds: ids(to), why: 'count' }
}

/** What power saving would do with whole hosts. */
export interface PowerPlan {
  /** Whether the policy may switch hosts at all. */
  enabled: boolean
  /** Hosts that are up without VMs; `wanted` of them stay up. */
  spare: string[]
  wanted: number
  /** Hosts that may be switched off now, and one that should be woken. */
  sleep: string[]
  wake: string | null
}

/** A host that power saving may switch: it has power management, and people let it be switched. */
export interface Switchable {
  hostId: string
  /** Switched off by power saving, to be woken by it. */
  asleep: boolean
}

/** A host with less of its memory free than this part has room for little more. */
const littleRoom = 0.1

/** Whether these hosts have too little left, of their CPUs or of their memory, for what may come; and room for what is highly available. */
function strained(up: readonly Load[], policy: Policy): boolean {
  const full = ({ host }: Load) => freeMemory(host, policy) < littleRoom * host.memory
  const busy = (load: Load) => used(load) >= policy.properties.highUtilization - headroom
  return (
    up.every(load => full(load) || busy(load)) ||
    tightest(
      up.map(({ host }) => host),
      policy,
    ).some(({ room }) => room < 0)
  )
}

/**
 * Which hosts may sleep and which is woken. Hosts without VMs beyond the reserve sleep, never the one that serves the storage, and none
 * without which the others would have too little left; when too few are left without VMs, or all are nearly full, one is woken. Pure.
 */
export function powerPlan(loads: readonly Load[], switchable: readonly Switchable[], policy: Policy): PowerPlan {
  const { enableAutomaticHostPowerManagement: enabled, hostsInReserve: wanted } = policy.properties
  const up = loads.filter(({ host }) => host.status === 'up')
  const spare = up.filter(({ host }) => host.vms === 0)
  const may = new Set(switchable.filter(each => !each.asleep).map(each => each.hostId))
  const tired = spare.filter(({ host }) => may.has(host.id) && !host.isSpm)
  const beyond = Math.max(0, Math.min(spare.length - wanted, up.length - 1))
  const sleeping = switchable
    .filter(each => each.asleep)
    .map(each => each.hostId)
    .toSorted()
  const sleep: Load[] = []
  for (const load of tired) {
    const rest = up.filter(each => each !== load && !sleep.includes(each))
    if (sleep.length < beyond && !strained(rest, policy)) sleep.push(load)
  }
  return {
    enabled,
    spare: ids(spare),
    wanted,
    sleep: enabled ? ids(sleep) : [],
    wake: enabled && (spare.length < wanted || strained(up, policy)) ? (sleeping[0] ?? null) : null,
  }
}
