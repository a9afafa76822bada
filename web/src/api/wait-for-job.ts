import type { ErrorRecord } from '@rookery/model'
import { type QueryClient, QueryObserver } from '@tanstack/react-query'
import { ApiError } from './error.ts'
import { askOptions } from './hooks.ts'
import type { JobRow } from './rows.ts'

/**
 * Waits until a job is over, without polling: the live layer says when its row moved, over outages and engine restarts too.
 *
 * @returns its row, when it finished
 * @throws its error as an ApiError when it failed, was cancelled, or stands still until somebody decides
 */
export function waitForJob(client: QueryClient, jobId: string, signal?: AbortSignal): Promise<JobRow> {
  return new Promise((resolve, reject) => {
    const observer = new QueryObserver<JobRow[], ApiError>(client, askOptions('job.list', { ids: [jobId] }))
    const settle = (end: () => void) => {
      stop()
      signal?.removeEventListener('abort', aborted)
      end()
    }
    const aborted = () => settle(() => reject(signal?.reason as Error))
    const look = (rows: JobRow[] | undefined) => {
      const job = rows?.[0]
      if (job === undefined || !['finished', 'failed', 'cancelled', 'stuck'].includes(job.status)) return
      if (job.status === 'finished') return settle(() => resolve(job))
      const error = (job.error as ErrorRecord | null) ?? {
        kind: 'conflict' as const,
        code: `job.${job.status}`,
        message: job.description,
      }
      settle(() => reject(new ApiError(error, { status: 0 })))
    }
    const stop = observer.subscribe(({ data }) => look(data))
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted === true) aborted()
    else look(observer.getCurrentResult().data)
  })
}
