/** A set of byte ranges `[start, end)`: what of an image was transferred, however often and in whatever order. */
export class Ranges {
  /** Sorted, never touching each other. */
  private list: [number, number][] = []

  constructor(ranges: readonly (readonly [number, number])[] = []) {
    for (const [start, end] of ranges) this.add(start, end)
  }

  /** Adds a range; parts that are in it already count once. */
  add(start: number, end: number): void {
    if (end <= start) return
    const before = this.list.filter(([, e]) => e < start)
    const after = this.list.filter(([s]) => s > end)
    const touching = this.list.slice(before.length, this.list.length - after.length)
    const first = touching[0]?.[0] ?? start
    const last = touching.at(-1)?.[1] ?? end
    this.list = [...before, [Math.min(start, first), Math.max(end, last)], ...after]
  }

  /** Bytes in the set. */
  sum(): number {
    return this.list.reduce((total, [start, end]) => total + end - start, 0)
  }

  /** The ranges, in order; at most `limit` of them (the rest is forgotten, so that a journal stays small). */
  toJSON(limit = 1000): [number, number][] {
    return this.list.slice(0, limit)
  }
}
