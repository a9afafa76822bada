import { unavailable } from '@rookery/model'

/** How wide a {@link Gate} is, and what becomes of those who find it crowded. */
export interface GateOptions {
  /** So many are inside at once. */
  width: number
  /** More than so many who wait are turned away at once; absent: any number may wait. */
  most?: number
  /** Whoever has waited so long (milliseconds) is turned away; absent: as long as it takes. */
  patienceMs?: number
}

/**
 * Lets so many in at once, and the others in the order in which they came. Stands before the connections of an engine, so that what comes
 * in a crowd, or waits long inside for something else, leaves some for the rest.
 */
export class Gate {
  readonly #o: GateOptions
  #inside = 0
  readonly #waiting = new Set<() => void>()

  constructor(options: GateOptions) {
    this.#o = options
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Does the work inside.
   *
   * @throws `unavailable` `engine.busy` when it was turned away; the work was not begun
   */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside < this.#o.width) this.#inside++
    else await this.#turn()
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      // The place is handed on, so that nobody who comes meanwhile slips in.
      if (next === undefined) this.#inside--
      else next()
    }
  }

  #turn(): Promise<void> {
    const { most = Number.POSITIVE_INFINITY, patienceMs } = this.#o
    if (this.#waiting.size >= most) return Promise.reject(busy())
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const enter = () => {
        clearTimeout(timer)
        this.#waiting.delete(enter)
        resolve()
      }
      this.#waiting.add(enter)
      if (patienceMs === undefined) return
      timer = setTimeout(() => {
        this.#waiting.delete(enter)
        reject(busy())
      }, patienceMs)
    })
  }
}

/** Seconds after which a client that was turned away may well ask again; the header `Retry-After`. */
export const retryAfterSeconds = 5

/** The refusal of an engine that has too much to do at this moment. Nothing was begun. */
export const busy = (cause?: unknown) =>
  unavailable(
    'engine.busy',
    `The engine has too much to do at this moment. Nothing was done; try again in ${retryAfterSeconds} seconds.`,
    { detail: { retryAfterSeconds }, ...(cause === undefined ? {} : { cause }) },
  )
