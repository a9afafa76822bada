/** One life of a keeper on one boot of a host: 16 random bytes as 32 hex digits. It owns a slot and the cells behind it. */
export type Generation = string

/**
 * What a generation says about itself and one resource (an image, a VM, the SPM): `held` takes it, `waiting` prepares to receive it from
 * `peer`, `given` hands it to `peer`. Only its owner ever writes it, so a write that lands late can change nothing but its owner's word.
 */
export interface Entry {
  flag: 'held' | 'waiting' | 'given'
  /** Freed by time too; its host promises to be gone in return. */
  timed: boolean
  /** The owner's era when it was written: an obituary of the kind `expired` frees the timed entries of one era. */
  era: number
  peer: Generation | null
  epoch: number
}

/** An entry and who wrote it. `entry` is null where its owner only remembers an epoch. */
export interface Seen {
  owner: Generation
  entry: Entry | null
  /** The highest epoch that the owner has seen; never goes down. */
  epoch: number
}

/** Why a generation is called dead. Anything but `expired` ends it for good. */
export type DeathCause = 'expired' | 'fenced' | 'confirmed' | 'rebooted'

/** One host's word about another's death. `final` is true for ever, `intent` may be withdrawn. */
export interface Obituary {
  of: Generation
  cause: DeathCause
  era: number
  phase: 'intent' | 'final'
}

/** What a generation says about itself at each renewal. */
export interface SlotRecord {
  generation: Generation
  counter: number
  era: number
}

/** Whether a final obituary has freed this entry. */
export function isFreed(owner: Generation, entry: Entry, obituaries: readonly Obituary[]): boolean {
  return obituaries.some(
    o =>
      o.of === owner &&
      o.phase === 'final' &&
      // A host that expired pauses what it holds and may come back: only what it promised to give up by time is free.
      (o.cause !== 'expired' || (entry.timed && o.era === entry.era)),
  )
}

/** Whether somebody's entry keeps everybody else away. Waiting does: else a giver could claim again what it is giving away. */
export function blocks(entry: Entry): boolean {
  return entry.flag !== 'given'
}
