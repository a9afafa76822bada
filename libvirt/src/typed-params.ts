/** virTypedParameter lists as plain objects. */
import {
  VIR_TYPED_PARAM_BOOLEAN,
  VIR_TYPED_PARAM_DOUBLE,
  VIR_TYPED_PARAM_INT,
  VIR_TYPED_PARAM_LLONG,
  VIR_TYPED_PARAM_STRING,
  VIR_TYPED_PARAM_UINT,
  VIR_TYPED_PARAM_ULLONG,
} from './generated/constants.gen.ts'
import type { RemoteTypedParam, RemoteTypedParamValue } from './generated/remote.gen.ts'

/** A value as libvirt gives it. 64-bit integers are numbers as long as a number holds them exactly, else bigints. */
export type TypedValue = number | bigint | boolean | string
export type TypedParams = Record<string, TypedValue>

/** Values with the type libvirt is to see, because it refuses an int where it expects an unsigned long. */
export const typed = {
  int: (value: number): RemoteTypedParamValue => ({ type: VIR_TYPED_PARAM_INT, value }),
  uint: (value: number): RemoteTypedParamValue => ({ type: VIR_TYPED_PARAM_UINT, value }),
  llong: (value: number | bigint): RemoteTypedParamValue => ({ type: VIR_TYPED_PARAM_LLONG, value: BigInt(value) }),
  ullong: (value: number | bigint): RemoteTypedParamValue => ({ type: VIR_TYPED_PARAM_ULLONG, value: BigInt(value) }),
  double: (value: number): RemoteTypedParamValue => ({ type: VIR_TYPED_PARAM_DOUBLE, value }),
  boolean: (value: boolean): RemoteTypedParamValue => ({ type: VIR_TYPED_PARAM_BOOLEAN, value: value ? 1 : 0 }),
  string: (value: string): RemoteTypedParamValue => ({ type: VIR_TYPED_PARAM_STRING, value }),
}

/** A list from the wire as an object. A name that comes more than once keeps its last value. */
export function fromTypedParams(params: readonly RemoteTypedParam[]): TypedParams {
  // No prototype: names come from the daemon and guests (network names, file systems).
  const out: TypedParams = Object.create(null)
  for (const { field, value } of params) out[field] = plainValue(value)
  return out
}

/** An object as a list for the wire; `undefined` entries are left out. */
export function toTypedParams(values: Record<string, RemoteTypedParamValue | undefined>): RemoteTypedParam[] {
  return Object.entries(values).flatMap(([field, value]) => (value === undefined ? [] : [{ field, value }]))
}

/** The number called `name`, or undefined when there is none. Precision beyond 2^53 is lost. */
export function numberParam(params: TypedParams, name: string): number | undefined {
  const value = params[name]
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}

/** A 64-bit integer as a number when that is exact. */
export function plainInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function plainValue(value: RemoteTypedParamValue): TypedValue {
  if (value.type === VIR_TYPED_PARAM_BOOLEAN) return value.value !== 0
  return typeof value.value === 'bigint' ? plainInteger(value.value) : value.value
}
