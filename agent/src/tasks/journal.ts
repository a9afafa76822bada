import type { DatabaseSync } from 'node:sqlite'
import { conflict, type ErrorRecord, RookeryError } from '@rookery/model'
import { type HostInventory, TaskRequest, type TaskState, WireError } from '@rookery/protocol'
import { inTransaction } from '../state/database.ts'
import { admitEpoch } from '../state/host-state.ts'

/** Ids are kept this long after the engine acknowledged their end; requests of jobs older than that are refused. */
export const retentionMs = 7 * 24 * 3600 * 1000

/** A task that was accepted and whose end is not recorded. */
export interface Unfinished {
  readonly id: string
  readonly request: TaskRequest
  /** Somebody asked to cancel it. */
  readonly cancel: boolean
}

/** How a task ended, before it gets its place in the order of reports. */
export type Outcome =
  | { state: 'finished'; result: unknown }
  | { state: 'failed'; error: ErrorRecord }
  | { state: 'cancelled' }

/** The id was cancelled, or its job is too old: 410 on the wire. */
export class Gone extends RookeryError {
  constructor(code: 'task.cancelled' | 'task.expired', message: string) {
    super('conflict', code, message)
  }
}

/**
 * The memory of tasks. `accept` returns only after the request is on the disk; an end is recorded once and never changes. The body
 * is forgotten at the end (it may hold seeds and passwords), the outcome is kept for the engine.
 */
export class Journal {
  readonly #db: DatabaseSync
  readonly #now: () => number

  constructor(db: DatabaseSync, now: () => number = Date.now) {
    this.#db = db
    this.#now = now
  }

  /**
   * Records a request. False: the id is known, nothing changed. Throws `Gone` for a cancelled id and for an unknown one of an old job,
   * `conflict` for a stale SPM epoch (nothing is recorded then: the same id may be asked again and gets the same answer).
   */
  accept(id: string, request: TaskRequest): boolean {
    return inTransaction(this.#db, () => {
      const row = this.#db.prepare('select state, cancel from task where id = ?').get(id)
      if (row?.state === 'cancelled' || row?.cancel === 1)
        throw new Gone('task.cancelled', `Task ${id} was cancelled and is not done again.`)
      if (row !== undefined) return false
      if (request.jobCreatedAt < this.#now() - retentionMs)
        throw new Gone('task.expired', `Task ${id} belongs to a job of more than 7 days ago; start a new job.`)
      if ('spm' in request.task) admitEpoch(this.#db, request.task.spm)
      this.#db
        .prepare(
          `insert into task (id, ord, kind, state, request, job_created_at)
           select ?, coalesce(max(ord), 0) + 1, ?, 'running', ?, ? from task`,
        )
        .run(id, request.task.kind, JSON.stringify(request), request.jobCreatedAt)
      return true
    })
  }

  /** Records the end of a running task; the first end stays. */
  end(id: string, outcome: Outcome, order: { incarnation: number; seq: number }): void {
    const body =
      outcome.state === 'finished' ? (outcome.result ?? null) : outcome.state === 'failed' ? outcome.error : null
    this.#db
      .prepare(
        `update task set state = ?, outcome = ?, incarnation = ?, seq = ?, ended_at = ?, request = null
          where id = ? and state = 'running'`,
      )
      .run(outcome.state, JSON.stringify(body), order.incarnation, order.seq, this.#now(), id)
  }

  /**
   * Records that the task is not wanted. Unknown: leaves a tombstone. Running: marked, so that a restart does not do it again. Ended:
   * nothing changes. Returns how it stands then.
   */
  cancel(id: string): TaskState {
    inTransaction(this.#db, () => {
      this.#db
        .prepare(
          `insert into task (id, ord, state, job_created_at, ended_at, acknowledged_at)
           select ?, coalesce(max(ord), 0) + 1, 'cancelled', ?, ?, ? from task where true
           on conflict (id) do update set cancel = 1 where state = 'running'`,
        )
        .run(id, this.#now(), this.#now(), this.#now())
    })
    const state = this.state(id)
    if (state === null) throw conflict('task.unknown', `Task ${id} vanished while it was cancelled.`)
    return state
  }

  /** How a task stands; null for an id never seen. */
  state(id: string): TaskState | null {
    const row = this.#db.prepare('select * from task where id = ?').get(id)
    if (row === undefined) return null
    const order = { incarnation: Number(row.incarnation ?? 0), seq: Number(row.seq ?? 0) }
    const outcome: unknown = typeof row.outcome === 'string' ? JSON.parse(row.outcome) : null
    if (row.state === 'finished') return { id, state: 'finished', result: outcome, ...order }
    if (row.state === 'failed') return { id, state: 'failed', error: WireError.parse(outcome), ...order }
    if (row.state === 'cancelled') return { id, state: 'cancelled' }
    return { id, state: 'running', progress: null }
  }

  /** Everything accepted whose end is not recorded, in the order of acceptance. */
  unfinished(): Unfinished[] {
    return this.#db
      .prepare(`select id, request, cancel from task where state = 'running' order by ord`)
      .all()
      .map(row => ({
        id: String(row.id),
        request: TaskRequest.parse(JSON.parse(String(row.request))),
        cancel: row.cancel === 1,
      }))
  }

  /** The engine has recorded these ends: the 7 days begin. Running and unknown ids are passed over. */
  acknowledge(ids: readonly string[]): void {
    const statement = this.#db.prepare(
      `update task set acknowledged_at = ? where id = ? and state <> 'running' and acknowledged_at is null`,
    )
    inTransaction(this.#db, () => {
      for (const id of ids) statement.run(this.#now(), id)
    })
  }

  /** What is not over: running tasks, ends that no engine has acknowledged, and acknowledged ones without an end, which must not be. */
  unsettled(): HostInventory['tasks'] {
    const rows = this.#db
      .prepare(
        `select id, kind, state, ended_at, acknowledged_at from task where state = 'running' or acknowledged_at is null`,
      )
      .all()
      .map(
        row =>
          ({ ...row, id: String(row.id), kind: String(row.kind) }) as Record<string, unknown> & {
            id: string
            kind: string
          },
      )
    const short = ({ id, kind }: { id: string; kind: string }) => ({ id, kind })
    const running = rows.filter(row => row.state === 'running')
    return {
      running: running.filter(row => row.acknowledged_at === null).map(short),
      unacknowledged: rows
        .filter(row => row.state !== 'running')
        .map(row => ({ ...short(row), endedAt: Number(row.ended_at ?? 0) })),
      acknowledgedRunning: running.filter(row => row.acknowledged_at !== null).map(short),
    }
  }

  /** Forgets ids that were acknowledged more than 7 days ago. */
  prune(): void {
    this.#db.prepare('delete from task where acknowledged_at < ?').run(this.#now() - retentionMs)
  }
}
