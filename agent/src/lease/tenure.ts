import type { Generation, Obituary, SlotRecord } from './entry.ts'
import type { LeaseTimes } from './times.ts'

/** How a generation keeps its slot alive. All times are seconds of a clock that never jumps and also counts while the host sleeps. */
export interface Tenure {
  generation: Generation
  counter: number
  /** Raised when the timed entries of the era before were declared free. */
  era: number
  /** When the last renewal that completed was issued: from here the age counts, because a slow write may have landed at once. */
  issuedAt: number
  /** Sticky: a renewal that lands late revives nobody, only coming back does. */
  expired: boolean
  /** Declared dead for good: kill everything and take a new generation. */
  ended: boolean
  /** The renewal in flight; never two. */
  renewing: { at: number; wasExpired: boolean } | null
}

export function newTenure(generation: Generation, now: number): Tenure {
  return { generation, counter: 0, era: 0, issuedAt: now, expired: false, ended: false, renewing: null }
}

export const ageOf = (tenure: Tenure, now: number): number => now - tenure.issuedAt

/** Whether the lease entitles to anything now. */
export function isValid(tenure: Tenure, now: number, times: LeaseTimes): boolean {
  return !tenure.expired && !tenure.ended && ageOf(tenure, now) < times.stop
}

/** The record to write, or null while one is under way. */
export function renew(tenure: Tenure, now: number): { tenure: Tenure; record: SlotRecord } | null {
  if (tenure.renewing !== null || tenure.ended) return null
  const next = { ...tenure, counter: tenure.counter + 1, renewing: { at: now, wasExpired: tenure.expired } }
  return { tenure: next, record: { generation: next.generation, counter: next.counter, era: next.era } }
}

/** After the renewal landed. `comeBack` is the time that coming back counts from: now read every obituary, then call `comeBack`. */
export function renewed(tenure: Tenure): { tenure: Tenure; comeBack: number | null } {
  if (tenure.renewing === null) return { tenure, comeBack: null }
  const { at, wasExpired } = tenure.renewing
  if (!tenure.expired) return { tenure: { ...tenure, renewing: null, issuedAt: at }, comeBack: null }
  return { tenure: { ...tenure, renewing: null }, comeBack: wasExpired ? at : null }
}

/** Makes the lease expire when it is old enough. */
export function expire(tenure: Tenure, now: number, times: LeaseTimes): Tenure {
  return ageOf(tenure, now) >= times.stop ? { ...tenure, expired: true } : tenure
}

/**
 * What the obituaries that name this generation, intents included, ask of it: `end` kills everything and begins a new
 * generation, `endTimed` kills timed guests (their entries are free), the rest goes on in a new era.
 */
export function obey(
  tenure: Tenure,
  obituaries: readonly Obituary[],
): { tenure: Tenure; order: 'none' | 'endTimed' | 'end' } {
  const mine = obituaries.filter(o => o.of === tenure.generation)
  if (mine.some(o => o.cause !== 'expired')) return { tenure: { ...tenure, ended: true }, order: 'end' }
  if (mine.some(o => o.era === tenure.era)) return { tenure: { ...tenure, era: tenure.era + 1 }, order: 'endTimed' }
  return { tenure, order: 'none' }
}

/**
 * Ends an expiry, after every obituary was read and obeyed, when the renewal issued `from` still counts. The deadline is not decoration:
 * somebody may have begun to declare this host dead after that renewal grew old.
 */
export function comeBack(tenure: Tenure, from: number, now: number, times: LeaseTimes): Tenure {
  if (!tenure.expired || tenure.ended || now - from >= times.stop) return tenure
  return { ...tenure, expired: false, issuedAt: from }
}

/** A guest (or a child that writes for the SPM) as the deadlines see it. */
export interface Charge {
  timed: boolean
  state: 'running' | 'paused' | 'killed'
}

/** What is due: one answer a guest, and whether the watchdog may be fed. */
export interface Duties {
  actions: ('none' | 'pause' | 'kill')[]
  /** A killed guest is still there at `reset`: its writes wait in this kernel, and only its end ends them. */
  reset: boolean
}

/** What the age of the lease asks for. Pure, so that keeper and warden ask the same question. */
export function duties(tenure: Tenure, charges: readonly Charge[], now: number, times: LeaseTimes): Duties {
  const age = ageOf(tenure, now)
  return {
    actions: charges.map(charge => {
      if (charge.state === 'killed') return 'none'
      if (tenure.ended || (tenure.expired && charge.timed && age >= times.kill)) return 'kill'
      return tenure.expired && charge.state === 'running' ? 'pause' : 'none'
    }),
    reset: age >= times.reset && charges.some(charge => charge.timed),
  }
}
