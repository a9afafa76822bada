import { RookeryError } from '@rookery/model'
import { inTransaction } from '../../core/call.ts'
import type { Ctx } from '../../core/ctx.ts'
import type { JobTx } from '../../jobs/index.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { startVm } from './start.ts'
import type { VmRow } from './types.ts'

/** Most attempts to start a VM again; then a person has to look. */
const mostAttempts = 10
/** A VM that has run so long (seconds) since it was started again is well: its next failure is a new story. */
const wellSeconds = 300
/** A guest that was asked to shut down has so long (seconds) until its end counts as a failure again. */
const shutdownSeconds = 600

/** So long (seconds) those of less priority wait for a run that has ended to be settled. */
const settleSeconds = 60

/** Seconds until the next attempt. The first one is made at once. */
export const waitSeconds = (tries: number): number => (tries === 0 ? 0 : Math.min(300, 5 * 2 ** (tries - 1)))

/**
 * Notes that a highly available VM whose run has failed is to be started again, unless a person wanted it down. Called in the transaction
 * in which the run goes, so that none is forgotten.
 */
export async function restartLater(tx: JobTx, vm: VmRow, runId: string, reason: string): Promise<void> {
  const { enabled, priority } = vm.config.highAvailability
  if (!enabled) return
  const { sql } = tx
  const { wanted } = await sql.one<{ wanted: boolean }>`
    select v.stop_asked is null or (v.stop_asked ->> 'at')::timestamptz < r.created_at
        or v.stop_asked ->> 'how' = 'shutdown'
           and (v.stop_asked ->> 'at')::timestamptz < now() - make_interval(secs => ${shutdownSeconds}) as wanted
      from vm v join vm_run r on r.id = ${runId}::uuid where v.id = ${vm.id}::uuid`
  if (!wanted) return
  const { tries } = await sql.one<{ tries: number }>`
    insert into vm_restart (vm_id, priority, since, reason, next_at)
    values (${vm.id}, ${priority}, ${tx.now}, ${reason}, ${tx.now})
    on conflict (vm_id) do update set priority = excluded.priority, since = excluded.since, reason = excluded.reason,
      tries = case when vm_restart.started_at < now() - make_interval(secs => ${wellSeconds}) then 0 else vm_restart.tries end,
      job_id = null, started_at = null
    returning tries`
  await sql`update vm_restart set next_at = now() + make_interval(secs => ${waitSeconds(tries)}) where vm_id = ${vm.id}::uuid`
  const refs = [{ kind: 'vm' as const, id: vm.id, name: vm.name }]
  const args = { vm: vm.name, reason: reason.replace(/\.$/, '') }
  if (tries < mostAttempts) return tx.event('vm.ha.failed', { refs, args })
  // It comes up and fails again and again.
  await sql`delete from vm_restart where vm_id = ${vm.id}::uuid`
  tx.event('vm.ha.gave_up', { refs, args: { ...args, attempts: tries } })
}

interface Waiting {
  vmId: string
  name: string
  clusterId: string
  dataCenterId: string | null
  priority: number
  tries: number
  reason: string
  enabled: boolean
  due: boolean
  /** Of the attempt under way or the last one. */
  jobStatus: string | null
  jobError: { message: string } | null
  runs: boolean
  locked: boolean
  startedAt: Date | null
}

/**
 * Starts highly available VMs again whose runs have failed: in each cluster the most important first, those of less importance when
 * none of more is due or being started. One that cannot be started is tried again, ever more rarely, and given up in the end. No run row
 * is left of any of them: that is what makes a second copy impossible.
 */
export const restartReconciler = reconciler('vm.restart', { every: '2s', wakeOn: ['vm'] }, async ctx => {
  const rows = await ctx.sql<Waiting>`
    select q.vm_id, v.name, v.cluster_id, c.data_center_id, q.priority, q.tries, q.reason, q.started_at,
           coalesce((v.config #>> '{highAvailability,enabled}')::boolean, false) as enabled,
           q.next_at <= now() as due, j.status as job_status, j.error as job_error,
           exists (select 1 from vm_run r where r.vm_id = q.vm_id) as runs,
           exists (select 1 from job_lock l where l.kind = 'vm' and l.entity_id = q.vm_id) as locked
      from vm_restart q join vm v on v.id = q.vm_id join cluster c on c.id = v.cluster_id left join job j on j.id = q.job_id
     where q.started_at is null or q.started_at < now() - make_interval(secs => ${wellSeconds})
     order by v.cluster_id, q.priority desc, q.since, v.name limit 2000`
  if (rows.length === 0) return
  const most = await unsettled(ctx)
  for (const row of rows) {
    if (await settled(ctx, row)) continue
    const busy = row.locked || row.jobStatus === 'queued' || row.jobStatus === 'running'
    if (!busy && !row.due) continue
    const first = Math.max(most.get(row.clusterId) ?? 0, row.priority)
    most.set(row.clusterId, first)
    if (busy || row.priority < first) continue
    await begin(ctx, row)
  }
})

