/** The ranges that are offered, in milliseconds. */
export const ranges = { '15m': 900_000, '1h': 3_600_000, '6h': 21_600_000 } as const
export type RangeName = keyof typeof ranges
export const rangeNames = Object.keys(ranges) as RangeName[]

/** What charts show: the last stretch, moving with time, or a piece of the past that stands still. */
export type Range = { kind: 'last'; name: RangeName; ms: number } | { kind: 'fixed'; from: number; to: number }

/** Reads the address (`from=-6h`, or epoch milliseconds `from=…&to=…`); what is nothing of it is the last hour. */
export function readRange(from: string | undefined, to: string | undefined): Range {
  const name = rangeNames.find(one => from === `-${one}`)
  if (name !== undefined) return { kind: 'last', name, ms: ranges[name] }
  const a = Number(from)
  const b = Number(to)
  if (from !== undefined && to !== undefined && Number.isSafeInteger(a) && Number.isSafeInteger(b) && a >= 0 && a < b)
    return { kind: 'fixed', from: a, to: b }
  return { kind: 'last', name: '1h', ms: ranges['1h'] }
}

/** A range in the address. */
export const writeRange = (
  range: RangeName | { from: number; to: number },
): { from: string; to: string | undefined } =>
  typeof range === 'string'
    ? { from: `-${range}`, to: undefined }
    : { from: String(Math.round(range.from)), to: String(Math.round(range.to)) }

const minute = 60_000

/**
 * What the engine is asked for a range. It stays the same for a minute and reaches over its end, so that the same question brings the
 * newest numbers whenever the live layer has it asked again.
 */
export function asked(range: Range, now: number): { from: number; to: number } {
  if (range.kind === 'fixed') return { from: range.from, to: range.to }
  const to = (Math.floor(now / minute) + 2) * minute
  return { from: to - range.ms - 2 * minute, to }
}

/** What the axis of time shows. */
export function shown(range: Range, now: number, last: number | undefined): { from: number; to: number } {
  if (range.kind === 'fixed') return { from: range.from, to: range.to }
  const to = Math.max(now, last ?? 0)
  return { from: to - range.ms, to }
}
