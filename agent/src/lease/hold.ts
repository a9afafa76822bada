import type { Entry, Generation, Seen } from './entry.ts'
import { blocks } from './entry.ts'

/**
 * One host's dealings with one resource, as a state machine without I/O: to take it, a flag is written first and everybody else's is read
 * after that write has landed. Two who take at once see each other; at worst both withdraw.
 */
export interface Hold {
  /**
   * Taking: `counting` the epochs → `flagging` → `reading` → `holding`. Receiving: `counting` → `waiting` → `looking` → `ready`, and with the
   * gift `upgrading` → `holding`. Giving: `holding` → `giving` → `given`. Any end: `withdrawing` → `idle`.
   */
  at:
    | 'idle'
    | 'counting'
    | 'flagging'
    | 'reading'
    | 'holding'
    | 'withdrawing'
    | 'waiting'
    | 'looking'
    | 'ready'
    | 'upgrading'
    | 'giving'
    | 'given'
  /** `left`: switched over to a target that must not run it yet; `arrived`: here, paused, until the gift. */
  guest: 'none' | 'running' | 'paused' | 'left' | 'arrived' | 'killed'
  timed: boolean
  era: number
  epoch: number
  /** Who it is received from or given to. */
  peer: Generation | null
  /** Who stands in the way, as far as read. */
  rivals: readonly Rival[]
  /** Somebody has this epoch or a higher one. */
  stale: boolean
  /** Whom it was to come from does not hold it. */
  lost: boolean
}

export interface Rival {
  owner: Generation
  timed: boolean
}

/** What the machine has to know of the host that it runs on. */
export interface Me {
  generation: Generation
  era: number
  /** The lease is valid now: not expired, not ended, and its age below the limit. */
  valid: boolean
}

export type HoldEvent =
  | { kind: 'claim'; timed: boolean }
  | { kind: 'receive'; from: Generation; timed: boolean }
  /** The write that the last step asked for has landed. */
  | { kind: 'written' }
  /** One register of another host; `freed` by `isFreed`. */
  | { kind: 'saw'; seen: Seen; freed: boolean }
  /** All registers were seen. */
  | { kind: 'allSeen' }
  | { kind: 'start' }
  | { kind: 'switchedOver' }
  | { kind: 'takenBack' }
  | { kind: 'give'; to: Generation }
  | { kind: 'arrived' }
  /** The giver's register was read. */
  | { kind: 'gift'; entry: Entry | null }
  | { kind: 'release' }
  | { kind: 'expired' }
  | { kind: 'back' }
  | { kind: 'kill' }
  /** The process is gone and reaped, never merely killed. */
  | { kind: 'reaped' }

export interface HoldStep {
  hold: Hold
  /** Write this to the own register (null: no flag, the epoch stays), then say `written`. */
  write?: Entry | null
  /** Read everybody's registers: `saw` for each, then `allSeen`. */
  read?: boolean
  /** The question is decided. */
  outcome?: 'granted' | 'ready' | 'refused'
}

export const idleHold: Hold = {
  at: 'idle',
  guest: 'none',
  timed: false,
  era: 0,
  epoch: 0,
  peer: null,
  rivals: [],
  stale: false,
  lost: false,
}

/** The next state, or null when the event is not allowed now and changes nothing. */
export function stepHold(hold: Hold, event: HoldEvent, me: Me): HoldStep | null {
  switch (event.kind) {
    case 'claim':
      return begin(hold, me, event.timed, null)
    case 'receive':
      return begin(hold, me, event.timed, event.from)
    case 'written':
      return afterWrite(hold)
    case 'saw':
      return see(hold, event.seen, event.freed, me)
    case 'allSeen':
      return judge(hold, me)
    case 'gift': {
      const given = event.entry?.flag === 'given' && event.entry.peer === me.generation
      if (hold.at !== 'ready' || hold.guest !== 'arrived' || !given || !entitled(hold, me)) return null
      return { hold: { ...hold, at: 'upgrading', guest: 'running' }, write: flag(hold, 'held') }
    }
    case 'give':
      // The guest is gone from here before the gift is written: what was given cannot be resumed.
      if (hold.at !== 'holding' || hold.guest !== 'left') return null
      return {
        hold: { ...hold, at: 'giving', guest: 'none', peer: event.to },
        write: { ...flag(hold, 'given'), peer: event.to },
      }
    case 'release':
      if (hold.guest !== 'none' || (hold.at !== 'holding' && hold.at !== 'ready' && hold.at !== 'given')) return null
      return withdraw(hold)
    default:
      return guestStep(hold, event.kind, me)
  }
}

