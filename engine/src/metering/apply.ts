import type { WatchLine } from '@rookery/protocol'
import type { Ctx } from '../core/ctx.ts'
import { json } from '../db/index.ts'
import { recordSamples, tellNumbersMoved } from './samples.ts'

/** The numbers of one host and its runs, as it said them. */
export interface HostNumbers {
  hostId: string
  line: Extract<WatchLine, { type: 'stats' }>
}

/**
 * Keeps the newest numbers of hosts and their runs, and samples for the charts of the last hours. Disks grow by what their guests say. A few
 * statements, whatever the number of hosts; each host is there once.
 */
export async function applyStats(ctx: Ctx, numbers: readonly HostNumbers[]): Promise<void> {
  if (numbers.length === 0) return
  const hosts = numbers.map(({ hostId, line }) => ({ id: hostId, at: new Date(line.at), stats: line.host }))
  // In one order everywhere, so that two engines that write at once do not wait for each other in a circle.
  await ctx.sql`
    insert into host_now (host_id, at, stats)
    select h.id, n.at, n.stats from jsonb_to_recordset(${json(hosts)}::jsonb) as n(id uuid, at timestamptz, stats jsonb)
      join host h on h.id = n.id order by h.id
    on conflict (host_id) do update set at = excluded.at, stats = excluded.stats`
  await recordSamples(ctx, numbers)
  tellNumbersMoved(ctx)
  const runs = numbers.flatMap(({ hostId, line }) =>
    line.runs.map(stats => ({ runId: stats.runId, hostId, at: new Date(line.at), stats })),
  )
  if (runs.length === 0) return
  await ctx.sql`
    insert into vm_now (vm_id, at, stats)
    select u.vm_id, r.at, r.stats
      from jsonb_to_recordset(${json(runs)}::jsonb) as r("runId" uuid, "hostId" uuid, at timestamptz, stats jsonb)
      join vm_run u on u.id = r."runId" and u.host_id = r."hostId" and not u.incoming
     order by u.vm_id
    on conflict (vm_id) do update set at = excluded.at, stats = excluded.stats`
  // A disk that several guests share is said by each of them; which of them counts does not matter.
  const sizes = new Map<string, number>()
  for (const { stats } of runs)
    for (const { diskId, allocation } of stats.disks)
      if (diskId !== null && allocation > 0) sizes.set(diskId, allocation)
  if (sizes.size === 0) return
  const grown = await ctx.sql<{ id: string }>`
    update disk d set actual_size = s.size
      from (select * from unnest(${[...sizes.keys()]}::uuid[], ${[...sizes.values()]}::bigint[]) as s(id, size) order by id) s
     where d.id = s.id and d.actual_size <> s.size returning d.id`
  for (const { id } of grown) ctx.changed('disk', id)
}
