import { setTimeout as pause } from 'node:timers/promises'
import { conflict, RookeryError, unavailable } from '@rookery/model'
import type { Task, TaskState } from '@rookery/protocol'
import type { Frame } from './frame.ts'
import type { HostClient } from './host-port.ts'
import { stableUuid } from './ids.ts'
import type { HostOptions, HostUndo, Job } from './job.ts'
import type { JobRun } from './run.ts'
import { asSignal, failureOf, Signal, Stuck } from './signals.ts'
import { beginStep, endStep, recordUndo, type StepRow } from './store.ts'

/** What `j.host` was called with. */
export interface HostCall {
  name: string
  hostId: string
  task: Parameters<Job['host']>[2]
  undo: HostUndo | undefined
  options?: HostOptions | undefined
}

const firstWaitMs = 250
const longestWaitMs = 5000
const mostTries = 5

/** The error of a host that gives no answer, or cannot write down what it is asked for: it says nothing about the task. */
const isSilence = (error: unknown): boolean =>
  error instanceof RookeryError &&
  error.kind === 'unavailable' &&
  ['host.unreachable', 'host.protocol', 'host.memory'].includes(error.code)

/**
 * Asks a host until it answers. One that was fenced since then has lost everything it did: `unavailable`, `host.fenced`. With an end of
 * patience its silence itself is the error then.
 */
async function untilAnswered<T>(
  run: JobRun,
  hostId: string,
  since: Date,
  signal: AbortSignal,
  ask: (client: HostClient) => Promise<T>,
  patienceMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  let silentSince: number | undefined
  for (let wait = firstWaitMs; ; wait = Math.min(wait * 2, longestWaitMs)) {
    signal.throwIfAborted()
    try {
      return await ask(await run.deps.hostPort.client(hostId))
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (!isSilence(error)) throw error
      if (await run.deps.hostPort.isFenced(hostId, since))
        throw unavailable('host.fenced', 'The host was fenced; what ran on it is gone.', { cause: error })
      silentSince ??= performance.now()
      if (performance.now() - silentSince > patienceMs) throw error
      run.log.debug({ err: error, host: hostId, waitMs: wait }, 'host is silent')
      try {
        await pause(wait * (0.75 + Math.random() / 2), undefined, { signal })
      } catch {
        throw signal.reason // the pause ends early only for this
      }
    }
  }
}

const request = (run: JobRun, task: Task) => ({ jobCreatedAt: run.row.createdAt.getTime(), task })

/** `j.host`: a task under an id made of job and step. Its beginning is recorded before it is sent, so it can be cancelled. */
export function hostStep(run: JobRun, frame: Frame, call: HostCall): Promise<StepRow> {
  const position = run.nextPosition()
  const { hostId, undo } = call
  return run.step({
    frame,
    name: call.name,
    kind: 'host',
    take: (full, begun) => take(run, frame, call, full, position, begun),
    // Without an undo there is still a way back for a step whose end nobody saw: its cancellation.
    undo: record => () => takeBack(run, record, hostId, undo, call.options),
  })
}

async function take(
  run: JobRun,
  frame: Frame,
  call: HostCall,
  full: string,
  position: number,
  begun: StepRow | undefined,
): Promise<StepRow> {
  const { hostId } = call
  const record = { jobId: run.row.id, name: full, kind: 'host' as const, position }
  const task = typeof call.task === 'function' ? call.task() : call.task
  for (let tries = begun?.tries ?? 0; ; tries++) {
    const taskId = stableUuid(run.row.id, full, ...(tries === 0 ? [] : [String(tries)]))
    try {
      const started = await begin(run, { ...record, hostId, taskId }, tries)
      run.remember(started)
      await run.at(full, 'before-effect')
      const fault = run.injected(full)
      if (fault !== undefined) throw fault
      const state = await untilAnswered(
        run,
        hostId,
        started.startedAt,
        frame.signal,
        client => client.runTask(taskId, request(run, task), { signal: frame.signal, onProgress: shownAt(run, full) }),
        call.options?.patienceMs,
      )
      await run.at(full, 'after-effect')
      const output = { ...record, status: 'finished' as const, output: state.result }
      const written = await run.transaction(async scope => {
        scope.changed('job', run.row.id)
        return endStep(scope.tx.sql, output, call.undo !== undefined)
      })
      acknowledge(run, hostId, taskId)
      await run.at(full, 'after-record')
      return written
    } catch (thrown) {
      // The database may be away for the look at the host's address alone: that is no failure of the step.
      const error = asSignal(thrown)
      if (error instanceof Signal) throw error
      if (!run.noReturn || frame.attempt) {
        // Nobody knows how far it came.
        if (isGone(error)) await takeBackElsewhere(run, full, call.options, frame.signal)
        const failed = await run.recordFailure(full, 'host', position, error)
        acknowledge(run, hostId, taskId)
        throw failed
      }
      // After the point of no return a refusal is answered by asking again; then a person decides.
      if (tries + 1 >= mostTries) throw new Stuck(failureOf(error), full, error)
      run.log.warn({ err: error, step: full, tries }, 'a step after the point of no return failed; it is tried again')
      await pause(Math.min(firstWaitMs * 2 ** tries, longestWaitMs), undefined, { signal: frame.signal }).catch(() => {
        throw frame.signal.reason
      })
    }
  }
}

