/**
 * How many calls are on the wire at once.
 *
 * libvirtd serves at most `max_client_requests` (5 by default) calls of one client and then stops reading from its
 * socket, which also leaves keepalive answers unread: a client that sends more gets disconnected. So calls beyond a
 * limit wait here. One place is kept for urgent procedures, those that libvirtd promises to answer without waiting for
 * a hypervisor: looking at or destroying a domain works while slow calls hang.
 */

interface Waiting {
  order: number
  run: () => void
}

/** A place on the wire; `release` may be called more than once. */
export interface Slot {
  release(): void
}

export class Slots {
  readonly #limit: number
  #urgentRunning = 0
  #ordinaryRunning = 0
  #order = 0
  readonly #urgent: Waiting[] = []
  readonly #ordinary: Waiting[] = []

  /** @param limit calls on the wire at once; at least 2, one of them for urgent calls only. */
  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 2) throw new RangeError('at least two calls must be allowed at once')
    this.#limit = limit
  }

  /** Calls `run` as soon as there is a place, perhaps at once. The function returned takes a waiting call back. */
  enter(urgent: boolean, run: (slot: Slot) => void): () => void {
    const waiting: Waiting = { order: this.#order++, run: () => run(this.#slot(urgent)) }
    const queue = urgent ? this.#urgent : this.#ordinary
    queue.push(waiting)
    this.#pump()
    return () => {
      const at = queue.indexOf(waiting)
      if (at >= 0) queue.splice(at, 1)
    }
  }

  #slot(urgent: boolean): Slot {
    if (urgent) this.#urgentRunning++
    else this.#ordinaryRunning++
    let held = true
    return {
      release: () => {
        if (!held) return
        held = false
        if (urgent) this.#urgentRunning--
        else this.#ordinaryRunning--
        this.#pump()
      },
    }
  }

  #pump(): void {
    while (this.#urgentRunning + this.#ordinaryRunning < this.#limit) {
      const urgent = this.#urgent[0]
      const ordinary = this.#ordinaryRunning < this.#limit - 1 ? this.#ordinary[0] : undefined
      // In the order they came, except that urgent calls pass those that may not start yet.
      const queue = urgent && (!ordinary || urgent.order < ordinary.order) ? this.#urgent : this.#ordinary
      if (!urgent && !ordinary) return
      queue.shift()?.run()
    }
  }
}
