import { RookeryError } from '@rookery/model'
import type { Ctx } from '../../core/ctx.ts'
import type { Sql } from '../../db/index.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { affinityOf } from '../affinity/rules.ts'
import { migrateVm } from '../migration/migrate.ts'
import { chooseMove } from '../migration/place.ts'
import { balance, type Load } from '../scheduling/balance.ts'
import { candidatesOf } from '../scheduling/candidates.ts'
import { type ClusterFacts, clusterFacts } from '../scheduling/cluster-policy.ts'
import { breaks } from '../scheduling/filters.ts'
import { getVm } from '../vm/store.ts'

/** Hosts of a cluster with how busy they were in the minutes that its policy looks back. */
export async function loadsOf(sql: Sql, cluster: ClusterFacts): Promise<Load[]> {
  const minutes = cluster.policy.properties.cpuOverCommitDurationMinutes
  const hosts = await candidatesOf(sql, cluster.id, { networks: [], storageDomains: [] }, cluster.policy)
  const numbers = await sql<{ hostId: string; least: number; most: number }>`
    select host_id, 100 * min(cpu)::float8 as least, 100 * max(cpu)::float8 as most from sample
     where host_id = any (${hosts.map(host => host.id)}::uuid[]) and at > now() - make_interval(mins => ${minutes})
     group by host_id having max(at) - min(at) > make_interval(mins => ${minutes}) * 0.8`
  const known = new Map(numbers.map(row => [row.hostId, row]))
  return hosts.map(host => ({
    host,
    cpuLeast: known.get(host.id)?.least ?? null,
    cpuMost: known.get(host.id)?.most ?? null,
  }))
}

/**
 * Moves VMs as the policies of clusters want it, and VMs that stand where an enforcing affinity group does not want them: one at a time in
 * each cluster, and not while another migration is under way there, since each changes what the next is decided by.
 */
export const balanceReconciler = reconciler('balance', { every: '15s' }, async ctx => {
  const clusters = await ctx.sql<{ id: string }>`
    select c.id from cluster c
     where (select count(*) from host h where h.cluster_id = c.id and h.status = 'up') > 1
       and not exists (select 1 from vm_run r join host h on h.id = r.host_id where h.cluster_id = c.id and r.incoming)`
  for (const { id } of clusters) {
    if (await restoreAffinity(ctx, id)) continue
    const cluster = await clusterFacts(ctx.sql, id)
    const next = balance(cluster.schedulingPolicy.balanceIds[0], await loadsOf(ctx.sql, cluster), cluster.policy)
    // How many VMs a host has is true at once; what it did in the last minutes is not.
    if (next === null || (next.why !== 'count' && (await resting(ctx.sql, cluster)))) continue
    await moveOne(ctx, await movable(ctx.sql, next.fromHostId), next.toHostIds)
  }
})

/** After a VM was moved the numbers of the past say nothing for as long as the policy looks back. */
async function resting(sql: Sql, cluster: ClusterFacts): Promise<boolean> {
  const rows = await sql`
    select 1 from job j join vm v on v.id = (j.input ->> 'vmId')::uuid and v.cluster_id = ${cluster.id}::uuid
     where j.kind = 'vm.migrate' and j.input ->> 'reason' = 'balance'
       and j.created_at > now() - make_interval(mins => ${cluster.policy.properties.cpuOverCommitDurationMinutes}) limit 1`
  return rows.length > 0
}

/** VMs that may leave a host by themselves, those that do least first: they disturb least, and most of them fit elsewhere. */
const movable = async (sql: Sql, hostId: string): Promise<string[]> =>
  (
    await sql<{ vmId: string }>`
      select r.vm_id from vm_run r join vm v on v.id = r.vm_id left join vm_now n on n.vm_id = r.vm_id
       where r.host_id = ${hostId}::uuid and not r.incoming and r.status = 'up' and r.ended is null
         and coalesce(v.config #>> '{placement,affinity}', 'migratable') = 'migratable'
       order by (n.stats ->> 'cpu')::float8 nulls first, r.vm_id limit 20`
  ).map(row => row.vmId)

/** Starts the migration of the first of these VMs that has a place on one of the hosts. */
async function moveOne(ctx: Ctx, vmIds: readonly string[], hostIds: readonly string[]): Promise<boolean> {
  for (const vmId of vmIds) {
    const vm = await getVm(ctx.sql, vmId)
    if (vm === undefined) continue
    const input = { hostIds: [...hostIds], clusterId: null, force: false, reason: 'balance' as const }
    try {
      await chooseMove(ctx.sql, vm, input, [])
      await ctx.start(migrateVm, { vmId, name: vm.name, ...input })
      return true
    } catch (error) {
      // This one cannot go now: it has no place there, or somebody is at work with it.
      if (error instanceof RookeryError && (error.kind === 'noCapacity' || error.kind === 'conflict')) continue
      throw error
    }
  }
  return false
}

/** Moves one VM that runs where an enforcing group does not want it. */
async function restoreAffinity(ctx: Ctx, clusterId: string): Promise<boolean> {
  const runs = await ctx.sql<{ vmId: string; hostId: string }>`
    select distinct r.vm_id, r.host_id from affinity_group g join affinity_group_member_vm m on m.group_id = g.id
      join vm_run r on r.vm_id = m.vm_id and not r.incoming and r.status = 'up' and r.ended is null
     where g.cluster_id = ${clusterId}::uuid and (g.vms_enabled and g.vms_enforcing or g.hosts_enabled and g.hosts_enforcing)
     order by r.vm_id`
  for (const { vmId, hostId } of runs) {
    const rules = await affinityOf(ctx.sql, { id: vmId, clusterId })
    if (rules.some(rule => rule.enforcing && breaks(rule, hostId)) && (await moveOne(ctx, [vmId], []))) return true
  }
  return false
}
