import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { find } from '../../inventory/access.ts'
import type { ClusterRow } from '../../inventory/cluster/types.ts'
import { id } from '../../inventory/input.ts'
import { balance, type BalanceMove, type PowerPlan, powerPlan } from '../scheduling/balance.ts'
import { clusterFacts } from '../scheduling/cluster-policy.ts'
import { switchableOf } from './power.ts'
import { loadsOf } from './reconcile.ts'

/** What the policy of a cluster would do next. */
export interface ClusterPlan {
  policy: string
  /** The VM move that comes next; null: the cluster is at rest. */
  move: BalanceMove | null
  power: PowerPlan
}

/** What balancing and power saving of a cluster would do now. Hosts that the asker may not see are left out. */
export const plan = query({
  name: 'cluster.plan',
  input: z.strictObject({ id }),
  async run(ctx, i): Promise<ClusterPlan> {
    await find<ClusterRow>(ctx, 'cluster', i.id)
    const cluster = await clusterFacts(ctx.sql, i.id)
    const seen = new Set(
      (
        await ctx.sql<{ id: string }>`select v.id from ${visible(ctx, 'host')} v where v.cluster_id = ${i.id}::uuid`
      ).map(row => row.id),
    )
    const loads = (await loadsOf(ctx.sql, cluster)).filter(({ host }) => seen.has(host.id))
    return {
      policy: cluster.schedulingPolicy.name,
      move: balance(cluster.schedulingPolicy.balanceIds[0], loads, cluster.policy),
      power: powerPlan(
        loads,
        (await switchableOf(ctx.sql, i.id)).filter(each => seen.has(each.hostId)),
        cluster.policy,
      ),
    }
  },
})
