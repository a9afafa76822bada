import { filters } from './filters.ts'
import { weights } from './weights.ts'

/** What a run needs of a host. Everything that narrows the choice is compiled into this. Sizes are bytes. */
export interface Need {
  /** Memory that is held for it: guaranteed memory and QEMU's own. */
  memory: number
  vcpus: number
  /** Only these, when not empty: pinned VMs, run once on a host. */
  hostIds: readonly string[]
  networkIds: readonly string[]
  storageDomainIds: readonly string[]
  taskKinds: readonly string[]
  firmware: 'bios' | 'uefi' | 'uefi_secure'
  machine: 'pc' | 'q35'
}

/** What placement knows of a host. */
export interface Candidate {
  id: string
  name: string
  status: string
  /** Physical memory. */
  memory: number
  /** Threads of all CPUs. */
  cpus: number
  reservedMemory: number
  reservedVcpus: number
  networkIds: readonly string[]
  /** Storage domains that it has connected and that work there. */
  storageDomainIds: readonly string[]
  taskKinds: readonly string[]
  firmware: readonly string[]
  machines: readonly string[]
}

/** How a cluster wants its hosts filled. */
export interface Policy {
  /** Percent of the physical memory that may be promised: 100 none, 150 server, 200 desktop. */
  overcommit: number
  /** Weights by name; absent: 1. */
  factors: Readonly<Record<string, number>>
}

/** Why a host was not taken. */
export interface Refusal {
  hostId: string
  host: string
  filter: string
  reason: string
}

/** Null: the host will do; otherwise the sentence why not. */
export type Filter = (need: Need, host: Candidate, policy: Policy) => string | null
/** Smaller is better. Numbers are ranked among the hosts that are left, so their unit does not matter. */
export type Weight = (need: Need, host: Candidate) => number

/** Result of {@link schedule}. */
export type Placement = { host: Candidate } | { refusals: Refusal[] }

/**
 * Chooses a host: the first filter that refuses it says why; those that are left are ranked by each weight, and the ranks are summed
 * with the policy's factors. Equals are told apart by id, so that everybody who looks at the same hosts chooses the same.
 */
export function schedule(need: Need, hosts: readonly Candidate[], policy: Policy): Placement {
  const refusals: Refusal[] = []
  const able = hosts.filter(host => {
    for (const [filter, check] of Object.entries(filters)) {
      const reason = check(need, host, policy)
      if (reason === null) continue
      refusals.push({ hostId: host.id, host: host.name, filter, reason })
      return false
    }
    return true
  })
  const scores = new Map(able.map(host => [host.id, 0]))
  for (const [name, weigh] of Object.entries(weights)) {
    const factor = policy.factors[name] ?? 1
    const values = able.map(host => weigh(need, host))
    const ladder = [...new Set(values)].sort((a, b) => a - b)
    able.forEach((host, n) => {
      scores.set(host.id, (scores.get(host.id) ?? 0) + factor * ladder.indexOf(values[n] as number))
    })
  }
  const best = able.toSorted((a, b) => (scores.get(a.id) ?? 0) - (scores.get(b.id) ?? 0) || (a.id < b.id ? -1 : 1))[0]
  return best === undefined ? { refusals } : { host: best }
}
