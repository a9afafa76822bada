import type { JobId } from '@rookery/model'
import type { Task } from '@rookery/protocol'
import type { z } from 'zod'
import type { EntityKind, Ref } from '../core/kinds.ts'
import type { Lane, Sql } from '../db/index.ts'
import type { OutsidePort } from './outside-port.ts'
import type { EventDetails, EventName } from '../events/catalog.ts'

/** What a job holds from its start to its end. Nothing else is locked across time. */
export interface Lock {
  /** Usually an entity kind; `run` and the like where a smaller thing is enough. */
  readonly kind: string
  readonly id: string
  readonly mode: 'shared' | 'exclusive'
}

/** Nobody else holds this entity while the job lives. */
export const exclusive = (kind: EntityKind | 'run' | (string & {}), id: string): Lock => ({
  kind,
  id,
  mode: 'exclusive',
})

/** Others may hold this entity too, but nobody exclusively. */
export const shared = (kind: EntityKind | 'run' | (string & {}), id: string): Lock => ({ kind, id, mode: 'shared' })

/** The transaction of one step. Clocks and ids of a job come from here, so that they are recorded with it. */
export interface JobTx {
  readonly sql: Sql
  readonly now: Date
  readonly jobId: JobId
  /** Who started the job; null for the engine itself. */
  readonly ownerId: string | null
  event(name: EventName, details: EventDetails): void
  /** See `Ctx.changed`: for `gone` call it before the delete. */
  changed(kind: EntityKind, id: string, options?: { gone?: boolean }): void
  /** An id made of the job, the step and the label: the same each time. */
  uuid(label: string): string
}

/** What came of `j.attempt`. */
export type Attempt<T> = { ok: true; value: T } | { ok: false; error: JobFailure }

/** The error of an attempt: what is kept of it in the record, so a resumed job sees the same. */
export interface JobFailure {
  kind: string
  code: string
  message: string
  detail?: unknown
}

/** How a host is asked. */
export interface HostOptions {
  /**
   * A host that is silent for longer (milliseconds) is given up: the step fails as unreachable, and nobody knows whether it was done. Only
   * for tasks that may as well be done by another host, whatever became of them here. Absent: until it answers or is fenced.
   */
  readonly patienceMs?: number
  /**
   * Who undoes the task when its host was fenced or removed, since what it changed outlives the host, as on shared storage. Asked until it
   * names a host; undefined: there is none at the moment, null: nothing is left to undo. The undo has to be one that may find nothing.
   */
  readonly elsewhere?: (sql: Sql) => Promise<Elsewhere | undefined | null>
}

/** An undo by another host than the one that did it. `turn` tells those on one host apart: another one is another task. */
export interface Elsewhere {
  hostId: string
  task: Task
  turn: number
}

/** How a host's work is undone: a task, or one made from the result; null when there is nothing to undo. */
export type HostUndo = Task | ((result: unknown) => Task | null)

/**
 * All that a job may touch the world with. Each effect is a named step, unique in its job, whose output is kept; a job
 * that is taken up again runs from the top and recorded steps answer at once. So the body must be deterministic: no clock,
 * no random ids, no SQL outside steps. Outputs are JSON: a Date comes back as text.
 */
export interface Job {
  readonly jobId: JobId
  /** Somebody asked for the end; the next step throws anyway, loops may look earlier. */
  readonly cancelled: boolean
  /**
   * `fn` and its record commit together: exactly once. The undo runs in a transaction of its own, also exactly once. With a lane `fn` waits
   * for its turn there before it has a connection.
   */
  tx<T>(
    name: string,
    fn: (tx: JobTx) => Promise<T>,
    undo?: (tx: JobTx, output: T) => Promise<void>,
    options?: { lane?: Lane },
  ): Promise<T>
  /**
   * A task on a host under an id made of job and step, so asking again is harmless. A silent host is asked again until it
   * answers or is fenced. Resolves with the task's result. The undo is another task; a host that was fenced needs none.
   */
  host<R = unknown>(
    name: string,
    hostId: string,
    task: Task | (() => Task),
    undo?: HostUndo,
    options?: HostOptions,
  ): Promise<R>
  /**
   * Something outside of engine and hosts' agents, such as a command on a machine that has no agent yet. At least once: an engine that dies
   * before it is recorded leaves it to be done again, so doing it twice must come to the same. It has no undo of its own.
   */
  effect<T>(name: string, fn: (outside: OutsidePort, signal: AbortSignal) => Promise<T>): Promise<T>
  /** Another job, whose locks this one lends it; waits for its end. Undone with this one, also when it had finished. */
  child<I, O>(name: string, job: JobDefinition<I, O>, input: I): Promise<O>
  /** Waits until a time; which one is recorded. */
  sleepUntil(name: string, until: Date | ((tx: JobTx) => Promise<Date>)): Promise<void>
  /** Runs `fn` with an undo stack of its own; on failure what it did is undone and the job goes on. Its steps are `name/…`. */
  attempt<T>(name: string, fn: (j: Job) => Promise<T>): Promise<Attempt<T>>
  /** From here nothing is undone and cancelling is too late: steps repeat until they succeed or a person decides. */
  pointOfNoReturn(): Promise<void>
  /** Shown to people while the job runs, percent. Not recorded as a step. */
  progress(percent: number): void
}

/** One kind of job; see {@link job}. */
export interface JobDefinition<I = unknown, O = unknown> {
  readonly kind: 'job'
  readonly name: string
  readonly version: number
  readonly input: z.ZodType<I>
  readonly locks: (input: I) => readonly Lock[]
  readonly describe: (input: I) => string
  readonly refs: (input: I) => readonly Ref[]
  readonly queueable: boolean
  readonly interruptedBy: readonly string[]
  readonly run: (j: Job, input: I) => Promise<O>
}

/** What {@link job} takes beside the body. */
export interface JobOptions<S extends z.ZodType> {
  /** `vm.start`. */
  name: string
  /** Raised when the body changes so that a job of the old one cannot be replayed; the old body stays for one release. */
  version: number
  input: S
  /** Entities held from start to end, computed from the input alone. */
  locks: (input: z.output<S>) => readonly Lock[]
  /** What people read in lists: "Starting VM web1". */
  describe: (input: z.output<S>) => string
  refs: (input: z.output<S>) => readonly Ref[]
  /** For jobs that reports and reconcilers start: waits for the holder instead of a conflict, once per kind and entity. */
  queueable?: boolean
  /** Kinds of jobs whose waiting for a lock of this one means that its work is void: its next host step throws `run.ended`. */
  interruptedBy?: readonly string[]
}

/** Defines a job: an operation that outlives its request. The body reads top to bottom, do next to undo. */
export function job<S extends z.ZodType, O>(
  options: JobOptions<S>,
  run: (j: Job, input: z.output<S>) => Promise<O>,
): JobDefinition<z.output<S>, O> {
  const { name, version, locks, describe, refs, queueable = false, interruptedBy = [] } = options
  const input = options.input as unknown as z.ZodType<z.output<S>>
  return { kind: 'job', name, version, input, locks, describe, refs, queueable, interruptedBy, run }
}
