import type { Sql } from '../../db/index.ts'
import { policyById } from '../../inventory/scheduling-policy/store.ts'
import { ClusterSettings } from '../../inventory/cluster/types.ts'
import type { Policy } from './need.ts'
import { builtInPolicies, propertiesOf, type SchedulingPolicy } from './policies.ts'
import { unitById } from './units.ts'

/** What placement asks of a cluster. */
export interface ClusterFacts {
  id: string
  name: string
  biosType: string
  memoryOvercommit: number
  threadsAsCores: boolean
  ballooning: boolean
  cpuType: string | null
  settings: ClusterSettings
  schedulingPolicy: SchedulingPolicy
  policy: Policy
}

/** A cluster with its scheduling policy, as placement reads both. */
export async function clusterFacts(sql: Sql, clusterId: string): Promise<ClusterFacts> {
  const row = await sql.one<Omit<ClusterFacts, 'policy' | 'schedulingPolicy'> & { schedulingPolicyId: string }>`
    select id, name, bios_type, memory_overcommit, threads_as_cores, ballooning, cpu_type, settings, scheduling_policy_id
      from cluster where id = ${clusterId}::uuid`
  const settings = ClusterSettings.parse(row.settings)
  const { schedulingPolicyId, ...rest } = row
  const chosen = (await policyById(sql, schedulingPolicyId)) ?? (builtInPolicies[0] as SchedulingPolicy)
  return { ...rest, settings, schedulingPolicy: chosen, policy: policyOf({ ...row, settings }, chosen) }
}

/** A scheduling policy with what its cluster says over it, as `schedule` takes it. Pure. */
export function policyOf(
  cluster: Pick<ClusterFacts, 'memoryOvercommit' | 'threadsAsCores' | 'settings'>,
  chosen: SchedulingPolicy,
): Policy {
  const named = (unitId: string) => unitById(unitId)?.name ?? unitId
  return {
    overcommit: cluster.memoryOvercommit,
    threadsAsCores: cluster.threadsAsCores,
    maxVms: cluster.settings.maxVmsPerHost,
    haReservation: cluster.settings.haReservation,
    filters: chosen.filters.map(({ unitId }) => named(unitId)),
    factors: Object.fromEntries(chosen.weights.map(({ unitId, factor }) => [named(unitId), factor])),
    properties: propertiesOf(chosen.properties, cluster.settings.schedulingProperties),
  }
}