function begin(hold: Hold, me: Me, timed: boolean, from: Generation | null): HoldStep | null {
  if ((hold.at !== 'idle' && hold.at !== 'given') || hold.guest !== 'none' || !me.valid) return null
  return { hold: { ...idleHold, at: 'counting', timed, era: me.era, peer: from }, read: true }
}

function afterWrite(hold: Hold): HoldStep | null {
  switch (hold.at) {
    case 'flagging':
      return { hold: { ...hold, at: 'reading' }, read: true }
    case 'waiting':
      return { hold: { ...hold, at: 'looking' }, read: true }
    case 'upgrading':
      return { hold: { ...hold, at: 'holding', peer: null } }
    case 'giving':
      return { hold: { ...hold, at: 'given' } }
    case 'withdrawing':
      return { hold: idleHold }
    default:
      return null
  }
}

function see(hold: Hold, seen: Seen, freed: boolean, me: Me): HoldStep | null {
  if (hold.at === 'counting') return { hold: { ...hold, epoch: Math.max(hold.epoch, seen.epoch) } }
  if (hold.at !== 'reading' && hold.at !== 'looking') return null
  if (seen.owner === me.generation) return { hold }
  if (hold.at === 'looking' && seen.owner === hold.peer) return { hold: { ...hold, lost: seen.entry?.flag !== 'held' } }
  const rival = seen.entry !== null && blocks(seen.entry) && !freed
  return {
    hold: {
      ...hold,
      rivals: rival ? [...hold.rivals, { owner: seen.owner, timed: seen.entry?.timed === true }] : hold.rivals,
      stale: hold.stale || (hold.at === 'reading' && seen.epoch >= hold.epoch),
    },
  }
}

function judge(hold: Hold, me: Me): HoldStep | null {
  switch (hold.at) {
    case 'counting': {
      const next: Hold = {
        ...hold,
        at: hold.peer === null ? 'flagging' : 'waiting',
        epoch: hold.epoch + 1,
        era: me.era,
        lost: hold.peer !== null,
      }
      return { hold: next, write: flag(next, hold.peer === null ? 'held' : 'waiting') }
    }
    case 'reading':
      if (hold.rivals.length === 0 && !hold.stale) return { hold: { ...hold, at: 'holding' }, outcome: 'granted' }
      return { ...withdraw(hold), outcome: 'refused' }
    case 'looking':
      if (hold.rivals.length === 0 && !hold.lost) return { hold: { ...hold, at: 'ready' }, outcome: 'ready' }
      return { ...withdraw(hold), outcome: 'refused' }
    default:
      return null
  }
}

function guestStep(
  hold: Hold,
  kind: 'start' | 'switchedOver' | 'takenBack' | 'arrived' | 'expired' | 'back' | 'kill' | 'reaped',
  me: Me,
): HoldStep | null {
  const to = (guest: Hold['guest']): HoldStep => ({ hold: { ...hold, guest } })
  const { at, guest } = hold
  switch (kind) {
    case 'start':
      return at === 'holding' && guest === 'none' && entitled(hold, me) ? to('running') : null
    case 'switchedOver':
      return at === 'holding' && guest === 'running' ? to('left') : null
    case 'takenBack':
      return at === 'holding' && guest === 'left' && entitled(hold, me) ? to('running') : null
    case 'arrived':
      return at === 'ready' && guest === 'none' ? to('arrived') : null
    case 'expired':
      return guest === 'running' ? to('paused') : null
    case 'back':
      return guest === 'paused' && entitled(hold, me) ? to('running') : null
    case 'kill':
      return guest === 'none' || guest === 'killed' ? null : to('killed')
    case 'reaped':
      return guest === 'none' ? null : to('none')
  }
}

/** What a hold entitles to it does only while the lease is valid; a timed one also ends with its era. */
function entitled(hold: Hold, me: Me): boolean {
  return me.valid && (!hold.timed || me.era === hold.era)
}

function withdraw(hold: Hold): HoldStep {
  return { hold: { ...hold, at: 'withdrawing' }, write: null }
}

function flag(hold: Hold, name: Entry['flag']): Entry {
  return { flag: name, timed: hold.timed, era: hold.era, peer: hold.peer, epoch: hold.epoch }
}
