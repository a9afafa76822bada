import type { WatchLine } from '@rookery/protocol'
import type { Ctx } from '../core/ctx.ts'
import { json } from '../db/index.ts'
import { recordSample, tellNumbersMoved } from './samples.ts'

/** Keeps the newest numbers of a host and its runs, and a sample for the charts of the last hours. Disks grow by what their guests say. */
export async function applyStats(ctx: Ctx, hostId: string, line: Extract<WatchLine, { type: 'stats' }>): Promise<void> {
  const at = new Date(line.at)
  await ctx.sql`insert into host_now (host_id, at, stats) select id, ${at}, ${json(line.host)}::jsonb from host where id = ${hostId}::uuid
    on conflict (host_id) do update set at = excluded.at, stats = excluded.stats`
  await recordSample(ctx, hostId, line)
  tellNumbersMoved(ctx)
  if (line.runs.length === 0) return
  await ctx.sql`
    insert into vm_now (vm_id, at, stats)
    select u.vm_id, ${at}, r.stats from jsonb_array_elements(${json(line.runs)}::jsonb) as r(stats)
      join vm_run u on u.id = (r.stats ->> 'runId')::uuid and u.host_id = ${hostId}::uuid and not u.incoming
    on conflict (vm_id) do update set at = excluded.at, stats = excluded.stats`
  const sizes = line.runs.flatMap(run =>
    run.disks.flatMap(disk => (disk.diskId === null ? [] : [{ id: disk.diskId, size: disk.allocation }])),
  )
  const grown = await ctx.sql<{ id: string }>`
    update disk d set actual_size = s.size from jsonb_to_recordset(${json(sizes)}::jsonb) as s(id uuid, size bigint)
     where d.id = s.id and d.actual_size <> s.size and s.size > 0 returning d.id`
  for (const { id } of grown) ctx.changed('disk', id)
}
