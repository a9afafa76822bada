import { conflict } from '@rookery/model'
import { fragment, join, json, type Sql } from '../db/index.ts'
import type { Lock } from './job.ts'

/** A job that stands in the way of a lock. */
export interface Holder {
  jobId: string
  kind: string
  description: string
  startedAt: Date
  status: string
  lockKind: string
  lockId: string
}

/** The same locks once each (exclusive wins), in the order in which everybody takes them. */
export function sorted(locks: readonly Lock[]): Lock[] {
  const byKey = new Map<string, Lock>()
  for (const lock of locks) {
    const key = `${lock.kind} ${lock.id}`
    if (byKey.get(key)?.mode !== 'exclusive') byKey.set(key, lock)
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lock]) => lock)
}

/**
 * Lets nobody else decide about these locks until this transaction ends. Advisory locks, because rows that are not there
 * yet cannot be locked.
 */
export async function guard(sql: Sql, locks: readonly Lock[]): Promise<void> {
  for (const { kind, id } of locks)
    await sql`select pg_advisory_xact_lock(hashtextextended(${`lock ${kind} ${id}`}::text, 0))`
}

/**
 * The jobs that hold one of these locks, or that wait for it since before `before`, so that waiting ends in turn.
 * Call {@link guard} first.
 */
export async function holders(
  sql: Sql,
  locks: readonly Lock[],
  self: readonly string[],
  before?: Date,
): Promise<Holder[]> {
  if (locks.length === 0) return []
  const clashes = locks.map(({ kind, id, mode }) =>
    mode === 'exclusive'
      ? fragment`(l.kind = ${kind} and l.entity_id = ${id}::uuid)`
      : fragment`(l.kind = ${kind} and l.entity_id = ${id}::uuid and l.mode in ('exclusive', 'waiting_exclusive'))`,
  )
  const inTurn =
    before === undefined ? fragment`true` : fragment`(l.mode not like 'waiting%' or j.created_at < ${before})`
  return sql.unnamed<Holder>(fragment`
    select j.id as job_id, j.kind, j.description, coalesce(j.started_at, j.created_at) as started_at, j.status,
           l.kind as lock_kind, l.entity_id as lock_id
      from job_lock l join job j on j.id = l.job_id
     where (${join(clashes, ' or ')}) and l.job_id <> all (${[...self]}::uuid[]) and ${inTurn}
     order by j.created_at`)
}

/**
 * Writes the locks down for a job, held or waited for. Call {@link guard} and {@link holders} first. `askedBy`: the child for which a root
 * holds them; one that the root or another child has asked for already is nobody's alone.
 */
export async function insertLocks(
  sql: Sql,
  jobId: string,
  locks: readonly Lock[],
  waiting: boolean,
  askedBy: string | null = null,
): Promise<void> {
  if (locks.length === 0) return
  const rows = locks.map(({ kind, id, mode }) => ({ kind, id, mode: waiting ? `waiting_${mode}` : mode }))
  await sql`
    insert into job_lock (kind, entity_id, mode, job_id, asked_by)
    select l.kind, l.id, l.mode, ${jobId}::uuid, ${askedBy}::uuid
      from jsonb_to_recordset(${json(rows)}::jsonb) as l(kind text, id uuid, mode text)
     order by l.kind, l.id
    on conflict (kind, entity_id, job_id) do update
      set mode = case when job_lock.mode = 'exclusive' then job_lock.mode else excluded.mode end,
          asked_by = case when job_lock.asked_by = excluded.asked_by then job_lock.asked_by end`
}

/** Gives back what a child alone has asked for: it has ended and is not undone any more. */
export const releaseOfChild = (sql: Sql, rootId: string, childId: string): Promise<number> =>
  sql.run`delete from job_lock where job_id = ${rootId}::uuid and asked_by = ${childId}::uuid`

/** The refusal that names who holds the lock, since when, and what to do. */
export function lockedError(holder: Holder): Error {
  const time = holder.startedAt.toISOString().slice(11, 19)
  const way =
    holder.status === 'stuck' ? 'It is stuck: retry or abandon that job.' : 'Wait until it ends, or cancel it.'
  return conflict('job.locked', `Locked by the job "${holder.description}" (since ${time} UTC). ${way}`, {
    detail: { jobId: holder.jobId, job: holder.kind, status: holder.status },
    ref: { kind: holder.lockKind, id: holder.lockId },
  })
}
