/**
 * The one error type of Rookery. Few kinds, because a program only ever has to tell these apart; `code` is stable and keys
 * the wording of each dialect and language.
 */
export const errorKinds = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'notFound',
  'conflict',
  'quotaExceeded',
  'noCapacity',
  'unavailable',
  'unsupported',
  'internal',
] as const

/** What sort of failure this is; each dialect has one exhaustive table from it to a status code. */
export type ErrorKind = (typeof errorKinds)[number]

/** What an error may carry beside its message. */
export interface ErrorExtras {
  /** For the operator: ids, paths, what the other side said. Never a secret. */
  detail?: unknown
  /** The error below, kept for the log; its text is not repeated in `message`. */
  cause?: unknown
  /** The entity that the error is about. */
  ref?: { kind: string; id: string }
}

/** A failure that somebody is told about: a sentence for the client, a stable code, and the cause for the operator. */
export class RookeryError extends Error {
  readonly kind: ErrorKind
  readonly code: string
  readonly detail: unknown
  readonly ref: { kind: string; id: string } | undefined

  constructor(kind: ErrorKind, code: string, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.name = 'RookeryError'
    this.kind = kind
    this.code = code
    this.detail = extras.detail
    this.ref = extras.ref
  }
}

/** What crosses a wire or is kept in a job row of a RookeryError; the cause chain stays where it happened. */
export interface ErrorRecord {
  kind: ErrorKind
  code: string
  message: string
  detail?: unknown
  ref?: { kind: string; id: string }
}

/** The record of any thrown value. A value that is no RookeryError becomes `internal` without its text: it may hold secrets. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof RookeryError) {
    const { kind, code, message, detail, ref } = error
    return { kind, code, message, ...(detail === undefined ? {} : { detail }), ...(ref === undefined ? {} : { ref }) }
  }
  return {
    kind: 'internal',
    code: 'internal',
    message: 'An unexpected error happened; the log of the engine names it.',
  }
}

/** The error that a record describes. */
export function fromErrorRecord(record: ErrorRecord): RookeryError {
  return new RookeryError(record.kind, record.code, record.message, {
    ...(record.detail === undefined ? {} : { detail: record.detail }),
    ...(record.ref === undefined ? {} : { ref: record.ref }),
  })
}

const maker = (kind: ErrorKind) => (code: string, message: string, extras?: ErrorExtras) =>
  new RookeryError(kind, code, message, extras)

/** The input is wrong whatever the state: says what, where, and what would be right. */
export const invalid = maker('invalid')
/** Nobody is signed in, or the token is dead. */
export const unauthenticated = maker('unauthenticated')
/** Somebody is signed in and may not do this. */
export const forbidden = maker('forbidden')
/** No such thing, or none that the asker may see. */
export const notFound = maker('notFound')
/** The thing is in a state in which this cannot be done, or the name is taken; says what would free it. */
export const conflict = maker('conflict')
/** A limit of the project would be exceeded. */
export const quotaExceeded = maker('quotaExceeded')
/** No host can take it; `detail` holds the refusals. */
export const noCapacity = maker('noCapacity')
/** A host, the database or storage does not answer now. */
export const unavailable = maker('unavailable')
/** Understood and not offered here. */
export const unsupported = maker('unsupported')
/** A bug or a broken invariant. */
export const internal = maker('internal')
