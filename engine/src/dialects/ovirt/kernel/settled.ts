import { errorKinds, fromErrorRecord } from '@rookery/model'
import { waitForJob } from '../../../jobs/wait.ts'
import { booleanParameter } from '../http/address.ts'
import { booleanAt } from '../wire/wire-object.ts'
import type { ApiRequest } from './route.ts'

/** Longest time that a request waits for a job; then the answer says that it still runs. */
const patience = 180_000

/** Whether the client wants the answer only when the work is done (fact sheet 1.4, 1.7). */
export function wantsToWait(request: ApiRequest): boolean {
  const expect = `${request.headers['expect'] ?? ''} ${request.headers['x-ovirt-expect'] ?? ''}`.toLowerCase()
  return expect.includes('201-created') || booleanAt(request.body, 'async') === false
}

/**
 * Waits for the job when the client asks for that, or `wait` says so. The job's id when it still runs, null when nothing is left to
 * do; a job that failed throws what it failed with.
 */
export async function settled(
  request: ApiRequest,
  jobId: string | null,
  options: { wait?: boolean } = {},
): Promise<string | null> {
  if (jobId === null) return null
  if (booleanParameter(request.address, 'async') === true || !(options.wait === true || wantsToWait(request)))
    return jobId
  const job = await waitForJob(request.env, jobId, { timeoutMs: patience })
  if (job.endedAt === null) return jobId
  if (job.error !== null) {
    const { error } = job
    throw fromErrorRecord({ ...error, kind: errorKinds.find(kind => kind === error.kind) ?? 'internal' })
  }
  return null
}
