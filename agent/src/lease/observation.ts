import type { DeathCause, Generation, Obituary, SlotRecord } from './entry.ts'
import type { LeaseTimes } from './times.ts'

/** How long another's slot was seen not to move, by this host's own clock and its own successful reads. */
export interface Observation {
  counter: number
  era: number
  /** End of the first read that showed this counter. */
  since: number
  /** Issue of the last read that showed it. */
  until: number
}

/** The memory of the reads so far: `lastRead` is when the last one ended. */
export interface Watch {
  lastRead: number
  seen: ReadonlyMap<Generation, Observation>
}

export const newWatch: Watch = { lastRead: Number.NEGATIVE_INFINITY, seen: new Map() }

/**
 * Adds one read of the whole table, issued at `began` and completed at `ended`. After a pause, or a read that took too long, every
 * observation begins anew: in an outage for all, nobody could renew.
 */
export function observe(
  watch: Watch,
  slots: readonly SlotRecord[],
  began: number,
  ended: number,
  times: LeaseTimes,
): Watch {
  const broken = ended - watch.lastRead > times.gap || ended - began > times.io
  const seen = new Map<Generation, Observation>()
  for (const { generation, counter, era } of slots) {
    const before = watch.seen.get(generation)
    const same = before !== undefined && before.counter === counter && !broken
    seen.set(generation, same ? { ...before, until: began } : { counter, era, since: ended, until: ended })
  }
  return { lastRead: ended, seen }
}

/** Whether this host may call another dead by its own observation alone; that frees timed entries only. */
export function looksDead(watch: Watch, generation: Generation, times: LeaseTimes): boolean {
  const seen = watch.seen.get(generation)
  return seen !== undefined && seen.until - seen.since >= times.dead
}

/** A death that is being declared: the intent stands on the disk, and the slot is looked at once more. */
export interface Declaration {
  of: Generation
  cause: DeathCause
  era: number
  counter: number
}

/**
 * The second look, after the intent has landed: a slot that moved since means that its host came back, perhaps before it could
 * read the intent. Then there was no death (null: withdraw it).
 */
export function confirmDeath(declaration: Declaration, counterNow: number | null): Obituary | null {
  if (counterNow !== declaration.counter) return null
  return { of: declaration.of, cause: declaration.cause, era: declaration.era, phase: 'final' }
}