/**
 * In each cluster the most priority of a highly available VM whose run has failed and is not settled yet: those of a host that died are
 * settled one by one, and none of less importance begins before it has its turn. One that cannot be settled holds nobody up for long.
 */
async function unsettled(ctx: Ctx): Promise<Map<string, number>> {
  const rows = await ctx.sql<{ clusterId: string; priority: number }>`
    select v.cluster_id, max((v.config #>> '{highAvailability,priority}')::int) as priority
      from vm_run r join vm v on v.id = r.vm_id
     where r.ended is not null and r.ended ->> 'end' in ('crashed', 'failed', 'lost', 'fenced')
       and coalesce((r.ended ->> 'at')::timestamptz, now()) > now() - make_interval(secs => ${settleSeconds})
       and (v.config #>> '{highAvailability,enabled}')::boolean
     group by v.cluster_id`
  return new Map(rows.map(row => [row.clusterId, row.priority]))
}

/** Whether nothing is left to be done for it now: it runs, is not wanted any more, or its last attempt failed and waits. */
async function settled(ctx: Ctx, row: Waiting): Promise<boolean> {
  const drop = (): Promise<unknown> => ctx.sql`delete from vm_restart where vm_id = ${row.vmId}::uuid`
  if (!row.enabled || row.startedAt !== null) return (await drop(), true)
  if (row.jobStatus === 'finished' || (row.runs && !row.locked && row.jobStatus === null)) {
    // Kept for a while: one that fails again soon goes on counting.
    await ctx.sql`update vm_restart set started_at = now(), job_id = null where vm_id = ${row.vmId}::uuid`
    return true
  }
  if (row.jobStatus !== 'failed' && row.jobStatus !== 'cancelled') return false
  await failed(ctx, row, row.jobError?.message ?? 'it was cancelled')
  return true
}

async function begin(ctx: Ctx, row: Waiting): Promise<void> {
  const attempt = row.tries + 1
  try {
    await inTransaction(ctx, async tx => {
      if (row.dataCenterId === null) return
      const { jobId } = await tx.start(startVm, {
        id: row.vmId,
        name: row.name,
        dataCenterId: row.dataCenterId,
        engineId: tx.engineId,
      })
      await tx.sql`update vm_restart set tries = ${attempt}, job_id = ${jobId}::uuid where vm_id = ${row.vmId}::uuid`
      tx.changed('vm', row.vmId)
      tx.event('vm.ha.restarting', {
        refs: [{ kind: 'vm', id: row.vmId, name: row.name }],
        args: { vm: row.name, attempt, reason: row.reason.replace(/\.$/, '') },
      })
    })
  } catch (error) {
    // Somebody is at work with it: the next look decides.
    if (!(error instanceof RookeryError && error.kind === 'conflict')) throw error
  }
}

async function failed(ctx: Ctx, row: Waiting, message: string): Promise<void> {
  const refs = [{ kind: 'vm' as const, id: row.vmId, name: row.name }]
  const reason = message.replace(/\.$/, '')
  await inTransaction(ctx, async tx => {
    tx.changed('vm', row.vmId)
    if (row.tries >= mostAttempts) {
      await tx.sql`delete from vm_restart where vm_id = ${row.vmId}::uuid`
      tx.event('vm.ha.gave_up', { refs, args: { vm: row.name, attempts: row.tries, reason } })
      return
    }
    const seconds = waitSeconds(row.tries)
    await tx.sql`update vm_restart set job_id = null, next_at = now() + make_interval(secs => ${seconds}) where vm_id = ${row.vmId}::uuid`
    tx.event('vm.ha.restart_failed', { refs, args: { vm: row.name, reason, seconds } })
  })
}
