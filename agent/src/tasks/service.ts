import { toErrorRecord } from '@rookery/model'
import type { HostInventory, Task, TaskKind, TaskRequest, TaskState } from '@rookery/protocol'
import type { Logger } from 'pino'
import { durably } from '../state/database.ts'
import type { WatchHub } from '../watch/hub.ts'
import { claimOf } from './claims.ts'
import type { Journal, Outcome } from './journal.ts'
import { KeyedQueue } from './queue.ts'
import type { Handler, Handlers } from './registry.ts'

interface Active {
  readonly kind: TaskKind
  readonly abort: AbortController
  readonly done: Promise<void>
  progress: number | null
}

const pruneEveryMs = 3600_000
const endRetryMs = 500

/**
 * Takes tasks, does them, remembers their ends. An agent that is killed does its unfinished tasks again from the start: handlers are
 * idempotent by effect. A graceful stop leaves running tasks unfinished for the same reason.
 */
export class TaskService {
  readonly #journal: Journal
  readonly #handlers: Handlers
  readonly #hub: WatchHub
  readonly #log: Logger
  readonly #before: () => Promise<void>
  readonly #queue = new KeyedQueue()
  readonly #active = new Map<string, Active>()
  #stopping = false
  #prunedAt = performance.now()

  /** `before`: what every task waits for; it never fails. */
  constructor(parts: {
    journal: Journal
    handlers: Handlers
    hub: WatchHub
    log: Logger
    before?: () => Promise<void>
  }) {
    this.#journal = parts.journal
    this.#handlers = parts.handlers
    this.#hub = parts.hub
    this.#log = parts.log
    this.#before = parts.before ?? (async () => {})
  }

  /** Takes up what the last process left. */
  resume(): void {
    this.#journal.prune()
    for (const { id, request, cancel } of this.#journal.unfinished()) this.#start(id, request.task, cancel)
  }

  /** Does something while no task does that goes through these mailboxes. */
  inTurn<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    return this.#queue.run({ waits: keys, holds: keys }, work)
  }

  /** `PUT`: the request is on the disk when this returns. */
  put(id: string, request: TaskRequest): TaskState {
    if (durably(() => this.#journal.accept(id, request))) this.#start(id, request.task)
    return this.#stand(id) ?? { id, state: 'running', progress: null }
  }

  /** `GET`: as soon as the task is not running, or after `waitMs`; null for an unknown id. */
  async get(id: string, waitMs: number, signal?: AbortSignal): Promise<TaskState | null> {
    const active = this.#active.get(id)
    if (active !== undefined && waitMs > 0) await settledWithin(active.done, waitMs, signal)
    return this.#stand(id)
  }

  /** `DELETE`: asks a running task to stop and waits a while for it; its end says whether it could. */
  async cancel(id: string, waitMs = 20_000): Promise<TaskState> {
    const state = durably(() => this.#journal.cancel(id))
    const active = this.#active.get(id)
    if (active === undefined) return state
    active.abort.abort()
    await settledWithin(active.done, waitMs)
    return this.#stand(id) ?? state
  }

  /** The engine recorded these ends. */
  acknowledge(ids: readonly string[]): void {
    durably(() => this.#journal.acknowledge(ids))
    if (performance.now() - this.#prunedAt < pruneEveryMs) return
    this.#prunedAt = performance.now()
    this.#journal.prune()
  }

  /**
   * No new ends are recorded from here. What runs is not aborted, because aborting takes back what was done: it is left as it is, as by a
   * kill, and the next process takes it up.
   */
  stop(): void {
    this.#stopping = true
  }

  /** What is not over, by the journal. */
  unsettled(): HostInventory['tasks'] {
    return this.#journal.unsettled()
  }

  /** Kinds of the tasks that are at work or wait for their turn. */
  unfinished(): TaskKind[] {
    return [...this.#active.values()].map(active => active.kind)
  }

  #stand(id: string): TaskState | null {
    const state = this.#journal.state(id)
    if (state?.state !== 'running') return state
    return { ...state, progress: this.#active.get(id)?.progress ?? null }
  }

  /**
   * `cancelled`: somebody cancelled it and the agent was killed before it had taken back what it did. So it is done once more with a signal
   * that is aborted already: the handler takes back what is half done, or finds its effect whole, which the engine then undoes.
   */
  #start(id: string, task: Task, cancelled = false): void {
    const abort = new AbortController()
    if (cancelled) abort.abort()
    const log = this.#log.child({ task: id, kind: task.kind })
    const done = this.#queue.run(claimOf(task), async () => {
      await this.#before()
      if (abort.signal.aborted && !cancelled) return this.#end(id, { state: 'cancelled' })
      const began = performance.now()
      try {
        const result = await this.#handle(task, {
          signal: abort.signal,
          log,
          progress: percent => this.#progress(id, percent),
        })
        log.info({ ms: Math.round(performance.now() - began) }, 'task finished')
        await this.#end(id, { state: 'finished', result })
      } catch (error) {
        if (abort.signal.aborted) {
          log.info('task cancelled')
          return this.#end(id, { state: 'cancelled' })
        }
        log.warn({ err: error }, 'task failed')
        await this.#end(id, { state: 'failed', error: toErrorRecord(error) })
      }
    })
    this.#active.set(id, { kind: task.kind, abort, done, progress: null })
    this.#hub.task({ id, state: 'running', progress: null })
    void done.catch(error => log.fatal({ err: error }, 'the end of a task could not be recorded'))
  }

  #handle<K extends TaskKind>(task: Extract<Task, { kind: K }>, ctx: Parameters<Handler<K>>[1]): Promise<unknown> {
    const handler: Handler<K> = this.#handlers[task.kind as K]
    return handler(task as Parameters<Handler<K>>[0], ctx)
  }

  #progress(id: string, percent: number): void {
    const active = this.#active.get(id)
    if (active === undefined) return
    const rounded = Math.max(0, Math.min(100, Math.round(percent)))
    if (active.progress === rounded) return
    active.progress = rounded
    this.#hub.task({ id, state: 'running', progress: rounded })
  }

  /** Records an end, as often as it takes: a disk that is full has space again one day, and till then nobody may take it for unended. */
  async #end(id: string, outcome: Outcome): Promise<void> {
    for (;;) {
      // What a stopping agent's handlers meet, closed connections and all, is no end.
      if (this.#stopping) break
      try {
        this.#journal.end(id, outcome, this.#hub.next())
        break
      } catch (error) {
        this.#log.error({ err: error, task: id }, 'the end of a task cannot be written down; it is tried again')
        await new Promise(resolve => setTimeout(resolve, endRetryMs))
      }
    }
    this.#active.delete(id)
    if (!this.#stopping) this.#hub.task({ id, state: outcome.state, progress: null })
  }
}

async function settledWithin(done: Promise<void>, ms: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const time = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.race([done.catch(() => {}), time])
  clearTimeout(timer)
}
