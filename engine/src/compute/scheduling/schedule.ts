import { type Refusal, type RefusalReason, refusalSentence } from '@rookery/model'
import { always, chosen, type Filter, type Surroundings, tightest, yielding } from './filters.ts'
import type { Candidate, Need, Policy } from './need.ts'
import { type Weight, weights } from './weights.ts'

export type { Candidate, Need, Policy } from './need.ts'

/** Result of {@link schedule}. */
export type Placement = { host: Candidate } | { refusals: Refusal[] }

/** What one weight said of a host. */
export interface Weighed {
  weight: string
  factor: number
  value: number
  /** How many hosts it is better than; more is better. */
  rank: number
}

/** Everything that was found about one host. */
export interface Judged {
  host: Candidate
  /** All reasons against it, not only the first; empty: it would do. */
  refusals: Refusal[]
  weighed: Weighed[]
  /** Sum of ranks times factors; the host with the most is taken. 0 for hosts that would not do. */
  score: number
}

/**
 * Chooses a host: the first filter that refuses it says why, where one that only prefers gives way rather than leave no host; those that are left are ranked by each weight of the policy, and the ranks
 * are summed with the policy's factors, as oVirt's rank selector does. Equals are told apart by id, so that everybody who looks at the
 * same hosts chooses the same.
 */
export function schedule(need: Need, hosts: readonly Candidate[], policy: Policy): Placement {
  const around = { policy, tightest: tightest(hosts, policy) }
  const looking = filtersOf(policy)
  const refusals: Refusal[] = []
  const pass = (filters: readonly NamedFilter[], refused?: Refusal[]) =>
    hosts.filter(host => {
      const refusal = firstRefusal(filters, need, host, around)
      if (refusal !== null) refused?.push(refusal)
      return refusal === null
    })
  const liked = pass(looking, refusals)
  const able = liked.length > 0 ? liked : pass(looking.filter(([name]) => !yielding.has(name)))
  const best = bestOf(need, able, policy)
  return best === undefined ? { refusals } : { host: best }
}

/** Says of every host whether it would take the VM, with every reason against it and what the weights say for it; the best first. */
export function explain(need: Need, hosts: readonly Candidate[], policy: Policy): Judged[] {
  const around = { policy, tightest: tightest(hosts, policy) }
  const looking = filtersOf(policy)
  const all = hosts.map(host => ({
    host,
    refusals: looking.flatMap(([name, filter]) => {
      const reason = filter(need, host, around)
      return reason === null ? [] : [refusalOf(host, name, reason)]
    }),
  }))
  // As in schedule: what only prefers gives way.
  if (all.every(({ refusals }) => refusals.length > 0))
    for (const each of all) if (each.refusals.every(({ filter }) => yielding.has(filter))) each.refusals = []
  const able = all.filter(({ refusals }) => refusals.length === 0).map(({ host }) => host)
  const others = all
    .filter(({ refusals }) => refusals.length > 0)
    .sort((a, b) => a.refusals.length - b.refusals.length || (a.host.name < b.host.name ? -1 : 1))
  return [
    ...ranked(need, able, policy),
    ...others.map(({ host, refusals }) => ({ host, refusals, weighed: [], score: 0 })),
  ]
}

/** A refusal with its English sentence. */
export const refusalOf = (host: { id: string; name: string }, filter: string, reason: RefusalReason): Refusal => ({
  hostId: host.id,
  host: host.name,
  filter,
  reason,
  sentence: refusalSentence(reason),
})

type NamedFilter = [name: string, filter: Filter]

/** Those that always look, then those of the policy. */
const filtersOf = (policy: Policy): NamedFilter[] => [
  ...Object.entries<Filter>(always),
  ...Object.entries<Filter>(chosen).filter(([name]) => policy.filters.includes(name)),
]

function firstRefusal(
  looking: readonly NamedFilter[],
  need: Need,
  host: Candidate,
  around: Surroundings,
): Refusal | null {
  for (const [name, filter] of looking) {
    const reason = filter(need, host, around)
    if (reason !== null) return refusalOf(host, name, reason)
  }
  return null
}

/** What a weight of the policy says of each host, in their order. */
interface Said {
  weight: string
  factor: number
  values: Float64Array
  ranks: Int32Array
}

function weigh(need: Need, hosts: readonly Candidate[], policy: Policy): Said[] {
  return Object.entries<Weight>(weights).flatMap(([weight, of]) => {
    const factor = policy.factors[weight] ?? 0
    if (factor === 0) return []
    const values = Float64Array.from(hosts, host => of(need, host, policy))
    return [{ weight, factor, values, ranks: ranksOf(values) }]
  })
}

/** Whether the first is taken rather than the second. */
const isBefore = (a: { host: Candidate; score: number }, b: { host: Candidate; score: number }): boolean =>
  a.score === b.score ? a.host.id < b.host.id : a.score > b.score

/** The host that the weights say to take: the first of {@link ranked}, without putting the others in order. */
function bestOf(need: Need, hosts: readonly Candidate[], policy: Policy): Candidate | undefined {
  const said = weigh(need, hosts, policy)
  let best: { host: Candidate; score: number } | undefined
  hosts.forEach((host, n) => {
    let score = 0
    for (const { factor, ranks } of said) score += factor * (ranks[n] as number)
    if (best === undefined || isBefore({ host, score }, best)) best = { host, score }
  })
  return best?.host
}

/** The hosts with what each weight says of them, the one to take first. */
function ranked(need: Need, hosts: readonly Candidate[], policy: Policy): Judged[] {
  const said = weigh(need, hosts, policy)
  return hosts
    .map((host, n) => {
      const weighed = said.map(({ weight, factor, values, ranks }) => ({
        weight,
        factor,
        value: values[n] as number,
        rank: ranks[n] as number,
      }))
      return { host, refusals: [], weighed, score: weighed.reduce((sum, { factor, rank }) => sum + factor * rank, 0) }
    })
    .sort((a, b) => (isBefore(a, b) ? -1 : 1))
}

/** The rank of each value among all: how many come after the first that equals it when the smallest stands first. */
function ranksOf(values: Float64Array): Int32Array {
  const last = values.length - 1
  const ranks = new Int32Array(values.length)
  // Most weights say the same of every host.
  if (values.every(value => value === values[0])) return ranks.fill(last)
  const rank = new Map<number, number>()
  values.toSorted().forEach((value, position) => {
    if (!rank.has(value)) rank.set(value, last - position)
  })
  values.forEach((value, n) => {
    ranks[n] = rank.get(value) ?? 0
  })
  return ranks
}
