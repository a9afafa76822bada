import { internal } from '@rookery/model'
import { Scope } from '../core/scope.ts'
import type { Logger } from '../core/log.ts'
import { observed } from '../core/observe.ts'
import type { Db, Lane } from '../db/index.ts'
import { Frame, type UndoEntry } from './frame.ts'
import type { HostPort } from './host-port.ts'
import type { OutsidePort } from './outside-port.ts'
import type { JobHooks } from './hooks.ts'
import { stableUuid } from './ids.ts'
import type { Attempt, Job, JobDefinition, JobTx } from './job.ts'
import { childStep } from './child-step.ts'
import { hostStep } from './host-step.ts'
import { asSignal, Cancelled, errorOf, failureOf, Lost, PutDown, Signal, Stuck, Unwinding } from './signals.ts'
import { endStep, fence, type JobRow, recordUndo, type StepKind, type StepRow, steps } from './store.ts'
import { finish, markStuck, turnBack } from './outcome.ts'

// Definitions have different inputs; each meets only its own.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyJob = JobDefinition<any, any>

/** What a run needs of its engine. */
export interface RunDeps {
  db: Db
  /** Row of this process in `engine`: what fences. */
  instanceId: string
  hostPort: HostPort
  outside: OutsidePort
  hooks: JobHooks | undefined
  log: Logger
  /** Resolves when the job has ended, with its row. */
  waitForEnd(jobId: string, signal: AbortSignal): Promise<JobRow>
}

/** A step to be taken; see {@link JobRun.step}. */
export interface StepPlan {
  name: string
  kind: StepKind
  frame: Frame
  /** Does and records it. `begun` is the record of a step that an earlier run began. */
  take(full: string, begun: StepRow | undefined): Promise<StepRow>
  /** Makes the way back for an effect that is recorded, or that was begun and never seen to end. */
  undo?: ((record: StepRow) => () => Promise<void>) | undefined
}

/** One taking-up of a job by this engine, from the top of its body to its end or until it is put down. */
export class JobRun {
  readonly row: JobRow
  readonly definition: AnyJob
  readonly deps: RunDeps
  readonly log: Logger
  readonly #root = new Frame('')
  readonly #down = new AbortController()
  #records = new Map<string, StepRow>()
  readonly #met = new Set<string>()
  #position = 0
  #cancelled: boolean
  #noReturn: boolean
  /** Undoing: steps without a record are not taken any more. */
  readonly #back: boolean

  constructor(row: JobRow, definition: AnyJob, deps: RunDeps) {
    this.row = row
    this.definition = definition
    this.deps = deps
    this.log = deps.log.child({ job: row.id, jobKind: row.kind })
    this.#cancelled = row.cancel
    this.#noReturn = row.noReturn
    this.#back = row.status === 'undoing'
  }

  get noReturn(): boolean {
    return this.#noReturn
  }

