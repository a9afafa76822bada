import type { RunStatus } from '@rookery/model'
import type { MigrationProgress } from '@rookery/protocol'

/** What is known of a run that runs; all that its status depends on. Times are epoch milliseconds. */
export interface RunFacts {
  /** Why it stands still; null when it does not. */
  readonly paused: string | null
  /** `vm.save` is at work. */
  readonly saving: boolean
  /** On its way to another host, or here from another one and not yet its own; null when it is where it belongs. */
  readonly migrating: 'out' | 'in' | null
  /** How far it is on its way out. */
  readonly migration: MigrationProgress | null
  /** When the guest was asked to shut down or was seen doing so; null when not. */
  readonly poweringDownSince: number | null
  /** When the guest was asked to restart or has just restarted; null when not. */
  readonly rebootingSince: number | null
  /** Whether that restart was seen to happen (the machine was reset). */
  readonly rebootSeen: boolean
  /** From when the grace counts: the start, the last restart, the end of a pause at the start. */
  readonly bootedAt: number
  readonly graceMs: number
  /** The guest agent has answered since `bootedAt`, or the grace has passed without one. */
  readonly up: boolean
}

/** A guest that ignores the power button this long is shown as running again. */
export const shutdownIgnoredMs = 5 * 60_000
/** A restart that was asked for and is not seen this long was ignored. */
export const rebootIgnoredMs = 5 * 60_000
/** A restart that happened is shown this long, so that somebody who looks sees it. */
export const rebootShownMs = 1000

/** The facts of a run that has just begun. */
export function freshRun(startedAt: number, graceMs: number, up = false): RunFacts {
  return {
    paused: null,
    saving: false,
    migrating: null,
    migration: null,
    poweringDownSince: null,
    rebootingSince: null,
    rebootSeen: false,
    bootedAt: startedAt,
    graceMs,
    up,
  }
}

/** Lets time work on the facts: the grace, restarts and shutdowns that nobody follows any more. */
export function elapse(facts: RunFacts, now: number): RunFacts {
  let next = facts
  if (next.rebootingSince !== null) {
    const limit = next.rebootSeen ? rebootShownMs : rebootIgnoredMs
    if (now - next.rebootingSince >= limit) next = { ...next, rebootingSince: null, rebootSeen: false }
  }
  if (next.poweringDownSince !== null && now - next.poweringDownSince >= shutdownIgnoredMs)
    next = { ...next, poweringDownSince: null }
  if (!next.up && next.paused === null && now - next.bootedAt >= next.graceMs) next = { ...next, up: true }
  return next
}

/** The machine was reset: the guest boots again, and whatever was asked of the one before is over. */
export function rebooted(facts: RunFacts, now: number): RunFacts {
  return { ...facts, rebootingSince: now, rebootSeen: true, poweringDownSince: null, bootedAt: now, up: false }
}

/** The guest goes on. A boot that stood still from its start has its whole grace before it. */
export function resumed(facts: RunFacts, now: number): RunFacts {
  if (facts.paused === null) return facts
  return { ...facts, paused: null, bootedAt: facts.up ? facts.bootedAt : now }
}

/** The guest does not leave, or has come: what is known of it counts again. */
export const settledHere = (facts: RunFacts): RunFacts =>
  facts.migrating === null ? facts : { ...facts, migrating: null, migration: null }

/** Reasons of libvirt for a guest that stands still because it moves. */
export const isMoving = (reason: string): boolean => reason === 'migration' || reason.startsWith('postcopy')

/** The one status that is reported, the strongest fact first. */
export function statusOf(facts: RunFacts): RunStatus {
  if (facts.saving) return 'saving_state'
  if (facts.migrating !== null) return 'migrating'
  if (facts.paused !== null) return 'paused'
  if (facts.rebootingSince !== null) return 'reboot_in_progress'
  if (facts.poweringDownSince !== null) return 'powering_down'
  return facts.up ? 'up' : 'powering_up'
}

/** Why a domain stands still, in the contract's words, from libvirt's reason (of a state or of an event). */
export function pauseReason(reason: string): string {
  return reason === 'io error' ? 'io_error' : reason === 'paused' ? 'user' : reason.replaceAll(' ', '_')
}
