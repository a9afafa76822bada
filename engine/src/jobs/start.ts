import { randomUUID } from 'node:crypto'
import type { JobId } from '@rookery/model'
import { parse } from '../core/call.ts'
import type { Actor, StartOptions } from '../core/ctx.ts'
import type { Scope } from '../core/scope.ts'
import { json } from '../db/index.ts'
import type { JobDefinition, Lock } from './job.ts'
import { guard, holders, insertLocks, lockedError, sorted } from './locks.ts'

/** What a job inherits from whoever starts it. */
export interface Starting extends StartOptions {
  actor: Pick<Actor, 'kind' | 'userId'>
  correlationId: string | null
  /** For a child: its id, its parent, and the root whose locks it uses. */
  child?: { id: string; parentId: string; step: string; rootId: string; ownerId: string | null }
}

/**
 * Inserts a job and its locks in this transaction. A held lock is a conflict, unless the job waits: because it is
 * queueable, or because the caller preempts the holders, who are then cancelled. A queueable job of the same kind that
 * waits for the same entity already is the one that is returned.
 */
export async function startJob<I>(
  scope: Scope,
  job: JobDefinition<I>,
  input: I,
  o: Starting,
): Promise<{ jobId: JobId }> {
  const { sql } = scope.tx
  const clean = parse(job.name, job.input, input)
  const locks = sorted(job.locks(clean))
  await guard(sql, locks)
  if (job.queueable && o.child === undefined) {
    const same = await waitingLikeIt(scope, job.name, locks)
    if (same !== undefined) return { jobId: same }
  }
  const standing = await holders(sql, locks, o.child === undefined ? [] : [o.child.rootId])
  const preempts = o.preempts ?? []
  const preempted = standing.filter(holder => preempts.includes(holder.kind))
  const waiting = standing.length > 0
  const first = standing.find(holder => !preempted.includes(holder))
  if (first !== undefined && !(job.queueable && o.child === undefined)) throw lockedError(first)

  const id = (o.child?.id ?? randomUUID()) as JobId
  const ownerId = o.child !== undefined ? o.child.ownerId : o.actor.kind === 'user' ? o.actor.userId : null
  const refs = (o.refs ?? job.refs(clean)).map(({ kind, id: refId, name }) => ({ kind, id: refId, name }))
  await sql`
    insert into job (id, kind, version, input, status, parent_id, parent_step, root_id, owner_id, correlation_id,
                     description, refs, waiting)
    values (${id}::uuid, ${job.name}, ${job.version}, ${json(clean)}, 'queued', ${o.child?.parentId ?? null}::uuid,
            ${o.child?.step ?? null}, ${o.child?.rootId ?? id}::uuid, ${ownerId}::uuid, ${o.correlationId},
            ${job.describe(clean)}, ${json(refs)}, ${waiting})`
  await insertLocks(sql, o.child?.rootId ?? id, locks, waiting, o.child?.id ?? null)
  for (const holder of preempted) {
    await sql`update job set cancel = true, updated_at = now() where id = ${holder.jobId}::uuid and ended_at is null`
    scope.tx.notify(`job-cancel:${holder.jobId}`)
  }
  scope.jobs.push({ id, kind: job.name, description: job.describe(clean) })
  scope.changed('job', id)
  scope.tx.notify('job')
  return { jobId: id }
}

async function waitingLikeIt(scope: Scope, kind: string, locks: readonly Lock[]): Promise<JobId | undefined> {
  const first = locks[0]
  if (first === undefined) return undefined
  // Not only those that wait for a lock: one that nobody has taken up yet has seen nothing either.
  const row = await scope.tx.sql.maybe<{ id: JobId }>`
    select j.id from job j join job_lock l on l.job_id = j.id
     where j.kind = ${kind} and j.status = 'queued' and not j.cancel
       and l.kind = ${first.kind} and l.entity_id = ${first.id}::uuid
     limit 1`
  return row?.id
}
