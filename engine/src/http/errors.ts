import { type ErrorKind, RookeryError, toErrorRecord } from '@rookery/model'
import { redact } from '../core/redact.ts'

/** The status of the native dialect for each kind; the other dialects have their own table. */
export const statusOf = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  quotaExceeded: 409,
  noCapacity: 409,
  unavailable: 503,
  unsupported: 400,
  internal: 500,
} satisfies Record<ErrorKind, number>

/** Any thrown value as a RookeryError; errors of Fastify (too large, no JSON) become `invalid` with their own words. */
export function asRookeryError(error: unknown): RookeryError {
  if (error instanceof RookeryError) return error
  if (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode < 500
  ) {
    const code = error.statusCode === 413 ? 'request.too_large' : 'request.malformed'
    return new RookeryError('invalid', code, error.message, { cause: error })
  }
  const { kind, code, message } = toErrorRecord(error)
  return new RookeryError(kind, code, message, { cause: error })
}

/** The body that tells a client of the native dialect; what is internal stays in the log. */
export function errorBody(error: RookeryError): { error: object } {
  const { kind, code, message, detail, ref } = toErrorRecord(error)
  return { error: { kind, code, message, ...(kind === 'internal' ? {} : { detail: redact(detail), ref }) } }
}
