import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { id } from '../input.ts'

/** What a cluster has and how much of it is used: of its hosts and VMs that the asker may see. Bytes, and CPUs. */
export interface ClusterNow {
  id: string
  hosts: number
  hostsUp: number
  vms: number
  vmsRunning: number
  /** From here on: of hosts that are up. */
  cpus: number
  /** In CPUs: 1.5 of 4 are busy. */
  cpusUsed: number
  memory: number
  memoryUsed: number
  /** Reserved for VMs that run. */
  memoryPromised: number
}

/** The numbers of clusters at this moment; one statement. */
export const now = query({
  name: 'cluster.now',
  input: z.strictObject({ ids: z.array(id).max(1000) }),
  run: (ctx, i): Promise<ClusterNow[]> =>
    ctx.sql<ClusterNow>`
      select c.id, coalesce(h.hosts, 0) as hosts, coalesce(h.hosts_up, 0) as hosts_up, coalesce(m.vms, 0) as vms,
             coalesce(m.running, 0) as vms_running, coalesce(h.cpus, 0)::float8 as cpus, coalesce(h.cpus_used, 0)::float8 as cpus_used,
             coalesce(h.memory, 0)::bigint as memory, coalesce(h.memory_used, 0)::bigint as memory_used,
             coalesce(h.promised, 0)::bigint as memory_promised
        from ${visible(ctx, 'cluster')} c
        left join (
          select x.cluster_id, count(*)::int as hosts, count(*) filter (where x.status = 'up')::int as hosts_up,
                 sum(k.cpus) filter (where x.status = 'up') as cpus,
                 sum(k.cpus * ((x.stats ->> 'cpuUser')::float8 + (x.stats ->> 'cpuSystem')::float8)) filter (where x.status = 'up') as cpus_used,
                 sum((x.facts ->> 'memory')::bigint) filter (where x.status = 'up') as memory,
                 sum((x.stats ->> 'memoryUsed')::bigint) filter (where x.status = 'up') as memory_used,
                 sum(x.committed_memory) filter (where x.status = 'up') as promised
            from ${visible(ctx, 'host')} x,
                 lateral (select (x.facts #>> '{cpu,sockets}')::int * (x.facts #>> '{cpu,cores}')::int * (x.facts #>> '{cpu,threads}')::int as cpus) k
           where x.cluster_id = any (${i.ids}::uuid[]) group by 1) h on h.cluster_id = c.id
        left join (
          select x.cluster_id, count(*)::int as vms, count(x.run_id)::int as running
            from ${visible(ctx, 'vm')} x where x.cluster_id = any (${i.ids}::uuid[]) group by 1) m on m.cluster_id = c.id
       where c.id = any (${i.ids}::uuid[]) order by c.name, c.id`,
})
