import { conflict, type JobId } from '@rookery/model'
import type { Frame } from './frame.ts'
import { stableUuid } from './ids.ts'
import type { JobDefinition } from './job.ts'
import type { JobRun } from './run.ts'
import { asSignal, errorOf, failureOf, Signal } from './signals.ts'
import { startJob } from './start.ts'
import { beginStep, endStep, jobById, recordUndo, type StepRow } from './store.ts'

/** `j.child`: starts another job under an id made of this one and the step, and waits for its end. */
export function childStep<I, O>(
  run: JobRun,
  frame: Frame,
  name: string,
  definition: JobDefinition<I, O>,
  input: I,
): Promise<StepRow> {
  const position = run.nextPosition()
  return run.step({
    frame,
    name,
    kind: 'child',
    take: async full => {
      const id = stableUuid(run.row.id, full) as JobId
      const record = { jobId: run.row.id, name: full, kind: 'child' as const, position }
      try {
        await run.at(full, 'before-effect')
        const fault = run.injected(full)
        if (fault !== undefined) throw fault
        run.remember(await begin(run, definition, input, id, { ...record, hostId: null, taskId: id }))
        const child = await run.deps.waitForEnd(id, frame.signal)
        await run.at(full, 'after-effect')
        if (child.status !== 'finished')
          throw errorOf(child.error ?? failureOf(conflict('job.cancelled', 'A part of the job was cancelled.')))
        const step = { ...record, status: 'finished' as const, output: child.result }
        const written = await run.transaction(scope => endStep(scope.tx.sql, step, true))
        await run.at(full, 'after-record')
        return written
      } catch (thrown) {
        const error = asSignal(thrown)
        throw error instanceof Signal ? error : await run.recordFailure(full, 'child', position, error)
      }
    },
    undo: done => async () => {
      await takeBack(run, stableUuid(run.row.id, done.name))
      await run.at(done.name, 'during-undo')
      await run.transaction(scope => recordUndo(scope.tx.sql, run.row.id, done.name))
    },
  })
}

function begin<I>(
  run: JobRun,
  definition: JobDefinition<I>,
  input: I,
  id: JobId,
  step: Parameters<typeof beginStep>[1],
): Promise<StepRow> {
  const { row } = run
  return run.transaction(async scope => {
    const { sql } = scope.tx
    const begun = await beginStep(sql, step)
    if ((await jobById(sql, id)) === undefined)
      await startJob(scope, definition, input, {
        actor: { kind: 'system', userId: '' as never },
        correlationId: row.correlationId,
        child: { id, parentId: row.id, step: step.name, rootId: row.rootId, ownerId: row.ownerId },
      })
    return begun
  })
}

/**
 * Ends a child whose parent unwinds. One that runs is cancelled; one that has finished is run backwards: its effects are
 * its parent's. One that has passed its point of no return stays as it is.
 */
async function takeBack(run: JobRun, id: string): Promise<void> {
  for (;;) {
    const child = await run.transaction(async scope => {
      const { sql } = scope.tx
      const found = await jobById(sql, id)
      if (found === undefined) return undefined
      if (found.endedAt === null) {
        await sql`update job set cancel = true, updated_at = now() where id = ${id}::uuid and ended_at is null`
        scope.tx.notify(`job-cancel:${id}`)
      } else if (found.status === 'finished' && !found.noReturn) {
        await sql`
          update job set status = 'undoing', ended_at = null, cancel = true, engine_id = null, updated_at = now(),
                 error = '{"kind":"conflict","code":"job.cancelled","message":"The job that this is a part of was undone."}'
           where id = ${id}::uuid and status = 'finished'`
      } else return undefined
      scope.tx.notify('job')
      return found
    })
    if (child === undefined) return
    await run.deps.waitForEnd(id, run.down)
  }
}
