import { notFound, unavailable } from '@rookery/model'
import type { Ctx, Env } from '../core/ctx.ts'
import { untilEnded } from './runner.ts'
import { type JobRow, jobById } from './store.ts'

/**
 * Waits until a job ends or gets stuck, for dialects that must say "done"; after the time, the row as it then is. Never call it
 * inside an operation: the job is not committed there.
 */
export async function waitForJob(
  where: Ctx | Env,
  jobId: string,
  o: { timeoutMs: number; signal?: AbortSignal },
): Promise<JobRow> {
  const env = 'env' in where ? where.env : where
  if (env.hear === undefined) throw unavailable('job.deaf', 'This engine hears no notifications.')
  const time = AbortSignal.timeout(o.timeoutMs)
  const signal = o.signal === undefined ? time : AbortSignal.any([time, o.signal])
  try {
    return await untilEnded(env.db.sql, env.hear, jobId, signal, row => row.endedAt !== null || row.status === 'stuck')
  } catch (error) {
    if (!time.aborted) throw error
    const row = await jobById(env.db.sql, jobId)
    if (row === undefined) throw notFound('job.not_found', `There is no job with id ${jobId}.`)
    return row
  }
}