/** Records that the task is about to be sent. Refuses when a job waits that makes this one's work void. */
function begin(run: JobRun, step: Parameters<typeof beginStep>[1], tries: number): Promise<StepRow> {
  return run.transaction(async scope => {
    const { sql } = scope.tx
    const kinds = run.definition.interruptedBy
    if (kinds.length > 0 && !run.noReturn) {
      const waiting = await sql`
        select 1 from job_lock mine
          join job_lock theirs on theirs.kind = mine.kind and theirs.entity_id = mine.entity_id and theirs.mode like 'waiting%'
          join job j on j.id = theirs.job_id
         where mine.job_id = ${run.row.rootId}::uuid and j.kind = any (${[...kinds]}) limit 1`
      if (waiting.length > 0) throw conflict('run.ended', 'What this job works on has ended on its host.')
    }
    const started = await beginStep(sql, step)
    if (tries > started.tries)
      await sql`update job_step set tries = ${tries} where job_id = ${step.jobId}::uuid and name = ${step.name}`
    return started
  })
}

/** The error of a host that lost its power, or is no host any more. */
const isGone = (error: unknown): boolean =>
  error instanceof RookeryError && (error.code === 'host.fenced' || error.code === 'host.not_found')

/**
 * Undoes what a host did, or stops what it may be doing. Against a fenced or removed host there is nothing left to undo, except for what
 * another host can reach.
 */
async function takeBack(
  run: JobRun,
  record: StepRow,
  hostId: string,
  undo: HostUndo | undefined,
  options: HostOptions | undefined,
): Promise<void> {
  let answer: unknown
  try {
    let result = record.output
    if (record.status !== 'finished') {
      // A late PUT of an engine that lost the job meets the tombstone that this leaves.
      const state = await untilCancelled(run, record, hostId)
      result = state.state === 'finished' ? state.result : undefined
      if (state.state !== 'finished') return await recorded(run, record)
    }
    const task = typeof undo === 'function' ? undo(result) : (undo ?? null)
    if (task !== null) {
      const taskId = stableUuid(
        run.row.id,
        record.name,
        'undo',
        String(record.undoStatus === 'failed' ? Date.now() : 0),
      )
      const end = await untilAnswered(run, hostId, record.startedAt, run.down, client =>
        client.runTask(taskId, request(run, task), { signal: run.down }),
      )
      answer = end.result
      acknowledge(run, hostId, taskId)
    }
  } catch (error) {
    if (!isGone(error)) throw error
    await takeBackElsewhere(run, record.name, options, run.down)
  }
  await run.at(record.name, 'during-undo')
  await recorded(run, record, answer)
}

/** How long (ms) somebody is looked for who can undo what a host left behind that is gone; after that `doctor` names what is left. */
const longestSearchMs = 600_000

/** Undoes through another host what one that is gone may have left where others reach it. */
async function takeBackElsewhere(
  run: JobRun,
  step: string,
  { elsewhere }: HostOptions = {},
  signal: AbortSignal,
): Promise<void> {
  if (elsewhere === undefined) return
  const deadline = performance.now() + longestSearchMs
  for (let wait = firstWaitMs; ; wait = Math.min(wait * 2, longestWaitMs)) {
    const place = await elsewhere(run.deps.db.sql)
    if (place === null) return
    if (place !== undefined) {
      const { hostId, task, turn } = place
      const taskId = stableUuid(run.row.id, step, 'undo', hostId, String(turn))
      try {
        await untilAnswered(run, hostId, new Date(), signal, client =>
          client.runTask(taskId, request(run, task), { signal }),
        )
        return acknowledge(run, hostId, taskId)
      } catch (error) {
        const movedOn = error instanceof RookeryError && error.code === 'spm.stale_epoch'
        if (!movedOn && !isGone(error)) throw error
      }
    }
    if (performance.now() > deadline)
      return run.log.warn({ step }, 'nobody could undo a step of a host that is gone; something of it may be left')
    await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** Asks until the task is not running any more: what is still being done could be done after it was called undone. */
async function untilCancelled(run: JobRun, record: StepRow, hostId: string): Promise<TaskState> {
  const taskId = record.taskId ?? stableUuid(run.row.id, record.name)
  for (;;) {
    const state = await untilAnswered(run, hostId, record.startedAt, run.down, client => client.cancelTask(taskId))
    if (state.state !== 'running') return state
    await pause(firstWaitMs, undefined, { signal: run.down }).catch(() => run.down.throwIfAborted())
  }
}

const recorded = async (run: JobRun, record: StepRow, answer?: unknown): Promise<void> => {
  await run.transaction(scope => recordUndo(scope.tx.sql, run.row.id, record.name, undefined, answer))
}

function acknowledge(run: JobRun, hostId: string, taskId: string): void {
  const tell = async () => (await run.deps.hostPort.client(hostId)).acknowledge([taskId])
  tell().catch(() => undefined) // it only lets the host forget earlier; it forgets in a week anyway
}

/** Shows the progress of a step, at most once a second. */
function shownAt(run: JobRun, full: string): (percent: number | null) => void {
  let last = 0
  return percent => {
    const now = Date.now()
    if (now - last < 1000) return
    last = now
    run.deps.db.sql
      .run`update job_step set progress = ${percent} where job_id = ${run.row.id}::uuid and name = ${full} and status = 'running'`.catch(
      () => undefined, // only shown; the next one comes in a second
    )
  }
}
