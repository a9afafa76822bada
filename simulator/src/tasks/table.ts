import { conflict, type ErrorRecord, RookeryError, toErrorRecord } from '@rookery/model'
import type { HostInventory, Task, TaskRequest, TaskState } from '@rookery/protocol'
import type { Cancel } from '../clock.ts'
import type { SimHost } from '../host.ts'
import { planOf } from './plans.ts'

/** Ids are kept so long after the engine acknowledged them; jobs older than that get no new task. */
export const keptMs = 7 * 24 * 3600 * 1000

/** How a task is pretended: what is seen at once, what is there after a while, and how it is taken back. */
export interface Plan {
  /** Shortest and longest time it takes, milliseconds. */
  readonly ms: readonly [number, number]
  /** Checks, and what is visible while it runs. Its errors are the task's. */
  begin?(): void
  /** Called when a quarter, a half and three quarters of the time are over. */
  during?(part: number): void
  /** The effect, all at once at the end; returns the result, or a promise where the machine must be asked. */
  effect(): unknown
  /** Takes back what `begin` did, when the task is cancelled or its effect fails. */
  undo?(): void
}

/** A task that runs. */
interface Running {
  plan: Plan | undefined
  startedAt: number
  ms: number
  cancel: Cancel
}

/** What is journalled of a task; the request only while it runs. */
export interface TaskRecord {
  /** Empty for an id that was cancelled before it was seen. */
  kind: string
  state: TaskState
  /** Epoch milliseconds; null while it runs. */
  endedAt: number | null
  request: TaskRequest | null
  /** Epoch milliseconds; null while the engine has not acknowledged it. */
  acknowledgedAt: number | null
}

/**
 * The tasks of one host: the same id is the same task, a cancelled id stays closed, an end never changes. Running tasks of
 * a dead agent are done again from the start when it is back, as real agents do.
 */
export class TaskTable {
  readonly #host: SimHost
  readonly #records = new Map<string, TaskRecord>()
  readonly #running = new Map<string, Running>()
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(host: SimHost) {
    this.#host = host
  }

