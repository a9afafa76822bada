/**
 * What a piece of work waits for and what later work then waits for. Usually the same keys. A forced power-off waits only for
 * a create of the same VM, and yet holds the VM's mailbox, so that it works beside a save that hangs.
 */
export interface Claim {
  readonly waits: readonly string[]
  readonly holds: readonly string[]
}

/**
 * Mailboxes by name (one per VM, one per image, ...): work that holds a common key runs one after the other in the order it came, the
 * rest at once. All keys of a claim are taken in the same instant, so two claims cannot wait for each other.
 */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>()

  /** Runs `work` after everything that holds a key of `claim.waits`; a failure of earlier work does not matter. */
  run<T>(claim: Claim, work: () => Promise<T>): Promise<T> {
    const before = claim.waits.map(key => this.#tails.get(key)).filter(tail => tail !== undefined)
    const result = Promise.all(before).then(work)
    const settled = result.then(
      () => {},
      () => {},
    )
    for (const key of claim.holds) {
      const earlier = this.#tails.get(key)
      const tail = earlier === undefined ? settled : Promise.all([earlier, settled]).then(() => {})
      this.#tails.set(key, tail)
      void tail.then(() => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key)
      })
    }
    return result
  }

  /** How many mailboxes have work; for tests and the log. */
  get busy(): number {
    return this.#tails.size
  }
}
