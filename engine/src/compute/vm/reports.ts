import type { WatchLine } from '@rookery/protocol'
import type { Ctx } from '../../core/ctx.ts'
import type { EventName } from '../../events/catalog.ts'
import { json, type Sql } from '../../db/index.ts'
import type { OrderedRun } from '../../inventory/watch/apply.ts'

type Ended = Extract<WatchLine, { type: 'ended' }>

interface Moved {
  vmId: string
  name: string
  before: string
  status: string
  reasonBefore: string | null
  pauseReason: string | null
  looksDifferent: boolean
}

/** Applies reports about runs on this host; older ones, and ones about runs that have ended, change nothing. One statement. */
export async function applyRuns(ctx: Ctx, hostId: string, reports: readonly OrderedRun[]): Promise<void> {
  if (reports.length === 0) return
  // Of several reports about one run in a batch the newest is the one that counts; `update … from` would take any.
  const newest = [...new Map(reports.map(report => [report.runId, report])).values()]
  const moved = await ctx.sql<Moved>`
    update vm_run u
       set status = r.status, pause_reason = r."pauseReason", guest_agent = r."guestAgent", guest = r.guest,
           migration = case when jsonb_typeof(r.migration) = 'object' then r.migration end,
           started_at = coalesce(to_timestamp(r."startedAt" / 1000.0), u.started_at), incarnation = r.incarnation, seq = r.seq
      from jsonb_to_recordset(${json(newest)}::jsonb) as r("runId" uuid, status text, "pauseReason" text, "guestAgent" boolean,
             guest jsonb, migration jsonb, "startedAt" double precision, incarnation bigint, seq bigint),
           vm_run o, vm v
     where u.id = r."runId" and o.id = u.id and v.id = u.vm_id and u.host_id = ${hostId}::uuid and u.ended is null
       and (u.incarnation, u.seq) < (r.incarnation, r.seq)
    returning u.vm_id, v.name, o.status as before, u.status, o.pause_reason as reason_before, u.pause_reason,
              (o.status, o.pause_reason, o.guest_agent, o.guest, o.started_at, o.migration)
                is distinct from (u.status, u.pause_reason, u.guest_agent, u.guest, u.started_at, u.migration) as looks_different`
  for (const run of moved) {
    if (!run.looksDifferent) continue
    ctx.changed('vm', run.vmId)
    const event = eventOf(run)
    if (event !== undefined)
      ctx.event(event, {
        refs: [
          { kind: 'vm', id: run.vmId, name: run.name },
          { kind: 'host', id: hostId },
        ],
        args: { vm: run.name, host: hostId, reason: run.pauseReason ?? '' },
      })
  }
}

/** What a change of status is worth telling. */
function eventOf(run: Moved): EventName | undefined {
  if (run.status === run.before || run.status === 'migrating' || run.before === 'migrating') return undefined
  if (run.status === 'not_responding') return 'vm.not_responding'
  if (run.status === 'paused')
    switch (run.pauseReason) {
      case 'io_error':
        return 'vm.paused.io_error'
      case 'no_space':
        return 'vm.paused.no_space'
      case 'user':
      case 'starting':
      case null:
        return undefined
      default:
        return 'vm.paused.other'
    }
  if (run.before === 'paused' && run.reasonBefore !== null && run.reasonBefore !== 'user') return 'vm.recovered'
  return undefined
}

/** Records that runs have ended. Returns the VMs, each of which a job settles. */
export async function applyRunEnds(ctx: Ctx, hostId: string, ends: readonly Ended[]): Promise<string[]> {
  const vms: string[] = []
  for (const { runId, end, detail, incarnation, seq } of ends) {
    const rows = await ctx.sql<{ vmId: string }>`
      update vm_run set ended = ${json({ end, detail, at: ctx.now.toISOString() })}, status = 'powering_down', incarnation = ${incarnation}, seq = ${seq}
       where id = ${runId}::uuid and host_id = ${hostId}::uuid and ended is null and (incarnation, seq) < (${incarnation}, ${seq})
      returning vm_id`
    for (const { vmId } of rows) {
      ctx.changed('vm', vmId)
      vms.push(vmId)
    }
  }
  return vms
}

/**
 * Ends runs that a complete listing lacks. A run that the host may not have made yet is not
 * among them: neither a report nor the end of its creation is known, and its job is still at it.
 */
export async function endMissingRuns(
  ctx: Ctx,
  hostId: string,
  listing: Extract<WatchLine, { type: 'listing' }>,
): Promise<string[]> {
  const { incarnation, seq, runs } = listing
  const rows = await ctx.sql<{ vmId: string }>`
    update vm_run set ended = ${json({ end: 'lost', detail: null, at: ctx.now.toISOString() })}, status = 'powering_down',
           incarnation = ${incarnation}, seq = ${seq}
     where host_id = ${hostId}::uuid and ended is null and (incarnation > 0 or created_incarnation > 0)
       and (incarnation, seq) < (${incarnation}, ${seq}) and (created_incarnation, created_seq) < (${incarnation}, ${seq})
       and id <> all (${runs.map(run => run.runId)}::uuid[])
    returning vm_id`
  for (const { vmId } of rows) ctx.changed('vm', vmId)
  return rows.map(row => row.vmId)
}

/**
 * Ends a run whose creation is known only now, when the host's agent has begun another life since and has not told of it: each life
 * begins with a listing, and this one was looked at while the run could still have been one that is being made.
 */
export async function endUnlisted(sql: Sql, runId: string, incarnation: number, now: Date): Promise<void> {
  await sql`
    update vm_run set ended = ${json({ end: 'lost', detail: null, at: now.toISOString() })}, status = 'powering_down'
     where id = ${runId}::uuid and ended is null and incarnation < ${incarnation}`
}
