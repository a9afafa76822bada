import { baselineOf, bestTypeOf } from '@rookery/model'
import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { find } from '../access.ts'
import { id } from '../input.ts'
import { type CpuFacts, missingOfCluster } from './cpu.ts'
import type { ClusterRow } from './types.ts'

/** What the CPUs of a cluster's hosts have in common, and what each has beside it. */
export interface ClusterCpu {
  /** The type of the cluster; null: its first host will give it. */
  type: string | null
  /** The best type that all its hosts meet; null: none. */
  common: string | null
  /** Flags that all of them have. */
  flags: string[]
  hosts: {
    hostId: string
    host: string
    status: string
    model: string
    /** The best type that it would meet alone. */
    own: string | null
    /** Guests are emulated: the CPU of the host does not matter to them. */
    emulated: boolean
    /** What it lacks of the cluster's type; not empty: it cannot come up. */
    missing: string[]
    /** What it has and guests are not shown, since other hosts lack it. */
    unused: string[]
  }[]
}

/** The CPUs of a cluster: the common set of its hosts, and what each host loses to it or lacks (R31). */
export const cpu = query({
  name: 'cluster.cpu',
  input: z.strictObject({ id }),
  async run(ctx, i): Promise<ClusterCpu> {
    const cluster = await find<ClusterRow>(ctx, 'cluster', i.id)
    const hosts = await ctx.sql<{ id: string; name: string; status: string; facts: CpuFacts }>`
      select v.id, v.name, v.status, jsonb_build_object('cpu', v.facts -> 'cpu', 'acceleration', v.facts -> 'acceleration') as facts
        from ${visible(ctx, 'host')} v
       where v.cluster_id = ${i.id}::uuid and v.facts ? 'cpu' and v.facts ? 'acceleration' order by v.name, v.id`
    const real = hosts.filter(host => host.facts.acceleration.kind === 'kvm')
    const baseline = baselineOf(real.map(host => host.facts.cpu))
    return {
      type: cluster.cpuType,
      common: baseline.type?.name ?? null,
      flags: baseline.flags,
      hosts: hosts.map(({ id: hostId, name, status, facts }) => ({
        hostId,
        host: name,
        status,
        model: facts.cpu.model,
        own: bestTypeOf(facts.cpu)?.name ?? null,
        emulated: facts.acceleration.kind === 'tcg',
        missing: missingOfCluster(cluster.cpuType, facts),
        unused: baseline.hosts[real.findIndex(host => host.id === hostId)]?.unused ?? [],
      })),
    }
  },
})
