import type { TaskKind, TaskOf } from '@rookery/protocol'
import type { Logger } from 'pino'

/** What a handler gets beside its task. */
export interface TaskContext {
  /** Aborted by `DELETE /v1/tasks/{id}`: stop, take back what was done, and throw whatever comes. */
  readonly signal: AbortSignal
  /** Says how far the work is, in percent. */
  readonly progress: (percent: number) => void
  /** Bound to task id and kind; never give it contents of seeds, tickets or passwords. */
  readonly log: Logger
}

/**
 * Does one kind of task. Idempotent by effect: it may run again from the start after a crash at any point, and being asked for
 * what is already so is success. Throws RookeryError for what the engine is told; anything else becomes `internal`.
 */
export type Handler<K extends TaskKind> = (task: TaskOf<K>, ctx: TaskContext) => Promise<unknown>

/** A handler for each kind of `K`; over all of TaskKind it is total, so a kind without one does not compile. */
export type Handlers<K extends TaskKind = TaskKind> = { [P in K]: Handler<P> }

/** The kinds that the storage module does. */
export type StorageKind = Extract<TaskKind, `storage.${string}` | `volume.${string}` | `image.${string}`>
/** The kinds that the domain module does. */
export type VmKind = Extract<TaskKind, `vm.${string}`>
/** The kinds that the enrolment module does. */
export type CertificateKind = Extract<TaskKind, `certificate.${string}`>
/** The kinds that the fence agents do. */
export type PowerKind = Extract<TaskKind, `power.${string}`>
/** The kinds that the network module does. */
export type NetworkKind = Extract<TaskKind, `network.${string}`>
/** The kinds that the keepers of storage leases do. */
export type LeaseKind = Extract<TaskKind, `lease.${string}`>
