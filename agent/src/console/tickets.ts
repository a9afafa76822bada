import { createHash } from 'node:crypto'
import { forbidden } from '@rookery/model'

/** What a ticket opens. */
export interface Grant {
  readonly vmId: string
  readonly runId: string
  readonly protocol: 'vnc' | 'serial'
  /** Set at QEMU for this visitor, who proves to know it; null: the visitor has proved enough. */
  readonly password: string | null
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** One-time tickets. Only hashes are kept: whoever reads this process's memory or a dump of it cannot open a console with them. */
export class ConsoleTickets {
  readonly #grants = new Map<string, Grant>()

  /** Remembers a ticket; the same one again replaces what it opens. */
  put(ticket: string, grant: Grant): void {
    this.#sweep()
    this.#grants.set(hash(ticket), grant)
  }

  /** Takes a ticket: it opens once. Throws `forbidden` for an unknown, used or expired one, without saying which. */
  take(ticket: string): Grant {
    this.#sweep()
    const key = hash(ticket)
    const grant = this.#grants.get(key)
    if (grant === undefined)
      throw forbidden('console.ticket', 'This console ticket is not valid (any more); ask for a new one.')
    this.#grants.delete(key)
    return grant
  }

  /** What waits for its visitor. */
  all(): Grant[] {
    this.#sweep()
    return [...this.#grants.values()]
  }

  /** Forgets the tickets of a run that ended. */
  endRun(runId: string): void {
    for (const [key, grant] of this.#grants) if (grant.runId === runId) this.#grants.delete(key)
  }

  #sweep(): void {
    const now = Date.now()
    for (const [key, grant] of this.#grants) if (grant.expiresAt <= now) this.#grants.delete(key)
  }
}

const hash = (ticket: string): string => createHash('sha256').update(ticket).digest('base64')
