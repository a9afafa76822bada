import type { HostStats, RunStats } from '@rookery/protocol'
import { z } from 'zod'
import { query } from '../core/query.ts'
import { visible } from '../core/visible.ts'
import { id } from '../inventory/input.ts'
import { diskRows, hostRows, nicRows, vmRows } from './catalogue.ts'
import type { StatisticRow } from './types.ts'

const Owners = z.strictObject({ ids: z.array(id).max(10_000) })

/** The newest numbers of hosts; none before the first report. One statement. */
export const hostStatistics = query({
  name: 'host.statistics',
  input: Owners,
  async run(ctx, i): Promise<StatisticRow[]> {
    const rows = await ctx.sql<{ id: string; memory: number | null; stats: HostStats | null }>`
      select v.id, (v.facts ->> 'memory')::bigint as memory, v.stats from ${visible(ctx, 'host')} v where v.id = any (${i.ids}::uuid[])`
    return rows.flatMap(row => (row.stats === null ? [] : hostRows(row.id, { ...row.stats, memory: row.memory ?? 0 })))
  },
})

/** The newest numbers of VMs; zeros for one without a run, as the original shows. One statement. */
export const vmStatistics = query({
  name: 'vm.statistics',
  input: Owners,
  async run(ctx, i): Promise<StatisticRow[]> {
    const rows = await ctx.sql<{ id: string; memory: number; uptime: number; stats: RunStats | null }>`
      select v.id, coalesce((v.config ->> 'memory')::bigint, 1073741824) as memory,
             coalesce(extract(epoch from now() - v.run_started_at), 0)::float8 as uptime,
             case when v.run_id is not null then n.stats end as stats
        from ${visible(ctx, 'vm')} v left join vm_now n on n.vm_id = v.id where v.id = any (${i.ids}::uuid[])`
    return rows.flatMap(row => vmRows(row.id, row))
  },
})

/** The newest numbers of disks, from the run that has them. One statement. */
export const diskStatistics = query({
  name: 'disk.statistics',
  input: Owners,
  async run(ctx, i): Promise<StatisticRow[]> {
    const rows = await ctx.sql<{ id: string; stats: RunStats['disks'][number] | null }>`
      select v.id, s.stats from ${visible(ctx, 'disk')} v
        left join lateral (
          select d.value as stats from disk_attachment a join vm_run r on r.vm_id = a.vm_id join vm_now n on n.vm_id = a.vm_id,
                 jsonb_array_elements(n.stats -> 'disks') d
           where a.disk_id = v.id and d.value ->> 'diskId' = v.id::text limit 1
        ) s on true
       where v.id = any (${i.ids}::uuid[])`
    return rows.flatMap(row => diskRows(row.id, row.stats))
  },
})

/** The newest numbers of network cards. Hosts report the sum of a VM's cards; a VM's only plugged card has it. One statement. */
export const nicStatistics = query({
  name: 'nic.statistics',
  input: Owners,
  async run(ctx, i): Promise<StatisticRow[]> {
    const rows = await ctx.sql<{ id: string; stats: RunStats | null }>`
      select c.id,
             case when v.run_id is not null and c.plugged and (select count(*) from nic o where o.vm_id = c.vm_id and o.plugged) = 1
                  then n.stats end as stats
        from nic c join ${visible(ctx, 'vm')} v on v.id = c.vm_id left join vm_now n on n.vm_id = c.vm_id
       where c.id = any (${i.ids}::uuid[])`
    return rows.flatMap(row => nicRows(row.id, row.stats))
  },
})