  /** Somebody asked for the end; waits on hosts stop at once. */
  cancel(): void {
    this.#cancelled = true
    if (!this.#noReturn && !this.#back) this.#root.close(new Cancelled('the job was cancelled'))
  }

  /** Stops working on it without changing anything. */
  putDown(): void {
    this.#down.abort(new PutDown())
    this.#root.close(new PutDown())
  }

  /** Aborts when this engine must stop working on it; ways back listen to this one alone. */
  get down(): AbortSignal {
    return this.#down.signal
  }

  /** Runs the body to whatever end; the job's row says which. Resolves false when it was put down or lost. */
  async execute(): Promise<boolean> {
    try {
      this.#records = new Map((await steps(this.deps.db.sql, this.row.id)).map(step => [step.name, step]))
      this.#position = Math.max(0, ...[...this.#records.values()].map(step => step.position))
      await this.#body()
      return true
    } catch (thrown) {
      const error = asSignal(thrown)
      if (error instanceof Stuck) {
        this.log.error({ err: error.cause, step: error.step, reason: error.reason }, 'job is stuck')
        return markStuck(this, error, this.#back ? 'undo' : 'forward')
      }
      if (error instanceof PutDown || error instanceof Lost) return false
      this.log.error({ err: error }, 'job could not be run')
      return false
    }
  }

  async #body(): Promise<void> {
    if (this.#cancelled && !this.#noReturn && !this.#back) this.#root.close(new Cancelled('the job was cancelled'))
    const parsed = this.definition.input.safeParse(this.row.input)
    if (!parsed.success)
      throw new Stuck(failureOf(internal('job.input', 'The input of this job does not fit this release.')))
    let result: unknown
    try {
      result = await this.definition.run(this.#facade(this.#root), parsed.data)
    } catch (thrown) {
      await this.#fail(asSignal(thrown))
      return
    }
    await this.#root.settle()
    this.#mustHaveMetAll()
    // A finished child whose parent unwinds is run once more, only to be undone.
    if (this.#back) return this.#fail(new Unwinding('it has to be undone'))
    await finish(this, 'finished', { result: plain(result) })
  }

  async #fail(error: unknown): Promise<void> {
    // The closing reason wins: a branch that fails because another one was told to stop tells less.
    this.#root.close(error instanceof Signal ? error : undefined)
    await this.#root.settle()
    const reason = this.#root.signal.reason
    for (const each of [error, reason, this.down.reason])
      if (each instanceof PutDown || each instanceof Lost || each instanceof Stuck) throw each
    const cancelled = error instanceof Cancelled || reason instanceof Cancelled
    this.#mustHaveMetAll()
    const failure = failureOf(error)
    if (this.#noReturn && !this.#back) throw new Stuck(failure, undefined, error)
    if (!this.#back) {
      if (!cancelled) this.log.warn({ err: error, failure }, 'job fails and is undone')
      await turnBack(this, cancelled ? cancelledFailure : failure)
    }
    await this.unwind(this.#root)
    const was = this.row.error ?? (cancelled ? cancelledFailure : failure)
    await finish(this, was.code === cancelledFailure.code ? 'cancelled' : 'failed', { error: was })
  }

  /** Takes back what a frame did. A way back that fails is recorded, and the job is stuck. */
  async unwind(frame: Frame): Promise<void> {
    for (const entry of frame.inUndoOrder()) {
      const record = this.#records.get(entry.step)
      if (record?.undoStatus === 'finished') continue
      try {
        await entry.run()
        if (record !== undefined) record.undoStatus = 'finished'
      } catch (thrown) {
        const error = asSignal(thrown)
        if (error instanceof Signal) throw error
        const failure = failureOf(error)
        await this.transaction(scope => recordUndo(scope.tx.sql, this.row.id, entry.step, failure))
        throw new Stuck(failure, entry.step, error)
      }
    }
    frame.stack.length = 0
  }

  /** A transaction in which this engine is known to own the job. */
  transaction<T>(work: (scope: Scope) => Promise<T>, lane?: Lane): Promise<T> {
    const { db, instanceId } = this.deps
    return db
      .transaction(async tx => {
        const own = await fence(tx.sql, this.row.id, instanceId)
        if (own === undefined) throw new Lost('another engine has the job')
        if (own.cancel && !this.#cancelled) this.cancel()
        const scope = new Scope(tx, {
          actor: actorOf(this.row),
          correlationId: this.row.correlationId,
          jobId: this.row.id,
        })
        const result = await work(scope)
        await scope.flush()
        return result
      }, lane)
      .catch((error: unknown) => {
        throw asSignal(error)
      })
  }

  /** Tells the test, if one listens. */
  async at(step: string, when: 'before-effect' | 'after-effect' | 'after-record' | 'during-undo'): Promise<void> {
    await this.deps.hooks?.at?.({ jobKind: this.row.kind, step, when })
  }

  /** The error that a test wants in place of this step's effect. */
  injected(step: string): unknown {
    return this.deps.hooks?.fail?.(this.row.kind, step)
  }

  nextPosition(): number {
    return ++this.#position
  }

  /** Takes a step, or answers from its record, and puts its undo on the frame's stack. */
  step(plan: StepPlan): Promise<StepRow> {
    const { frame, kind } = plan
    const full = frame.prefix + plan.name
    frame.noteCall()
    if (this.#met.has(full))
      return Promise.reject(new Stuck(failureOf(internal('job.step_twice', `Two steps are named "${full}".`)), full))
    this.#met.add(full)
    const record = this.#records.get(full)
    if (record !== undefined && record.kind !== kind)
      return Promise.reject(new Stuck(cannotPlace(`step "${full}" was ${record.kind} and is ${kind}`), full))
    if (record?.status === 'finished') {
      this.#push(plan, full, record)
      return Promise.resolve(record)
    }
    if (record?.status === 'failed' && record.error !== null) return Promise.reject(errorOf(record.error))
    if (this.#back) {
      if (record !== undefined) this.#push(plan, full, record)
      return Promise.reject(new Unwinding('undoing'))
    }
    if (frame.signal.aborted) {
      if (record !== undefined) this.#push(plan, full, record)
      return Promise.reject(frame.signal.reason)
    }
    return frame.track(this.#take(plan, full, record))
  }

  async #take(plan: StepPlan, full: string, begun: StepRow | undefined): Promise<StepRow> {
    const end = observed('step', this.row.kind)
    try {
      const record = await plan.take(full, begun)
      this.#records.set(full, record)
      this.#push(plan, full, record)
      end()
      return record
    } catch (thrown) {
      const error = asSignal(thrown)
      // Begun and not seen to end: the way back starts with cancelling it.
      const open = this.#records.get(full)
      if (error instanceof Signal && open?.status === 'running') this.#push(plan, full, open)
      end(error)
      throw error
    }
  }

  /** Remembers a record that a step wrote on its way. */
  remember(record: StepRow): void {
    this.#records.set(record.name, record)
  }

  #push(plan: StepPlan, full: string, record: StepRow): void {
    if (plan.undo === undefined) return
    const entry: UndoEntry = { step: full, endedAt: record.endedAt, position: record.position, run: plan.undo(record) }
    plan.frame.stack.push(entry)
  }

  /** Records that a step failed, so a resumed job sees the same, and gives the error to throw. */
  async recordFailure(full: string, kind: StepKind, position: number, error: unknown): Promise<Error> {
    if (error instanceof Signal) return error
    const failure = failureOf(error)
    if (failure.kind === 'internal') this.log.error({ err: error, step: full }, 'step failed unexpectedly')
    const step = { jobId: this.row.id, name: full, kind, position, status: 'failed' as const, error: failure }
    this.remember(await this.transaction(scope => endStep(scope.tx.sql, step, false)))
    return errorOf(failure, error)
  }

  jobTx(scope: Scope, step: string): JobTx {
    return {
      sql: scope.tx.sql,
      now: new Date(),
      jobId: this.row.id,
      ownerId: this.row.ownerId,
      event: (name, details) => scope.event(name, details),
      changed: (kind, id, options) => scope.changed(kind, id, options),
      uuid: label => stableUuid(this.row.id, step, label),
    }
  }

  #facade(frame: Frame): Job {
    const isCancelled = () => this.#cancelled && !this.#noReturn
    return {
      jobId: this.row.id,
      get cancelled() {
        return isCancelled()
      },
      tx: (name, fn, undo, options) => this.#tx(frame, name, fn, undo, options?.lane),
      host: async <R>(
        name: string,
        hostId: string,
        task: Parameters<Job['host']>[2],
        undo?: Parameters<Job['host']>[3],
        options?: Parameters<Job['host']>[4],
      ) => (await hostStep(this, frame, { name, hostId, task, undo, options })).output as R,
      effect: (name, fn) => this.#effect(frame, name, fn),
      child: async <I, O>(name: string, definition: JobDefinition<I, O>, input: I) =>
        (await childStep(this, frame, name, definition, input)).output as O,
      sleepUntil: (name, until) => this.#sleep(frame, name, until),
      attempt: (name, fn) => frame.track(this.#attempt(frame, name, fn)),
      pointOfNoReturn: () => this.#pointOfNoReturn(),
      progress: percent => this.#progress(percent),
    }
  }

  async #tx<T>(
    frame: Frame,
    name: string,
    fn: (tx: JobTx) => Promise<T>,
    undo?: (tx: JobTx, output: T) => Promise<void>,
    lane?: Lane,
  ): Promise<T> {
    const position = this.nextPosition()
    const record = await this.step({
      frame,
      name,
      kind: 'tx',
      take: async full => {
        await this.at(full, 'before-effect')
        const once = () =>
          this.transaction(async scope => {
            const fault = this.injected(full)
            if (fault !== undefined) throw fault
            const output = plain(await fn(this.jobTx(scope, full)))
            const step = {
              jobId: this.row.id,
              name: full,
              kind: 'tx' as const,
              position,
              status: 'finished' as const,
              output,
            }
            const written = await endStep(scope.tx.sql, step, undo !== undefined)
            scope.changed('job', this.row.id)
            await this.at(full, 'after-effect')
            return written
          }, lane)
        let written: StepRow
        try {
          written = await once()
        } catch (error) {
          // After the point of no return a failed step is not recorded: a person may retry it.
          if (this.#noReturn && !frame.attempt && !(error instanceof Signal))
            throw new Stuck(failureOf(error), full, error)
          throw await this.recordFailure(full, 'tx', position, error)
        }
        await this.at(full, 'after-record')
        return written
      },
      undo:
        undo === undefined
          ? undefined
          : done => () =>
              this.transaction(async scope => {
                await undo(this.jobTx(scope, `${done.name} undo`), done.output as T)
                await recordUndo(scope.tx.sql, this.row.id, done.name)
                await this.at(done.name, 'during-undo')
              }),
    })
    return record.output as T
  }

  async #effect<T>(
    frame: Frame,
    name: string,
    fn: (outside: OutsidePort, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const position = this.nextPosition()
    const record = await this.step({
      frame,
      name,
      kind: 'effect',
      take: async full => {
        let output: unknown
        try {
          await this.at(full, 'before-effect')
          const fault = this.injected(full)
          if (fault !== undefined) throw fault
          output = plain(await fn(this.deps.outside, frame.signal))
        } catch (error) {
          if (frame.signal.aborted) throw frame.signal.reason
          if (this.#noReturn && !frame.attempt && !(error instanceof Signal))
            throw new Stuck(failureOf(error), full, error)
          throw await this.recordFailure(full, 'effect', position, error)
        }
        await this.at(full, 'after-effect')
        const step = {
          jobId: this.row.id,
          name: full,
          kind: 'effect' as const,
          position,
          status: 'finished' as const,
          output,
        }
        const written = await this.transaction(async scope => {
          scope.changed('job', this.row.id)
          return endStep(scope.tx.sql, step, false)
        })
        await this.at(full, 'after-record')
        return written
      },
    })
    return record.output as T
  }

  async #sleep(frame: Frame, name: string, until: Date | ((tx: JobTx) => Promise<Date>)): Promise<void> {
    const text = await this.#tx(frame, name, async tx =>
      (typeof until === 'function' ? await until(tx) : until).toISOString(),
    )
    if (this.#back) return
    const wait = this.#until(new Date(text), frame.signal)
    await frame.track(wait)
  }

  #until(date: Date, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const stop = () => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const tick = () => {
        const left = date.getTime() - Date.now()
        if (left > 0) {
          timer = setTimeout(tick, Math.min(left, 3_600_000)) // timers overflow beyond 24 days
          return
        }
        signal.removeEventListener('abort', stop)
        resolve()
      }
      if (signal.aborted) return stop()
      signal.addEventListener('abort', stop, { once: true })
      tick()
    })
  }

  async #attempt<T>(parent: Frame, name: string, fn: (j: Job) => Promise<T>): Promise<Attempt<T>> {
    const frame = new Frame(`${parent.prefix}${name}/`, parent)
    try {
      const value = await fn(this.#facade(frame))
      await frame.settle()
      parent.stack.push(...frame.stack)
      return { ok: true, value }
    } catch (thrown) {
      const error = asSignal(thrown)
      frame.close()
      await frame.settle()
      if (error instanceof Signal || parent.signal.aborted) {
        parent.stack.push(...frame.stack) // undone with everything else, or by the next run
        throw error instanceof Signal ? error : parent.signal.reason
      }
      if (this.#back) {
        // Its unwinding was finished or not; what is left is undone with the rest.
        parent.stack.push(...frame.stack)
        return { ok: false, error: failureOf(error) }
      }
      if (failureOf(error).kind === 'internal') this.log.warn({ err: error, attempt: frame.prefix }, 'attempt failed')
      await this.unwind(frame)
      return { ok: false, error: failureOf(error) }
    }
  }

  async #pointOfNoReturn(): Promise<void> {
    if (this.#noReturn) return
    if (this.#back) throw new Unwinding('undoing')
    this.#root.signal.throwIfAborted()
    await this.#root.track(
      this.transaction(async ({ tx }) => {
        if (this.#cancelled) throw new Cancelled('the job was cancelled')
        await tx.sql`update job set no_return = true where id = ${this.row.id}::uuid`
      }),
    )
    this.#noReturn = true
  }

  #lastProgress = 0

  #progress(percent: number): void {
    const now = Date.now()
    if (now - this.#lastProgress < 1000) return
    this.#lastProgress = now
    // Only shown, so it is neither awaited nor fenced; the next one comes in a second.
    this.deps.db.sql
      .run`update job set progress = ${percent}, updated_at = now() where id = ${this.row.id}::uuid and engine_id = ${this.deps.instanceId}::uuid`.catch(
      () => undefined,
    )
  }

  #mustHaveMetAll(): void {
    const lost = [...this.#records.keys()].filter(name => !this.#met.has(name))
    if (lost.length > 0)
      throw new Stuck(cannotPlace(`recorded steps ${lost.map(n => `"${n}"`).join(', ')} were not met`))
  }
}

const cancelledFailure = { kind: 'conflict', code: 'job.cancelled', message: 'The job was cancelled.' }

const cannotPlace = (what: string) =>
  failureOf(
    internal(
      'job.replay',
      `This release cannot go on with the job: ${what}. Abandon it, or run the release that began it.`,
    ),
  )

/** Who acts in a job: its owner, or the engine. */
const actorOf = (row: JobRow & { ownerName?: string | null }) =>
  row.ownerId === null
    ? { kind: 'system' as const, userId: '00000000-0000-0000-0000-000000000000' as never, name: 'SYSTEM' }
    : { kind: 'user' as const, userId: row.ownerId as never, name: row.ownerName ?? row.ownerId }

/** A value as its record will give it back, so that a body sees the same the first time. */
function plain<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value) ?? 'null') as T)
}
