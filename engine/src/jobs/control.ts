import { conflict, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../core/ctx.ts'
import { operation } from '../core/operation.ts'
import { endUnstarted } from './runner.ts'
import type { JobRow } from './store.ts'

const JobInput = z.strictObject({ jobId: z.guid() })

async function open(ctx: Ctx, id: string): Promise<JobRow> {
  const row = await ctx.sql.maybe<JobRow>`select * from job where id = ${id}::uuid for update`
  if (row === undefined) throw notFound('job.not_found', `There is no job with id ${id}.`)
  return row
}

/** Asks a job to end: it unwinds at its next step. */
export const cancelJob = operation({
  name: 'job.cancel',
  input: JobInput,
  permit: { action: 'manipulate_jobs', on: i => ({ kind: 'job', id: i.jobId }) },
  run: async (ctx, { jobId }) => requestCancel(ctx, jobId),
})

/** The same without the permission, for operations that may end a job of a certain kind. */
export async function requestCancel(ctx: Ctx, jobId: string): Promise<void> {
  const row = await open(ctx, jobId)
  if (row.endedAt !== null)
    throw conflict('job.ended', `"${row.description}" has ended already (${row.status}).`, {
      ref: { kind: 'job', id: jobId },
    })
  if (row.noReturn)
    throw conflict('job.no_return', `"${row.description}" has gone too far to be undone; it will be completed.`, {
      ref: { kind: 'job', id: jobId },
    })
  ctx.event('job.cancelled', { refs: row.refs, args: { description: row.description } })
  if (row.status === 'queued' && row.engineId === null && ctx.scope !== undefined) return endUnstarted(ctx.scope, row)
  await ctx.sql`update job set cancel = true, updated_at = now() where id = ${jobId}::uuid`
  ctx.scope?.tx.notify(`job-cancel:${jobId}`)
  ctx.changed('job', jobId)
}

/** Lets a stuck job go on where it stopped. */
export const retryJob = operation({
  name: 'job.retry',
  input: JobInput,
  permit: { action: 'manipulate_jobs', on: i => ({ kind: 'job', id: i.jobId }) },
  run: async (ctx, { jobId }) => {
    const row = await open(ctx, jobId)
    mustBeStuck(row)
    const back = row.error?.stuck?.during === 'undo'
    await ctx.sql`
      update job set status = ${back ? 'undoing' : 'running'}, error = case when ${back} then error - 'stuck' end,
             engine_id = null, updated_at = now()
       where id = ${jobId}::uuid`
    await ctx.sql`update job_step set tries = tries + 1 where job_id = ${jobId}::uuid and status = 'running' and kind = 'host'`
    ctx.event('job.retried', { refs: row.refs, args: { description: row.description } })
    ctx.changed('job', jobId)
    ctx.scope?.tx.notify('job')
  },
})

/** Gives up a stuck job: its locks go, what it did stays as it is. */
export const abandonJob = operation({
  name: 'job.abandon',
  input: JobInput,
  permit: { action: 'manipulate_jobs', on: i => ({ kind: 'job', id: i.jobId }) },
  run: async (ctx, { jobId }) => {
    const row = await open(ctx, jobId)
    mustBeStuck(row)
    await ctx.sql`update job set status = 'failed', ended_at = clock_timestamp(), updated_at = now(), engine_id = null
                   where id = ${jobId}::uuid`
    if (row.rootId === row.id) {
      await ctx.sql`delete from job_lock where job_id = ${jobId}::uuid`
      await ctx.sql`delete from quota_held where job_id = ${jobId}::uuid`
    }
    ctx.event('job.abandoned', { refs: row.refs, args: { description: row.description }, data: { jobId } })
    for (const ref of row.refs) ctx.changed(ref.kind, ref.id)
    ctx.changed('job', jobId)
    ctx.scope?.tx.notify('job')
    ctx.scope?.tx.notify(`job-end:${jobId}`)
  },
})

function mustBeStuck(row: JobRow): void {
  if (row.status !== 'stuck')
    throw conflict(
      'job.not_stuck',
      `"${row.description}" is ${row.status}; only a stuck job can be retried or abandoned.`,
      {
        ref: { kind: 'job', id: row.id },
      },
    )
}
export { waitForJob } from './wait.ts'