  /** Takes a request: the state of the task under this id, started if it is new. */
  put(id: string, request: TaskRequest): TaskState {
    const known = this.#records.get(id)
    if (known?.state.state === 'cancelled') throw new Gone(`Task ${id} was cancelled and is not done again.`)
    if (known !== undefined) return this.#stand(id, known.state)
    const { fleet } = this.#host
    if (request.jobCreatedAt < fleet.clock.now() - keptMs)
      throw new Gone(`Task ${id} belongs to a job of more than 7 days ago; start a new job.`)
    if ('spm' in request.task) this.#host.admitEpoch(request.task.spm)
    this.#prune()
    this.#record(id, {
      kind: request.task.kind,
      state: { id, state: 'running', progress: null },
      endedAt: null,
      request,
      acknowledgedAt: null,
    })
    this.#start(id, request.task)
    return this.get(id)
  }

  /** How a task stands. Throws `notFound` for an unknown id. */
  get(id: string): TaskState {
    const record = this.#records.get(id)
    if (record === undefined)
      throw new RookeryError('notFound', 'task.unknown', `This host knows no task ${id}.`, {
        ref: { kind: 'task', id },
      })
    return this.#stand(id, record.state)
  }

  /** Calls back once, when the task has ended; the function returned ends the waiting. */
  onEnd(id: string, callback: () => void): () => void {
    if (!this.#running.has(id)) {
      callback()
      return () => {}
    }
    const waiting = this.#waiting.get(id) ?? new Set()
    this.#waiting.set(id, waiting.add(callback))
    return () => {
      waiting.delete(callback)
      if (waiting.size === 0) this.#waiting.delete(id)
    }
  }

  /** Cancels a running task and closes the id, also an unknown one. An end that was reached stays. */
  cancel(id: string): TaskState {
    const record = this.#records.get(id)
    const running = this.#running.get(id)
    if (running !== undefined) {
      running.cancel()
      running.plan?.undo?.()
      this.#end(id, { id, state: 'cancelled' })
    } else if (record === undefined) {
      const now = this.#host.fleet.clock.now()
      this.#record(id, {
        kind: '',
        state: { id, state: 'cancelled' },
        endedAt: now,
        request: null,
        acknowledgedAt: now,
      })
    }
    return this.get(id)
  }

  /** The engine has recorded these ends. */
  acknowledge(ids: readonly string[]): void {
    const now = this.#host.fleet.clock.now()
    for (const id of ids) {
      const record = this.#records.get(id)
      if (record !== undefined && record.acknowledgedAt === null && record.state.state !== 'running')
        this.#record(id, { ...record, acknowledgedAt: now })
    }
  }

  /** What is not over. */
  unsettled(): HostInventory['tasks'] {
    const records = [...this.#records].filter(([, r]) => r.state.state === 'running' || r.acknowledgedAt === null)
    const running = records.filter(([, { state }]) => state.state === 'running')
    const short = ([id, { kind }]: [string, TaskRecord]) => ({ id, kind })
    return {
      running: running.filter(([, { acknowledgedAt }]) => acknowledgedAt === null).map(short),
      unacknowledged: records
        .filter(([, { state }]) => state.state !== 'running')
        .map(record => ({ ...short(record), endedAt: record[1].endedAt ?? 0 })),
      acknowledgedRunning: running.filter(([, { acknowledgedAt }]) => acknowledgedAt !== null).map(short),
    }
  }

  /** The agent dies: nothing goes on, and nobody is told. */
  halt(): void {
    for (const running of this.#running.values()) running.cancel()
    this.#running.clear()
    this.#waiting.clear()
  }

  /** The agent is back: what was not ended is done again. */
  resume(): void {
    for (const [id, { state, request }] of this.#records)
      if (state.state === 'running' && request !== null && !this.#running.has(id)) this.#start(id, request.task)
  }

  /** Puts a task back that the last process left. */
  restore(id: string, record: TaskRecord): void {
    this.#records.set(id, record)
  }

  #start(id: string, task: Task): void {
    const { fleet, faults } = this.#host
    const startedAt = fleet.clock.now()
    const wait = (plan: Plan | undefined, ms: number, end: () => void) => {
      const stop = [fleet.clock.after(ms, end)]
      // A long task shows that it moves.
      for (const part of [0.25, 0.5, 0.75])
        if (ms > 1000 || plan?.during !== undefined)
          stop.push(
            fleet.clock.after(ms * part, () => {
              plan?.during?.(part)
              if (ms > 1000) this.#moved(id)
            }),
          )
      this.#running.set(id, { plan, startedAt, ms, cancel: () => stop.forEach(cancel => cancel()) })
      this.#host.tell({ type: 'task', id, state: 'running', progress: null })
    }
    const fault = faults.take('fail-task', task.kind)
    if (fault !== undefined) {
      const error = fault.error ?? {
        kind: 'internal' as const,
        code: 'simulator.fault',
        message: 'This task was made to fail.',
      }
      return wait(undefined, fleet.lasts([20, 200], id), () => this.#fail(id, error))
    }
    try {
      const plan = planOf(this.#host, task)
      plan.begin?.()
      wait(plan, fleet.lasts(plan.ms, id), () => {
        const done = (result: unknown) =>
          this.#end(id, { id, state: 'finished', result: result ?? null, ...this.#host.next() })
        const failed = (error: unknown) => {
          plan.undo?.()
          this.#fail(id, this.#wire(error, task))
        }
        try {
          const result: unknown = plan.effect()
          if (!(result instanceof Promise)) return done(result)
          // Cancelled, or the agent dead, in the meantime: the end is not ours to tell.
          const mine = this.#running.get(id)
          const ifMine = (end: (value: unknown) => void) => (value: unknown) => {
            if (this.#running.get(id) === mine) end(value)
          }
          result.then(ifMine(done), ifMine(failed))
        } catch (error) {
          failed(error)
        }
      })
    } catch (error) {
      const wire = this.#wire(error, task)
      wait(undefined, fleet.lasts([5, 30], id), () => this.#fail(id, wire))
    }
  }

  #fail(id: string, error: ErrorRecord): void {
    this.#end(id, { id, state: 'failed', error, ...this.#host.next() })
  }

  #wire(error: unknown, task: Task): ErrorRecord {
    if (!(error instanceof RookeryError))
      this.#host.fleet.log.error({ err: error, host: this.#host.index, kind: task.kind }, 'a pretended task broke')
    return toErrorRecord(error)
  }

  #moved(id: string): void {
    const state = this.#records.get(id)?.state
    const now = state === undefined ? undefined : this.#stand(id, state)
    if (now?.state === 'running') this.#host.tell({ type: 'task', id, state: 'running', progress: now.progress })
  }

  #end(id: string, state: TaskState): void {
    this.#running.delete(id)
    const endedAt = this.#host.fleet.clock.now()
    const kind = this.#records.get(id)?.kind ?? ''
    this.#record(id, {
      kind,
      state,
      endedAt,
      request: null,
      acknowledgedAt: state.state === 'cancelled' ? endedAt : null,
    })
    this.#host.tell({ type: 'task', id, state: state.state, progress: null })
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    for (const callback of waiting ?? []) callback()
  }

  #stand(id: string, state: TaskState): TaskState {
    const running = this.#running.get(id)
    if (state.state !== 'running' || running === undefined) return state
    const passed = (this.#host.fleet.clock.now() - running.startedAt) / running.ms
    return { ...state, progress: Math.max(0, Math.min(99, Math.round(passed * 100))) }
  }

  #record(id: string, record: TaskRecord): void {
    this.#records.set(id, record)
    this.#host.fleet.journal.put(`host/${this.#host.index}/task/${id}`, record)
  }

  /** Forgets, from the oldest on, what was acknowledged long ago; stops at the first that must be kept. */
  #prune(): void {
    const before = this.#host.fleet.clock.now() - keptMs
    for (const [id, { acknowledgedAt }] of this.#records) {
      if (acknowledgedAt === null || acknowledgedAt >= before) return
      this.#records.delete(id)
      this.#host.fleet.journal.delete(`host/${this.#host.index}/task/${id}`)
    }
  }
}

/** The id is closed for good: 410 on the wire. */
export class Gone extends RookeryError {
  constructor(message: string) {
    super('conflict', 'task.gone', message)
  }
}

/** Refuses when a condition does not hold. */
export function demand(holds: boolean, code: string, message: string): asserts holds {
  if (!holds) throw conflict(code, message)
}
