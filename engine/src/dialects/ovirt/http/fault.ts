import { type ErrorKind, RookeryError, toErrorRecord } from '@rookery/model'
import type { WireObject } from '../wire/wire-object.ts'

/** oVirt's status for each kind of error (architecture.md, Errors; fact sheet 1.6). */
export const statusOf = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  quotaExceeded: 409,
  noCapacity: 409,
  unavailable: 400,
  unsupported: 400,
  internal: 500,
} satisfies Record<ErrorKind, number>

/** Codes whose `reason` is not the usual one. */
const reasons: Readonly<Record<string, string>> = {
  'wire.incomplete': 'Incomplete parameters',
  'wire.invalid_value': 'Invalid value',
  'wire.immutable': 'Broken immutability constraint',
  'wire.malformed_id': 'Operation failed',
  'host.parameter_missing': 'host parameter is missing',
}

/** A fault and its status. The detail of an engine's refusal stands in brackets, as clients show it. */
export function faultOf(error: unknown): { status: number; fault: WireObject } {
  const { kind, code, message } = toErrorRecord(error)
  // oVirt has no word for it; HTTP has, and clients that know it come again.
  if (code === 'engine.busy') return { status: 503, fault: { reason: 'Operation Failed', detail: `[${message}]` } }
  if (code === 'vm.initialization_twice') return { status: 409, fault: { reason: message } }
  const reason = reasons[code]
  const detail = reason === undefined ? `[${message}]` : message
  return { status: statusOf[kind], fault: { reason: reason ?? 'Operation Failed', detail } }
}

/** The error for a mandatory element that is missing: `Vm [name] required for add`. */
export function incomplete(type: string, paths: string[], method: string): RookeryError {
  return new RookeryError('invalid', 'wire.incomplete', `${type} [${paths.join(', ')}] required for ${method}`)
}
