import type { ErrorKind, ErrorRecord } from '@rookery/model'

/** Kinds of failures: those of the engine, and that no answer came. */
export type ApiErrorKind = ErrorKind | 'unreachable'

/** What the engine refused, or that it did not answer. `message` is the engine's English sentence; pages word it by `code`. */
export class ApiError extends Error {
  readonly kind: ApiErrorKind
  readonly code: string
  readonly detail: unknown
  readonly ref: { kind: string; id: string } | undefined
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly correlationId: string | undefined

  constructor(
    record: Omit<ErrorRecord, 'kind'> & { kind: ApiErrorKind },
    o: { status: number; correlationId?: string | undefined; cause?: unknown },
  ) {
    super(record.message, o.cause === undefined ? undefined : { cause: o.cause })
    this.name = 'ApiError'
    this.kind = record.kind
    this.code = record.code
    this.detail = record.detail
    this.ref = record.ref
    this.status = o.status
    this.correlationId = o.correlationId
  }
}

/** The error that an answer carries; one that is not the engine's (a proxy's page) becomes `unavailable`. */
export function errorOf(status: number, body: unknown, correlationId?: string): ApiError {
  const record = (body as { error?: Partial<ErrorRecord> } | null)?.error
  if (typeof record?.kind === 'string' && typeof record.code === 'string' && typeof record.message === 'string')
    return new ApiError(record as ErrorRecord, { status, correlationId })
  return new ApiError(
    {
      kind: status === 401 ? 'unauthenticated' : 'unavailable',
      code: `http.${status}`,
      message: `The answer was HTTP ${status} without a reason.`,
    },
    { status, correlationId },
  )
}

/** That nothing answered. */
export const unreachable = (cause: unknown): ApiError =>
  new ApiError(
    { kind: 'unreachable', code: 'engine.unreachable', message: 'The engine did not answer.' },
    { status: 0, cause },
  )

/** Any thrown value as an ApiError. */
export const toApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(
        { kind: 'internal', code: 'console.internal', message: 'The console failed; the browser’s log names it.' },
        { status: 0, cause: error },
      )
