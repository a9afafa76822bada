import type { LeaseReport, RunReport, StorageReport, WatchLine } from '@rookery/protocol'
import type { Ctx } from '../../core/ctx.ts'
import { settleVm } from '../../compute/vm/settle.ts'
import { applyRunEnds, applyRuns, endMissingRuns } from '../../compute/vm/reports.ts'
import { json } from '../../db/index.ts'
import { followReports } from '../../storage/domain/store.ts'

type Listing = Extract<WatchLine, { type: 'listing' }>

/** A report about one run with its place in the host's order. */
export type OrderedRun = RunReport & { incarnation: number; seq: number }

/**
 * Applies what a host has said, in the order in which it said it, in one transaction. A report that is older than what a row has seen
 * changes nothing, so two engines that watch one host for a moment do no harm, and neither does applying a line twice. Beats and numbers
 * go another way: see `Gathered`.
 */
export async function applyLines(ctx: Ctx, hostId: string, lines: readonly WatchLine[]): Promise<void> {
  const { sql } = ctx
  let runs: OrderedRun[] = []
  const ended = new Set<string>()
  const flushRuns = async () => {
    if (runs.length > 0) await applyRuns(ctx, hostId, runs)
    runs = []
  }
  // A start that records its creation looks at how far the host's reports have come: not while a listing is half applied.
  if (lines.some(line => line.type === 'listing'))
    await sql`select 1 from host where id = ${hostId}::uuid for no key update`
  for (const line of lines) {
    if (line.type === 'run') {
      runs.push({ ...line.run, incarnation: line.incarnation, seq: line.seq })
      continue
    }
    await flushRuns()
    if (line.type === 'listing') for (const vm of await applyListing(ctx, hostId, line)) ended.add(vm)
    else if (line.type === 'ended') for (const vm of await applyRunEnds(ctx, hostId, [line])) ended.add(vm)
    else if (line.type === 'storage') await applyStorage(ctx, hostId, [line.storage])
  }
  await flushRuns()
  // A run that is over is settled by a job, which waits for whoever holds the VM now.
  for (const vmId of ended) if (!(await endsItself(ctx, vmId))) await ctx.start(settleVm, { vmId })
  const last = lines.findLast(line => 'seq' in line)
  await sql`update host set seen_at = now() where id = ${hostId}::uuid`
  if (last !== undefined && 'seq' in last)
    await sql`update host set incarnation = ${last.incarnation}, seq = ${last.seq}
      where id = ${hostId}::uuid and (incarnation, seq) < (${last.incarnation}, ${last.seq})`
}

/** Whether a job that may end the run itself holds the VM: it settles that too. Should it not, the reconciler `runs` looks. */
async function endsItself(ctx: Ctx, vmId: string): Promise<boolean> {
  const rows = await ctx.sql`select 1 from job_lock l join job j on j.id = coalesce(l.asked_by, l.job_id)
    where l.kind = 'vm' and l.entity_id = ${vmId}::uuid and l.mode = 'exclusive'
      and j.kind in ('vm.start', 'vm.stop', 'vm.suspend', 'vm.migrate', 'vm.settle_migration')`
  return rows.length > 0
}

/** Everything that there is: what is not in it and was known to be there is over. Returns VMs whose run ended. */
async function applyListing(ctx: Ctx, hostId: string, line: Listing): Promise<string[]> {
  const { incarnation, seq } = line
  await applyRuns(
    ctx,
    hostId,
    line.runs.map(run => ({ ...run, incarnation, seq })),
  )
  const ended = [...(await applyKnownEnds(ctx, hostId, line)), ...(await endMissingRuns(ctx, hostId, line))]
  await applyStorage(ctx, hostId, line.storage)
  const moved = await ctx.sql`
    with gone as (delete from host_network where host_id = ${hostId}::uuid and network_id <> all (${line.networks}::uuid[]) returning 1),
         new as (insert into host_network (host_id, network_id)
                 select ${hostId}::uuid, id from network where id = any (${line.networks}::uuid[]) on conflict do nothing returning 1)
    select 1 from gone union all select 1 from new`
  if (moved.length > 0) ctx.changed('host', hostId)
  return ended
}

/** Ends that the host remembers, of runs that ended while nobody watched: without them they would just be missing. */
async function applyKnownEnds(ctx: Ctx, hostId: string, line: Listing): Promise<string[]> {
  const { incarnation, seq } = line
  const open = await ctx.sql<{ id: string }>`
    select id from vm_run where host_id = ${hostId}::uuid and ended is null and id = any (${line.ended.map(e => e.runId)}::uuid[])`
  const ids = new Set(open.map(run => run.id))
  const ends = line.ended.filter(e => ids.has(e.runId))
  return await applyRunEnds(
    ctx,
    hostId,
    ends.map(end => ({ type: 'ended', incarnation, seq, ...end })),
  )
}

