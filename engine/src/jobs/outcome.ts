import { json } from '../db/index.ts'
import { returnAll } from '../identity/usage.ts'
import type { JobFailure } from './job.ts'
import { releaseOfChild } from './locks.ts'
import type { JobRun } from './run.ts'
import { Lost, PutDown, type Stuck } from './signals.ts'
import type { JobStatus } from './store.ts'

/** Ends a job: its status, its locks, what it held of the project's usage, and everybody who waits for it. */
export async function finish(
  run: JobRun,
  status: Extract<JobStatus, 'finished' | 'failed' | 'cancelled'>,
  o: { result?: unknown; error?: JobFailure },
): Promise<void> {
  const { row } = run
  await run.transaction(async scope => {
    const { sql } = scope.tx
    await sql`
      update job set status = ${status}, result = ${json(o.result)}, error = ${o.error === undefined ? null : json(o.error)}::jsonb,
             ended_at = clock_timestamp(), updated_at = now(), engine_id = null, progress = null
       where id = ${row.id}::uuid`
    if (row.rootId === row.id) {
      if (status === 'finished') await sql`delete from quota_held where job_id = ${row.id}::uuid`
      else await returnAll(sql, row.id)
      await sql`delete from job_lock where job_id = ${row.id}::uuid`
    } else if (status !== 'finished' || run.noReturn) await releaseOfChild(sql, row.rootId, row.id)
    for (const ref of row.refs) scope.changed(ref.kind, ref.id) // a status may depend on who holds the lock
    scope.changed('job', row.id)
    scope.tx.notify('job')
    scope.tx.notify(`job-end:${row.id}`)
  })
}

/** Writes that the job undoes from now on, and why; a resumed job then takes no new steps. */
export async function turnBack(run: JobRun, error: JobFailure): Promise<void> {
  await run.transaction(async scope => {
    await scope.tx.sql`
      update job set status = 'undoing', error = ${json(error)}, updated_at = now() where id = ${run.row.id}::uuid`
    scope.changed('job', run.row.id)
  })
  run.row.status = 'undoing'
  run.row.error = error
}

/** Keeps the job as it is, locks included, until a person decides. Resolves false when it is not ours to say. */
export async function markStuck(run: JobRun, stuck: Stuck, direction: 'forward' | 'undo'): Promise<boolean> {
  const { row } = run
  const during = row.status === 'undoing' ? 'undo' : direction
  const error = { ...(row.error ?? stuck.reason), stuck: { ...stuck.reason, step: stuck.step ?? null, during } }
  try {
    await run.transaction(async scope => {
      await scope.tx.sql`
        update job set status = 'stuck', error = ${json(error)}, engine_id = null, updated_at = now()
         where id = ${row.id}::uuid`
      const refs = row.refs.length > 0 ? row.refs : [{ kind: 'job' as const, id: row.id }]
      scope.event('job.stuck', {
        refs,
        args: { description: row.description, reason: stuck.reason.message.replace(/\.$/, '') },
        data: { jobId: row.id, step: stuck.step ?? null, code: stuck.reason.code },
      })
      scope.changed('job', row.id)
      scope.tx.notify(`job-end:${row.id}`) // whoever waits is told the row as it is
    })
    return true
  } catch (error) {
    if (error instanceof Lost || error instanceof PutDown) return false
    throw error
  }
}
