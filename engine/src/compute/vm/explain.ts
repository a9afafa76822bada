import type { Refusal } from '@rookery/model'
import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { find } from '../../inventory/access.ts'
import { id } from '../../inventory/input.ts'
import type { Weighed } from '../scheduling/schedule.ts'
import { explainVm } from './choose.ts'
import { getVm } from './store.ts'
import type { VmRow } from './types.ts'

/** What is said of one host. */
export interface ExplainedHost {
  hostId: string
  host: string
  status: string
  /** Whether it would take the VM. */
  able: boolean
  /** The one that would be taken. */
  chosen: boolean
  /** Every reason against it; empty when it would take the VM. */
  refusals: Refusal[]
  /** What each weight of the policy says, for hosts that would take the VM. */
  weighed: Weighed[]
  score: number
}

/** Answer of `vm.explain`. */
export interface Explanation {
  /** What was asked: where it could start, or, of a VM that runs, where it could migrate to. */
  purpose: 'start' | 'migrate'
  clusterId: string
  cluster: string
  policy: string
  hosts: ExplainedHost[]
  /** Hosts of the cluster that the asker may not see; how many of them would take the VM. */
  hidden: { all: number; able: number }
}

/** For any VM: why each host would or would not take it now. The best first, then those that the fewest reasons speak against. */
export const explain = query({
  name: 'vm.explain',
  input: z.strictObject({
    id,
    /** Another cluster of the same data center. */
    clusterId: id.optional(),
    /** Only these hosts, as a start or migration may be told. */
    hostIds: z.array(id).max(1000).optional(),
    /** As if these were being emptied. */
    excludedHostIds: z.array(id).max(1000).optional(),
  }),
  async run(ctx, i): Promise<Explanation> {
    const seen = await find<VmRow>(ctx, 'vm', i.id)
    const vm = (await getVm(ctx.sql, i.id)) ?? seen
    if (i.clusterId !== undefined) await find(ctx, 'cluster', i.clusterId)
    const { cluster, hosts } = await explainVm(ctx.sql, vm, {
      ...(i.clusterId === undefined ? {} : { clusterId: i.clusterId }),
      ...(i.hostIds === undefined ? {} : { hostIds: i.hostIds }),
      ...(i.excludedHostIds === undefined ? {} : { excludedHostIds: i.excludedHostIds }),
    })
    const shown = new Set(
      (
        await ctx.sql<{ id: string }>`
          select v.id from ${visible(ctx, 'host')} v where v.cluster_id = ${cluster.id}::uuid`
      ).map(row => row.id),
    )
    const able = (refusals: readonly Refusal[]) => refusals.length === 0
    const hidden = hosts.filter(({ host }) => !shown.has(host.id))
    return {
      purpose: vm.runId === null ? 'start' : 'migrate',
      clusterId: cluster.id,
      cluster: cluster.name,
      policy: cluster.schedulingPolicy.name,
      hosts: hosts
        .map(({ host, refusals, weighed, score }, n) => ({
          hostId: host.id,
          host: host.name,
          status: host.status,
          able: able(refusals),
          chosen: n === 0 && able(refusals),
          refusals,
          weighed,
          score,
        }))
        .filter(({ hostId }) => shown.has(hostId)),
      hidden: { all: hidden.length, able: hidden.filter(({ refusals }) => able(refusals)).length },
    }
  },
})
