/** A series' value at a moment; null where nothing was reported. */
export type Value = number | null

/** What is said of a series in words. */
export interface Summary {
  average: number
  peak: number
  /** Epoch ms. */
  peakAt: number
  /** The last value. */
  now: number
}

/** Average, peak and last value of what is known; undefined when nothing is. */
export function summarise(at: readonly number[], values: readonly Value[]): Summary | undefined {
  let sum = 0
  let count = 0
  let found: Omit<Summary, 'average'> | undefined
  for (const [i, value] of values.entries()) {
    const time = at[i]
    if (value === null || time === undefined) continue
    sum += value
    count++
    if (found === undefined || value > found.peak) found = { peak: value, peakAt: time, now: value }
    found.now = value
  }
  return found === undefined ? undefined : { ...found, average: sum / count }
}

/** The top of an axis that begins at zero: a round number, at least `value`, in steps of 1, 2 and 5 of its unit (1000 or 1024). */
export function niceTop(value: number, base: 1000 | 1024): number {
  if (!(value > 0)) return base === 1024 ? 1024 : 1
  let unit = 1
  while (value >= unit * base) unit *= base
  if (base === 1000) while (value < unit) unit /= base
  for (const step of [1, 2, 5, 10, 20, 50, 100, 200, 500]) if (value <= unit * step) return unit * step
  return unit * base
}

/** At most `most` of the indices of a series, spread evenly and with the last, for a table of it. */
export function spread(length: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(length / most))
  const picked: number[] = []
  for (let i = length - 1; i >= 0; i -= step) picked.push(i)
  return picked
}
