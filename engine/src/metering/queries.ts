import type { HostStats, MigrationProgress, RunStats } from '@rookery/protocol'
import { z } from 'zod'
import { query } from '../core/query.ts'
import { visible } from '../core/visible.ts'
import { id } from '../inventory/input.ts'
import { diskNumbers, hostNumbers, nicNumbers, vmNumbers } from './statistics.ts'
import type { StatisticRow } from './types.ts'

const input = z.strictObject({ ids: z.array(id).max(10_000) })

/** The newest numbers of hosts. */
export const hostStatistics = query({
  name: 'host.statistics',
  input,
  async run(ctx, i): Promise<StatisticRow[]> {
    const rows = await ctx.sql<{ id: string; memory: number | null; stats: HostStats | null }>`
      select v.id, (v.facts ->> 'memory')::bigint as memory, v.stats from ${visible(ctx, 'host')} v
       where v.id = any (${i.ids}::uuid[]) order by v.name, v.id`
    return rows.flatMap(row => hostNumbers(row.id, row.memory ?? 0, row.stats))
  },
})

/** The newest numbers of VMs; zeros for those that do not run. */
export const vmStatistics = query({
  name: 'vm.statistics',
  input,
  async run(ctx, i): Promise<StatisticRow[]> {
    const rows = await ctx.sql<{
      id: string
      memory: number
      startedAt: Date | null
      stats: RunStats | null
      migration: MigrationProgress | null
    }>`
      select v.id, (coalesce(v.run_config, v.config) ->> 'memory')::bigint as memory, v.run_started_at as started_at, n.stats, v.migration
        from ${visible(ctx, 'vm')} v left join vm_now n on n.vm_id = v.id and v.run_id is not null
       where v.id = any (${i.ids}::uuid[]) order by v.name, v.id`
    return rows.flatMap(row => vmNumbers(row.id, row.memory, row.startedAt, row.stats, ctx.now, row.migration))
  },
})

/** The newest numbers of disks, summed over the guests that use one. */
export const diskStatistics = query({
  name: 'disk.statistics',
  input,
  async run(ctx, i): Promise<StatisticRow[]> {
    const rows = await ctx.sql<{ id: string; stats: RunStats[] }>`
      select v.id, array_remove(array_agg(n.stats), null) as stats
        from ${visible(ctx, 'disk')} v left join disk_attachment a on a.disk_id = v.id and a.active left join vm_now n on n.vm_id = a.vm_id
       where v.id = any (${i.ids}::uuid[]) group by v.id order by v.id`
    return rows.flatMap(row =>
      diskNumbers(
        row.id,
        row.stats.flatMap(stats => stats.disks.filter(d => d.diskId === row.id)),
      ),
    )
  },
})

/** The newest numbers of network cards. Hosts tell those of a whole guest; they are shown on its first card. */
export const nicStatistics = query({
  name: 'nic.statistics',
  input,
  async run(ctx, i): Promise<StatisticRow[]> {
    const rows = await ctx.sql<{ id: string; first: boolean; stats: RunStats | null }>`
      select n.id, n.id = (select f.id from nic f where f.vm_id = n.vm_id and f.plugged order by f.position, f.id limit 1) as first, w.stats
        from nic n join ${visible(ctx, 'vm')} v on v.id = n.vm_id left join vm_now w on w.vm_id = n.vm_id
       where n.id = any (${i.ids}::uuid[]) order by n.vm_id, n.position, n.id`
    return rows.flatMap(row => nicNumbers(row.id, row.first ? row.stats : null))
  },
})
