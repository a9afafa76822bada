/** How a newer order of a list differs from the one that is shown. */
export interface OrderDifference {
  added: number
  moved: number
  gone: ReadonlySet<string>
}

/**
 * Compares the shown order of a list with the newest one. Moved are those that stand in another place among the ones both have: the
 * fewest that would have to be picked up (all but the longest run that kept its order).
 */
export function compareOrder(shown: readonly string[], newest: readonly string[]): OrderDifference {
  if (shown === newest) return { added: 0, moved: 0, gone: new Set() }
  const before = new Map(shown.map((id, index) => [id, index]))
  const there = new Set(newest)
  const places = newest.flatMap(id => before.get(id) ?? [])
  return {
    added: newest.length - places.length,
    moved: places.length - longestRise(places),
    gone: new Set(shown.filter(id => !there.has(id))),
  }
}

/** Length of the longest rising subsequence. */
function longestRise(numbers: readonly number[]): number {
  const tails: number[] = []
  for (const n of numbers) {
    let low = 0
    let high = tails.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((tails[middle] as number) < n) low = middle + 1
      else high = middle
    }
    tails[low] = n
  }
  return tails.length
}
