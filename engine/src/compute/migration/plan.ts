import type { HostFacts, MigrationPlan } from '@rookery/protocol'
import type { MigrationPolicy } from '../../inventory/cluster/migration-policy.ts'

/** The fastest link that is up, bits a second; null when no card says. */
const linkSpeed = (facts: Pick<HostFacts, 'nics'> | null): number | null => {
  const speeds = (facts?.nics ?? []).flatMap(nic => (nic.up && nic.speed !== null && nic.speed > 0 ? [nic.speed] : []))
  return speeds.length === 0 ? null : Math.max(...speeds)
}

/** Policies of guests with very much memory send it over several connections. */
const connectionsOf: Readonly<Record<string, number>> = { '57237b82-b8c2-425f-b425-114b35219626': 4 }

/**
 * What the source is told of a policy. The bandwidth `auto` shares half of the slower link among the migrations of a host, as oVirt does;
 * where a link does not say its speed there is no limit. Pure.
 */
export function planOf(policy: MigrationPolicy, ends: readonly (Pick<HostFacts, 'nics'> | null)[]): MigrationPlan {
  const speeds = ends.map(linkSpeed)
  const known = speeds.filter(speed => speed !== null)
  const shared = known.length < speeds.length ? null : Math.round(Math.min(...known) / 8 / (2 * policy.parallel))
  return {
    bandwidth: policy.bandwidth === 'auto' ? shared : policy.bandwidth,
    connections: connectionsOf[policy.id] ?? null,
    autoConverge: policy.autoConverge,
    compressed: policy.compressed,
    encrypted: policy.encrypted,
    downtime: policy.downtime,
    convergence: policy.convergence.map(({ stalls, action }) => ({ stalls, action: { ...action } })),
  }
}
