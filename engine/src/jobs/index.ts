/** Operations that outlive their request: steps, undo, locks, recovery. */
export type { HostClient, HostPort } from './host-port.ts'
export { stableUuid } from './ids.ts'
export {
  type Attempt,
  type Elsewhere,
  exclusive,
  type HostOptions,
  type HostUndo,
  type Job,
  type JobDefinition,
  type JobFailure,
  type JobTx,
  job,
  type Lock,
  shared,
} from './job.ts'
export { abandonJob, cancelJob, requestCancel, retryJob } from './control.ts'
export { waitForJob } from './wait.ts'
export type { CrashPoint, JobHooks } from './hooks.ts'
export { JobRunner, type RunnerOptions } from './runner.ts'
export { type JobRow, type JobStatus, jobById, type StepRow, steps } from './store.ts'
