/** Operations that outlive their request: steps, undo, locks, recovery. */
export type { HostClient, HostPort } from './host-port.ts'
export { stableUuid } from './ids.ts'
export {
  type Attempt,
  exclusive,
  type HostUndo,
  type Job,
  type JobDefinition,
  type JobFailure,
  type JobTx,
  job,
  type Lock,
  shared,
} from './job.ts'
