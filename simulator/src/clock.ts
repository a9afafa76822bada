/** Ends something that was scheduled; harmless when it has happened. */
export type Cancel = () => void

/** The one source of time of a simulator: nothing else here asks for the time or waits. */
export interface Clock {
  readonly kind: 'real' | 'manual'
  /** Epoch milliseconds. */
  now(): number
  /** Calls back once, so many milliseconds from now. */
  after(ms: number, callback: () => void): Cancel
}

/** The machine's own time. */
export function realClock(): Clock {
  return {
    kind: 'real',
    now: () => Date.now(),
    after(ms, callback) {
      // The server keeps the process alive, not what a pretended guest will do tomorrow.
      const timer = setTimeout(callback, ms).unref()
      return () => clearTimeout(timer)
    },
  }
}

/** The same clock until `closed` says so; then nothing happens any more. */
export function until(clock: Clock, closed: () => boolean): Clock {
  return {
    kind: clock.kind,
    now: () => clock.now(),
    after: (ms, callback) => clock.after(ms, () => closed() || callback()),
  }
}

/** A clock that stands still until it is turned. */
export interface ManualClock extends Clock {
  readonly kind: 'manual'
  /** Turns the clock on; what falls due happens in order, each at its own time, before this returns. */
  advance(ms: number): void
}

interface Due {
  at: number
  order: number
  callback: (() => void) | undefined
}

/** A clock for tests. Callbacks of the same time happen in the order in which they were scheduled. */
export function manualClock(startAt = Date.now()): ManualClock {
  let now = startAt
  let order = 0
  const heap: Due[] = []
  const before = (a: Due, b: Due) => a.at < b.at || (a.at === b.at && a.order < b.order)

  function push(due: Due): void {
    let i = heap.push(due) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !before(due, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = due
  }

  function pop(): Due | undefined {
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      let below = heap[child]
      if (below === undefined) break
      const right = heap[child + 1]
      if (right !== undefined && before(right, below)) {
        child++
        below = right
      }
      if (before(last, below)) break
      heap[i] = below
      i = child
    }
    heap[i] = last
    return top
  }

  return {
    kind: 'manual',
    now: () => now,
    after(ms, callback) {
      const due: Due = { at: now + Math.max(0, ms), order: order++, callback }
      push(due)
      return () => {
        due.callback = undefined
      }
    },
    advance(ms) {
      const until = now + ms
      for (let next = heap[0]; next !== undefined && next.at <= until; next = heap[0]) {
        pop()
        now = Math.max(now, next.at)
        next.callback?.()
      }
      now = until
    },
  }
}