/** Space and health of storage domains, as this host sees them. */
async function applyStorage(ctx: Ctx, hostId: string, reports: readonly StorageReport[]): Promise<void> {
  const { sql } = ctx
  const touched = new Set<string>()
  for (const report of reports) {
    const domain = await sql.maybe<{
      name: string
      dataCenterId: string | null
      type: string
      wasOk: boolean | null
      available: number
      used: number
    }>`
      select s.name, s.data_center_id, s.type, s.available, s.used, x.ok as was_ok
        from storage_domain s left join storage_domain_host x on x.storage_domain_id = s.id and x.host_id = ${hostId}::uuid
       where s.id = ${report.storageDomainId}::uuid`
    if (domain === undefined) continue
    await sql`insert into storage_domain_host (storage_domain_id, host_id, ok, detail, seen_at, lease)
      values (${report.storageDomainId}, ${hostId}, ${report.ok}, ${report.detail}, now(), ${json(report.lease ?? null)})
      on conflict (storage_domain_id, host_id) do update
        set ok = excluded.ok, detail = excluded.detail, seen_at = excluded.seen_at, lease = excluded.lease`
    if (report.lease !== undefined) await applyLease(ctx, report.lease)
    if (report.ok && (domain.available !== report.available || domain.used !== report.used)) {
      await sql`update storage_domain set available = ${report.available}, used = ${report.used} where id = ${report.storageDomainId}::uuid`
      ctx.changed('storage_domain', report.storageDomainId)
    }
    if (report.ok && report.files !== null) await applyFiles(ctx, report.storageDomainId, report.files)
    if (domain.wasOk !== report.ok && domain.dataCenterId !== null) touched.add(domain.dataCenterId)
    if (domain.wasOk === true && !report.ok)
      ctx.event('storage_domain.stats_failed', {
        refs: [
          { kind: 'storage_domain', id: report.storageDomainId, name: domain.name },
          { kind: 'host', id: hostId },
        ],
        args: { host: hostId, storage_domain: domain.name, reason: report.detail ?? 'no reason was given' },
      })
  }
  for (const dataCenterId of touched) {
    for (const domain of await followReports(sql, dataCenterId)) ctx.changed('storage_domain', domain)
    ctx.changed('data_center', dataCenterId)
  }
}

/**
 * Hosts that do not answer may still be seen renewing their lease on storage: then they run, and are neither fenced nor believed dead. Only of
 * those it is written down: of the others everybody knows.
 */
async function applyLease(ctx: Ctx, lease: LeaseReport): Promise<void> {
  const seen = lease.others.filter(other => !other.dead && other.unmoved !== null)
  if (lease.state !== 'valid' || seen.length === 0) return
  await ctx.sql`
    update host h set storage_seen_at = o.moved
      from (select "hostUuid" as host_uuid, max(now() - make_interval(secs => unmoved)) as moved
              from jsonb_to_recordset(${json(seen)}::jsonb) as r("hostUuid" uuid, unmoved double precision) group by 1) o
     where h.host_uuid = o.host_uuid and h.status in ('connecting', 'non_responsive', 'reboot')
       and (h.storage_seen_at is null or h.storage_seen_at < o.moved - interval '1 second')`
}

async function applyFiles(
  ctx: Ctx,
  storageDomainId: string,
  files: readonly { name: string; size: number }[],
): Promise<void> {
  const names = files.map(file => file.name)
  const moved = await ctx.sql`
    with gone as (delete from iso_file where storage_domain_id = ${storageDomainId}::uuid and name <> all (${names}::text[]) returning 1),
         new as (insert into iso_file (storage_domain_id, name, size)
                 select ${storageDomainId}::uuid, f.name, f.size from jsonb_to_recordset(${json(files)}::jsonb) as f(name text, size bigint)
                 on conflict (storage_domain_id, name) do update set size = excluded.size where iso_file.size <> excluded.size returning 1)
    select 1 from gone union all select 1 from new`
  if (moved.length > 0) ctx.changed('storage_domain', storageDomainId)
}

/** Lines of a watch that say nothing new about the host's things. */
export const isQuiet = (line: WatchLine): boolean =>
  line.type === 'heartbeat' || line.type === 'task' || line.type === 'stats'
