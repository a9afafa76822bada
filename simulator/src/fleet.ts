import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import type { SimHost } from './host.ts'
import type { Ticket } from './images/tickets.ts'
import type { Journal } from './journal.ts'
import type { StoragePool } from './pool.ts'
import type { Random } from './random.ts'

/** What all hosts of a process share. */
export interface Fleet {
  readonly clock: Clock
  readonly random: Random
  /** Whether all hosts have the same processor. */
  readonly cpus: 'same' | 'mixed'
  /** How long a pretended piece of work takes, milliseconds: within these bounds, decided by the words, at the fleet's pace. */
  lasts(bounds: readonly [low: number, high: number], ...words: readonly (string | number)[]): number
  readonly journal: Journal
  readonly pool: StoragePool
  readonly log: Logger
  readonly invariants: Invariants
  /** Every living image ticket: the data port serves all hosts. */
  readonly tickets: Map<string, Ticket>
  /** Hosts that expect a guest of another one, by the run that it will be there. */
  readonly arrivals: Map<string, SimHost>
  /** A host by its number; undefined when there is none. */
  hostAt(index: number): SimHost | undefined
  /** `https://host:port` of the data port. */
  imagesUrl: string
  /** Address on which consoles of mode `listen` wait. */
  listenAddress: string
}

/** A thing that must never be, and was. */
export interface Violation {
  at: number
  rule: 'vm_twice' | 'disk_twice'
  sentence: string
}

/**
 * What no single host can see and a fleet can: a VM or an unshared disk that is used by two runs at once. Tests of the engine
 * read the violations at the end.
 */
export class Invariants {
  readonly violations: Violation[] = []
  readonly #users = new Map<string, Set<string>>()

  /** A run begins to use a thing. */
  use(rule: Violation['rule'], thing: string, user: string, at: number): void {
    const users = this.#users.get(`${rule} ${thing}`) ?? new Set()
    this.#users.set(`${rule} ${thing}`, users.add(user))
    if (users.size > 1)
      this.violations.push({ at, rule, sentence: `${thing} is used by ${[...users].join(' and ')} at once.` })
  }

  /** A run uses it no more. */
  leave(rule: Violation['rule'], thing: string, user: string): void {
    const users = this.#users.get(`${rule} ${thing}`)
    users?.delete(user)
    if (users?.size === 0) this.#users.delete(`${rule} ${thing}`)
  }
}
