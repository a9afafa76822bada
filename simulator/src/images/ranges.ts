/** A set of byte ranges; what is added twice counts once. */
export class Ranges {
  /** Sorted, apart from each other: first byte and the one after the last. */
  #ranges: [number, number][] = []

  /** Bytes in the set. */
  get total(): number {
    return this.#ranges.reduce((sum, [first, end]) => sum + end - first, 0)
  }

  add(first: number, end: number): void {
    if (first >= end) return
    const apart = this.#ranges.filter(([f, e]) => e < first || f > end)
    for (const [f, e] of this.#ranges) {
      if (e < first || f > end) continue
      first = Math.min(first, f)
      end = Math.max(end, e)
    }
    this.#ranges = [...apart, [first, end] as [number, number]].toSorted((a, b) => a[0] - b[0])
  }
}
