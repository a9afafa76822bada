import { uuid, WireError } from '@rookery/protocol'
import { z } from 'zod'

const match = z.strictObject({
  /** Only tasks of this kind. */
  taskKind: z.string().optional(),
  /** Only this VM, for what happens to guests. */
  vmId: uuid.optional(),
})

const standing = {
  match: match.optional(),
  /** How often it happens before it is over; without: until it is taken away. */
  times: z.int().min(1).optional(),
}

/** What can go wrong with a host. The first five stand until they are used up or taken away, the others happen at once. */
export const Fault = z.discriminatedUnion('kind', [
  /** Takes requests and answers none; watches stay open and say nothing. */
  z.strictObject({ kind: z.literal('silent') }),
  /** Each answer comes `ms` later by the simulator's clock. */
  z.strictObject({ kind: z.literal('slow'), ms: z.int().min(1).max(3_600_000).default(2000), ...standing }),
  /** Breaks each connection before the request is heard. */
  z.strictObject({ kind: z.literal('refuse'), ...standing }),
  /** Tasks fail, with this error. */
  z.strictObject({ kind: z.literal('fail-task'), error: WireError.optional(), ...standing }),
  /** What was asked is done and the connection breaks before the answer. */
  z.strictObject({ kind: z.literal('drop-reply'), ...standing }),
  /** The agent dies and comes back; guests go on. */
  z.strictObject({ kind: z.literal('crash-agent'), downMs: z.int().min(0).max(86_400_000).default(1000) }),
  /** The machine loses power and its guests. Comes back after `downMs`, or when the faults are taken away. */
  z.strictObject({ kind: z.literal('power-off'), downMs: z.int().min(0).max(86_400_000).optional() }),
  /** Guests crash: the one that matches, or all. */
  z.strictObject({ kind: z.literal('guest-crash'), match: match.optional() }),
  /** Guests pause because their disk cannot be written. */
  z.strictObject({ kind: z.literal('io-error'), match: match.optional() }),
])
export type Fault = z.infer<typeof Fault>
export type FaultKind = Fault['kind']
type Standing = 'silent' | 'slow' | 'refuse' | 'fail-task' | 'drop-reply'

/** The standing faults of one host. */
export class Faults {
  #faults: Fault[] = []

  /** Adds one, and returns what can be taken away again. */
  add(fault: Fault): Fault {
    const mine = { ...fault }
    this.#faults = [...this.#faults, mine]
    return mine
  }

  clear(): void {
    this.#faults = []
  }

  /** Takes one away. */
  remove(fault: Fault): void {
    this.#faults = this.#faults.filter(f => f !== fault)
  }

  list(): readonly Fault[] {
    return this.#faults
  }

  /** The fault of this kind that applies to a call (with its task's kind, when it is one); uses it once. */
  take<K extends Standing>(kind: K, taskKind?: string): Extract<Fault, { kind: K }> | undefined {
    for (const fault of this.#faults) {
      if (!isKind(fault, kind)) continue
      const wanted = 'match' in fault ? fault.match?.taskKind : undefined
      if (wanted !== undefined && wanted !== taskKind) continue
      if ('times' in fault && fault.times !== undefined && --fault.times === 0)
        this.#faults = this.#faults.filter(f => f !== fault)
      return fault
    }
    return undefined
  }
}

const isKind = <K extends FaultKind>(fault: Fault, kind: K): fault is Extract<Fault, { kind: K }> => fault.kind === kind
