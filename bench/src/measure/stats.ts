/** The value below which this part (0 to 1) of the numbers lies; the nearest one that was seen, NaN for none. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? Number.NaN
}

/** The middle one; of an even number of them the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** Median, smallest, largest and number of the runs, as figures carry them. */
export const summary = (runs: readonly number[]) => ({
  value: median(runs),
  low: Math.min(...runs),
  high: Math.max(...runs),
  runs: runs.length,
})

/**
 * Ours by theirs, run by run: the two of a pair were taken one after the other, so what slowed the machine slowed both, which
 * the ratio of two medians would not show.
 */
export const ratios = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.flatMap((value, i) => {
    const other = theirs[i]
    return other === undefined ? [] : [value / other]
  })
