import { setImmediate as turn } from 'node:timers/promises'
import { Unwinding } from './signals.ts'

/** One effect that can be taken back. */
export interface UndoEntry {
  step: string
  /** When the effect was recorded; null for one whose end is unknown, which is undone first. */
  endedAt: Date | null
  position: number
  run: () => Promise<void>
}

/**
 * The undo stack of a body or of an attempt in it, and the steps under way in it. When one of several concurrent steps
 * fails, the others are told to stop, and only when all of them are at rest does the unwinding begin.
 */
export class Frame {
  readonly prefix: string
  readonly attempt: boolean
  readonly stack: UndoEntry[] = []
  readonly #abort = new AbortController()
  readonly #pending = new Set<Promise<unknown>>()
  #calls = 0

  constructor(prefix: string, parent?: Frame) {
    this.prefix = prefix
    this.attempt = parent !== undefined
    parent?.signal.addEventListener('abort', () => this.close(parent.signal.reason), { once: true })
    if (parent?.signal.aborted) this.close(parent.signal.reason)
  }

  /** Aborts when the frame takes no more steps; waits end with its reason. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** From now on its steps throw this. */
  close(reason: unknown = new Unwinding('another step has failed')): void {
    if (!this.signal.aborted) this.#abort.abort(reason)
  }

  /** Counts a step for as long as it runs. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#calls++
    const settled = work.catch(() => undefined)
    this.#pending.add(settled)
    void settled.then(() => this.#pending.delete(settled))
    return work
  }

  /** Notes that a step was asked for, also when its record answered at once. */
  noteCall(): void {
    this.#calls++
  }

  /**
   * Waits until nothing moves in it any more. A body that rejected may have other branches (`Promise.all`) that go on
   * from recorded step to recorded step; these need only turns of the event loop.
   */
  async settle(): Promise<void> {
    for (let quiet = 0, seen = -1; quiet < 2; ) {
      await Promise.all(this.#pending)
      await turn()
      quiet = this.#pending.size === 0 && seen === this.#calls ? quiet + 1 : 0
      seen = this.#calls
    }
  }

  /** The stack in the order in which it is undone: last finished first. */
  inUndoOrder(): UndoEntry[] {
    const time = (entry: UndoEntry) => entry.endedAt?.getTime() ?? Number.POSITIVE_INFINITY
    return [...this.stack].sort((a, b) => {
      const [ta, tb] = [time(a), time(b)]
      return ta === tb ? b.position - a.position : tb - ta
    })
  }
}
