import type { JobId } from '@rookery/model'
import type { Ref } from '../core/kinds.ts'
import { json, type Sql } from '../db/index.ts'
import type { JobFailure } from './job.ts'

/** Statuses of a job; the last three are ends. */
export type JobStatus = 'queued' | 'running' | 'undoing' | 'stuck' | 'finished' | 'failed' | 'cancelled'

/** Error of a job row; `stuck` says what a person has to decide, and in which direction the job was going. */
export type JobError = JobFailure & { stuck?: JobFailure & { step: string | null; during: 'forward' | 'undo' } }

/** A row of `job`. */
export interface JobRow {
  id: JobId
  kind: string
  version: number
  input: unknown
  status: JobStatus
  engineId: string | null
  parentId: JobId | null
  parentStep: string | null
  rootId: JobId
  ownerId: string | null
  projectId: string | null
  correlationId: string | null
  description: string
  refs: Ref[]
  error: JobError | null
  result: unknown
  cancel: boolean
  noReturn: boolean
  external: boolean
  waiting: boolean
  wakeAt: Date | null
  progress: number | null
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
  updatedAt: Date
}

/** What a step does. */
export type StepKind = 'tx' | 'host' | 'child' | 'sleep' | 'effect'

/** A row of `job_step`. */
export interface StepRow {
  jobId: JobId
  name: string
  kind: StepKind
  position: number
  status: 'running' | 'finished' | 'failed'
  hostId: string | null
  taskId: string | null
  output: unknown
  error: JobFailure | null
  undoStatus: 'pending' | 'finished' | 'failed' | null
  undoError: JobFailure | null
  tries: number
  progress: number | null
  startedAt: Date
  endedAt: Date | null
}

/** The recorded steps of a job, oldest first. */
export const steps = (sql: Sql, jobId: string): Promise<StepRow[]> =>
  sql<StepRow>`select * from job_step where job_id = ${jobId}::uuid order by position`

/** One job, whoever asks: for jobs themselves, not for people. */
export const jobById = (sql: Sql, id: string): Promise<JobRow | undefined> =>
  sql.maybe<JobRow>`select * from job where id = ${id}::uuid`

/** Makes sure that this engine still owns the job, and keeps others from taking it until the transaction ends. */
export const fence = (sql: Sql, jobId: string, engineId: string) =>
  sql.maybe<{ cancel: boolean }>`
    select cancel from job where id = ${jobId}::uuid and engine_id = ${engineId}::uuid and ended_at is null
       for no key update`

/** Writes the beginning of a step whose effect takes longer than a transaction. */
export const beginStep = (
  sql: Sql,
  step: Pick<StepRow, 'jobId' | 'name' | 'kind' | 'position' | 'hostId' | 'taskId'> & { output?: unknown },
): Promise<StepRow> =>
  sql.one<StepRow>`
    insert into job_step (job_id, name, kind, position, status, host_id, task_id, output, started_at)
    values (${step.jobId}::uuid, ${step.name}, ${step.kind}, ${step.position}, 'running', ${step.hostId}::uuid,
            ${step.taskId}::uuid, ${json(step.output)}, clock_timestamp())
    on conflict (job_id, name) do update set task_id = excluded.task_id, tries = job_step.tries
    returning *`

/** Writes the end of a step, begun or not. */
export const endStep = (
  sql: Sql,
  step: Pick<StepRow, 'jobId' | 'name' | 'kind' | 'position' | 'status'> & { output?: unknown; error?: JobFailure },
  canUndo: boolean,
): Promise<StepRow> =>
  sql.one<StepRow>`
    insert into job_step (job_id, name, kind, position, status, output, error, undo_status, started_at, ended_at)
    values (${step.jobId}::uuid, ${step.name}, ${step.kind}, ${step.position}, ${step.status}, ${json(step.output)},
            ${step.error === undefined ? null : json(step.error)}::jsonb, ${canUndo ? 'pending' : null},
            now(), clock_timestamp())
    on conflict (job_id, name) do update
      set status = excluded.status, output = excluded.output, error = excluded.error,
          undo_status = excluded.undo_status, ended_at = excluded.ended_at, progress = null
    returning *`

/** Writes what came of an undo; `output`: what a host answered to it. */
export const recordUndo = (
  sql: Sql,
  jobId: string,
  name: string,
  failure?: JobFailure,
  output?: unknown,
): Promise<number> =>
  sql.run`update job_step
             set undo_status = ${failure === undefined ? 'finished' : 'failed'},
                 undo_error = ${failure === undefined ? null : json(failure)}::jsonb, undo_output = ${json(output)}
           where job_id = ${jobId}::uuid and name = ${name}`
