import { conflict, type ErrorKind, fromErrorRecord, internal, RookeryError, unavailable } from '@rookery/model'
import { z } from 'zod'
import { WireError } from './task-state.ts'

const ErrorBody = z.object({ error: WireError })

/** What a status means when the body says nothing that we understand. */
const kindOfStatus: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

/**
 * The error of a host's answer that is no success. 410 becomes `conflict` with code `task.gone`: this id is cancelled or
 * expired for good, and asking again will not help.
 *
 * @param body the parsed body, whatever it is
 * @param what the call, for the operator: `PUT /v1/tasks/…`
 */
export function errorOfAnswer(status: number, body: unknown, what: string): RookeryError {
  const parsed = ErrorBody.safeParse(body)
  if (status === 410)
    return conflict('task.gone', parsed.success ? parsed.data.error.message : 'The host has closed this task id.', {
      detail: { call: what },
    })
  if (parsed.success) return fromErrorRecord(parsed.data.error)
  const kind = kindOfStatus[status] ?? 'internal'
  return new RookeryError(kind, 'host.protocol', `The host answered with status ${status} and no reason.`, {
    detail: { call: what, status },
  })
}

/** The host answered something that breaks the contract; trying again will not help, so it is not `unavailable`. */
export function brokenContract(what: string, cause?: unknown): RookeryError {
  return internal('host.protocol', 'The host answered something that this release does not understand.', {
    detail: { call: what, ...(cause instanceof z.ZodError ? { issues: cause.issues.slice(0, 5) } : {}) },
    ...(cause === undefined ? {} : { cause }),
  })
}

/**
 * The error of a call that got no answer: `unavailable`, code `host.unreachable`, the transport's own error as its cause.
 * A RookeryError stays what it is, and so does the reason of a signal that the caller aborted.
 */
export function errorOfTransport(error: unknown, what: string, signal?: AbortSignal): unknown {
  if (error instanceof RookeryError) return error
  if (signal?.aborted) return signal.reason
  return unavailable('host.unreachable', 'The host does not answer.', { detail: { call: what }, cause: error })
}
