import { RookeryError, toErrorRecord } from '@rookery/model'
import { isDatabaseAway } from '../db/index.ts'
import type { JobFailure } from './job.ts'

/** What ends a body without being a failure of what it does. Bodies never catch these; `attempt` lets them pass. */
export class Signal extends Error {}

/** This engine must stop working on the job now (it stops, or the database is away); another run takes it up from the record. */
export class PutDown extends Signal {
  constructor(cause?: unknown) {
    super('the job was put down', { cause })
  }
}

/** The job belongs to another engine by now: nothing may be recorded here. */
export class Lost extends Signal {}

/** The frame of this step unwinds already; the reason is elsewhere. */
export class Unwinding extends Signal {}

/** Somebody asked for the end. */
export class Cancelled extends Signal {}

/** A person must decide; locks are kept. */
export class Stuck extends Signal {
  readonly reason: JobFailure
  readonly step: string | undefined
  constructor(reason: JobFailure, step?: string, cause?: unknown) {
    super(reason.message, { cause })
    this.reason = reason
    this.step = step
  }
}

/** The same error, or `PutDown` when it says that the database is away. */
export const asSignal = (error: unknown): unknown => (isDatabaseAway(error) ? new PutDown(error) : error)

/** What is kept of an error. */
export const failureOf = (error: unknown): JobFailure => toErrorRecord(error)

/** The error that a record describes, with the original as its cause for the log. */
export const errorOf = (failure: JobFailure, cause?: unknown): RookeryError =>
  new RookeryError(failure.kind as RookeryError['kind'], failure.code, failure.message, {
    detail: failure.detail,
    cause,
  })
