/** The first wait before a restart, milliseconds; each failure in a row doubles it. */
const FIRST = 200
/** The longest wait. */
const LONGEST = 10_000
/** Whoever ran this long is taken to have recovered. */
export const RECOVERED = 30_000

/** How long to wait before the next start, after `failures` ends in a row (1 = the first). */
export const backoff = (failures: number): number => Math.min(LONGEST, FIRST * 2 ** Math.max(0, failures - 1))

/** How many ends in a row there have been now, given how long the last run lasted. */
export const failuresAfter = (failures: number, ranFor: number): number => (ranFor >= RECOVERED ? 1 : failures + 1)
