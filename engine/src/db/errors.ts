import { internal, invalid, RookeryError, unavailable } from '@rookery/model'
import pg from 'pg'

/** SQLSTATE of an error of the server, if it is one. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined

/** Serialization failure or deadlock: the transaction did nothing and may be tried again. */
export const isRetryable = (error: unknown): boolean => ['40001', '40P01'].includes(sqlState(root(error)) ?? '')

/** A unique index refused the row (23505). */
export const isUniqueViolation = (error: unknown): boolean => sqlState(root(error)) === '23505'

/** A row elsewhere still refers to this one (23503). */
export const isForeignKeyViolation = (error: unknown): boolean => sqlState(root(error)) === '23503'

/** The database is away: nobody knows whether a commit under way happened. Or there was no connection to it: nothing was begun. */
export const isDatabaseAway = (error: unknown): boolean =>
  error instanceof RookeryError && (error.code === 'database.unavailable' || error.code === 'engine.busy')

/** No connection of the pool was free in time. */
export const isCrowded = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect')

function root(error: unknown): unknown {
  return error instanceof RookeryError && error.cause !== undefined ? error.cause : error
}

const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EACCES',
])

/** 53100, 53200, 58030: no space, no memory, a disk that fails. What was asked for is right, and will be done another time. */
const isOutOfMeans = (error: unknown): boolean => ['53100', '53200', '58030'].includes(sqlState(error) ?? '')

function isConnectionLoss(error: unknown): boolean {
  const state = sqlState(error)
  // 57P0x: the server shuts down or starts up; 53300: too many connections.
  if (state !== undefined) return state.startsWith('08') || /^57P0[1-5]$/.test(state) || state === '53300'
  if (!(error instanceof Error)) return false
  if (awayCodes.has((error as NodeJS.ErrnoException).code ?? '')) return true
  // pg throws plain errors with these words when the socket goes away or the pool cannot connect in time.
  return /Connection terminated|not queryable|timeout exceeded when trying to connect|Client was closed/i.test(
    error.message,
  )
}

/**
 * The RookeryError of a failed statement: `unavailable` `database.unavailable` when the connection is lost or its disk is full, `invalid`
 * `database.value` for a value that a column cannot hold, else `internal` with the server's error as its cause.
 */
export function databaseError(error: unknown, text?: string): unknown {
  if (error instanceof RookeryError) return error
  if (isConnectionLoss(error))
    return unavailable('database.unavailable', 'The database does not answer; try again in a moment.', { cause: error })
  if (isOutOfMeans(error))
    return unavailable(
      'database.unavailable',
      'The database cannot work: its disk or its memory is full. Free some space; what waits then goes on.',
      { cause: error },
    )
  const state = sqlState(error)
  if (state === undefined) return error
  // 22P02, 22003, 22021: text that is no uuid or number, a number out of range, a NUL byte.
  if (state === '22P02' || state === '22003' || state === '22021')
    return invalid('database.value', 'A value has a form or size that cannot be stored.', { cause: error })
  return internal('database.statement', 'The database refused a statement; the log of the engine names it.', {
    detail: { state, ...(text === undefined ? {} : { statement: text.replace(/\s+/g, ' ').slice(0, 400) }) },
    cause: error,
  })
}
