import type { DeathCause, Entry, Generation, Obituary, Seen, SlotRecord } from './entry.ts'
import { type Hold, type HoldEvent, idleHold, type Me, type Rival } from './hold.ts'
import { type Declaration, newWatch } from './observation.ts'
import { type Rules, rules as allRules } from './rules.ts'
import { isValid, newTenure, type Tenure } from './tenure.ts'
import type { LeaseTimes } from './times.ts'

/** What a keeper that ended left to the next one of the same boot. */
export interface Legacy {
  counter: number
  era: number
  issuedAt: number
  expired: boolean
  /** The entries on the disk, and which of them have a guest that is still there. */
  entries: ReadonlyMap<string, Entry>
  guests: ReadonlySet<string>
  /** To whom what has lost its guest meanwhile was to go over in a migration. */
  handovers: ReadonlyMap<string, Generation>
}

/** One read of the whole table. */
export interface Table {
  slots: readonly SlotRecord[]
  obituaries: readonly Obituary[]
}

/** One read of all registers in which a resource may stand. */
export interface Bucket {
  seen: readonly Seen[]
  obituaries: readonly Obituary[]
}

/**
 * The area on the disk as the keeper needs it. Each function calls back when the thing is done, as late as that may be, and tries by
 * itself until then; a write is done when it is durable. Registers have one writer and at most one write in flight.
 */
export interface LeaseArea {
  writeSlot(record: SlotRecord, done: () => void): void
  /** null takes the flag back and leaves the epoch. */
  writeEntry(resource: string, entry: Entry | null, done: () => void): void
  /** null withdraws an intent. */
  writeObituary(of: Generation, obituary: Obituary | null, done: () => void): void
  readTable(done: (table: Table) => void): void
  readBucket(resource: string, done: (bucket: Bucket) => void): void
  readCounter(generation: Generation, done: (counter: number | null) => void): void
}

/** What the keeper does to guests and to the SPM's children. A kill is followed by `reaped` when the process is really gone. */
export interface Charges {
  pause(resource: string): void
  resume(resource: string): void
  kill(resource: string): void
}

export type ClaimOutcome = { kind: 'granted' | 'ready'; epoch: number } | { kind: 'refused'; rivals: readonly Rival[] }

export interface KeeperWorld {
  area: LeaseArea
  charges: Charges
  /** Seconds of a clock that never jumps and also counts while the host sleeps. */
  now(): number
  /** Calls back after at least so many seconds of that clock. */
  after(seconds: number, then: () => void): void
}

/**
 * The life of one generation on one area: renews, watches the others, holds resources, declares the dead, and says what is due when it
 * cannot renew. It does no I/O and knows no clock but the world's, so the model runs the very same code.
 */
export class Keeper {
  readonly generation: Generation
  private readonly world: KeeperWorld
  private readonly times: LeaseTimes
  private readonly rules: Rules
  private tenureNow: Tenure
  private watch = newWatch
  private readonly holds = new Map<string, Hold>()
  private readonly asked = new Map<string, (outcome: ClaimOutcome) => void>()
  private readonly declared = new Map<Generation, Obituary>()

  constructor(generation: Generation, world: KeeperWorld, times: LeaseTimes, rules: Rules = allRules) {
    this.generation = generation
    this.world = world
    this.times = times
    this.rules = rules
    this.tenureNow = newTenure(generation, world.now())
  }

  /** Takes over what a keeper before this one held, as it stands on the disk. What has no guest is let go. */
  inherit({ counter, era, issuedAt, expired, entries, guests, handovers }: Legacy): void {
    this.tenureNow = { ...this.tenureNow, counter, era, issuedAt, expired }
    const here = { held: expired ? 'paused' : 'running', waiting: 'arrived', given: 'none' } as const
    const at = { held: 'holding', waiting: 'ready', given: 'given' } as const
    for (const [resource, entry] of entries) {
      const { timed, era: since, epoch, peer, flag } = entry
      const guest = guests.has(resource) ? here[flag] : 'none'
      this.holds.set(resource, { ...idleHold, at: at[flag], guest, timed, era: since, epoch, peer })
      if (guest !== 'none' || flag === 'given') continue
      const to = flag === 'held' ? handovers.get(resource) : undefined
      if (to !== undefined) this.holds.set(resource, { ...this.hold(resource), guest: 'left' })
      this.apply(resource, to === undefined ? { kind: 'release' } : { kind: 'give', to })
    }
  }

  /** Every resource that this host has to do with. */
  get resources(): ReadonlyMap<string, Hold> {
    return this.holds
  }

  get tenure(): Readonly<Tenure> {
    return this.tenureNow
  }

  get valid(): boolean {
    return isValid(this.tenureNow, this.world.now(), this.times)
  }

  hold(resource: string): Hold {
    return this.holds.get(resource) ?? idleHold
  }

  /** Writes the slot and reads the table, every `times.renew`. */
  renew(): void {
    const step = this.rules.renew(this.tenureNow, this.world.now())
    if (step === null) return
    this.tenureNow = step.tenure
    this.world.area.writeSlot(step.record, () => {
      const { tenure, comeBack } = this.rules.renewed(this.tenureNow)
      this.tenureNow = tenure
      if (comeBack !== null) this.tryComeBack(comeBack)
      this.look()
    })
  }

  /**
   * Does what the age of the lease asks for and takes back the flags of guests that are gone; every second, by keeper and warden.
   * `reset` tells the watchdog's feeder to stop.
   */
  enforce(): { reset: boolean } {
    const now = this.world.now()
    if (!this.tenureNow.expired) {
      this.tenureNow = this.rules.expire(this.tenureNow, now, this.times)
    }
    const due = [...this.holds].flatMap(([resource, hold]) => {
      const state = chargeState[hold.guest]
      return state === null ? [] : [{ resource, timed: hold.timed, state }]
    })
    const { actions, reset } = this.rules.duties(this.tenureNow, due, now, this.times)
    for (const [index, { resource }] of due.entries()) {
      if (actions[index] === 'kill') this.kill(resource)
      if (actions[index] === 'pause' && this.apply(resource, { kind: 'expired' })) this.world.charges.pause(resource)
    }
    return { reset }
  }

  /** Takes a resource for this host; `done` hears of it unless the generation ends before. False when it cannot be asked now. */
  claim(resource: string, timed: boolean, done: (outcome: ClaimOutcome) => void): boolean {
    return this.ask(resource, { kind: 'claim', timed }, done)
  }

  /** Prepares to receive a resource in a migration. */
  receive(resource: string, from: Generation, timed: boolean, done: (outcome: ClaimOutcome) => void): boolean {
    return this.ask(resource, { kind: 'receive', from, timed }, done)
  }

  /** What happens to the guest here: see `HoldEvent`. False, and nothing changes, where it is not allowed. */
  tell(resource: string, event: GuestEvent): boolean {
    return this.apply(resource, event)
  }

  /**
   * Target of a migration: reads whether the gift is there. `given`: the guest may run, and counts as running. `lost`: it never comes, since
   * whoever was to give it let it go or was declared dead.
   */
  pollGift(resource: string, done: (gift: 'given' | 'waiting' | 'lost') => void): void {
    const peer = this.hold(resource).peer
    this.world.area.readBucket(resource, ({ seen, obituaries }) => {
      const entry = seen.find(s => s.owner === peer)?.entry ?? null
      if (peer === null || this.hold(resource).peer !== peer) return done('waiting')
      if (this.apply(resource, { kind: 'gift', entry })) return done('given')
      const mine = entry?.flag === 'held' || (entry?.flag === 'given' && entry.peer === this.generation)
      const freed = entry?.flag === 'held' && this.rules.isFreed(peer, entry, obituaries)
      done(mine && !freed ? 'waiting' : 'lost')
    })
  }

  /** Who holds a resource and was not declared dead; null: nobody, as far as can be read. */
  findHolder(resource: string, done: (holder: Generation | null) => void): void {
    this.world.area.readBucket(resource, ({ seen, obituaries }) => {
      const holder = seen.find(
        ({ owner, entry }) => entry?.flag === 'held' && !this.rules.isFreed(owner, entry, obituaries),
      )
      done(holder?.owner ?? null)
    })
  }

  /** Seconds since another generation's slot was first seen as it is now; null for one that is not seen. */
  unmovedFor(generation: Generation): number | null {
    const seen = this.watch.seen.get(generation)
    return seen === undefined ? null : this.world.now() - seen.since
  }

  kill(resource: string): void {
    if (this.apply(resource, { kind: 'kill' })) this.world.charges.kill(resource)
  }

  /** Ends this generation: somebody else uses its registers. */
  end(): void {
    this.tenureNow = { ...this.tenureNow, ended: true }
    for (const resource of this.holds.keys()) this.kill(resource)
  }

  looksDead(generation: Generation): boolean {
    return this.rules.looksDead(this.watch, generation, this.times)
  }

  /**
   * Declares another generation dead in two phases: the intent, a second look at its slot, the final word. By time (`expired`) only after
   * an observation of `times.dead`; a fence or a person's word is checked against the disk for `times.see`. `done` hears whether it is dead.
   */
  declare(of: Generation, cause: DeathCause, done: (dead: boolean) => void): boolean {
    const seen = this.watch.seen.get(of)
    const before = this.declared.get(of)
    const said =
      before?.phase === 'final' && (before.cause !== 'expired' || (cause === 'expired' && before.era === seen?.era))
    if (!this.valid || seen === undefined || before?.phase === 'intent' || said || of === this.generation) return false
    if (cause === 'expired' && !this.looksDead(of)) return false
    const intent: Obituary = { of, cause, era: seen.era, phase: 'intent' }
    this.declared.set(of, intent)
    const end = (final: Obituary | null) => {
      if (final === null) this.declared.delete(of)
      else this.declared.set(of, final)
      done(final !== null)
    }
    if (cause === 'expired') this.pronounce(intent, seen.counter, end)
    // Whoever reads an intent obeys it. So a word is checked before it is written: a host that is wrongly called dead loses nothing.
    else
      this.world.area.readCounter(of, counter =>
        this.world.after(this.times.see, () =>
          this.world.area.readCounter(of, later => {
            if (counter === null || later !== counter) return end(null)
            this.pronounce(intent, counter, end)
          }),
        ),
      )
    return true
  }

  private pronounce(intent: Obituary, counter: number, end: (final: Obituary | null) => void): void {
    const { area } = this.world
    const declaration: Declaration = { of: intent.of, cause: intent.cause, era: intent.era, counter }
    area.writeObituary(intent.of, intent, () =>
      area.readCounter(intent.of, now => {
        const final = this.rules.confirmDeath(declaration, now)
        area.writeObituary(intent.of, final, () => end(final))
      }),
    )
  }

  private ask(resource: string, event: HoldEvent, done: (outcome: ClaimOutcome) => void): boolean {
    if (!this.apply(resource, event)) return false
    this.asked.set(resource, done)
    return true
  }

  /** Takes one step of a hold and does what it asks for. */
  private apply(resource: string, event: HoldEvent): boolean {
    const step = this.rules.stepHold(this.hold(resource), event, this.me())
    if (step === null) return false
    this.holds.set(resource, step.hold)
    const { area } = this.world
    if (step.write !== undefined) area.writeEntry(resource, step.write, () => this.apply(resource, { kind: 'written' }))
    if (step.read === true) area.readBucket(resource, bucket => this.judge(resource, bucket))
    if (step.outcome !== undefined) {
      const done = this.asked.get(resource)
      this.asked.delete(resource)
      done?.(
        step.outcome === 'refused'
          ? { kind: 'refused', rivals: step.hold.rivals }
          : { kind: step.outcome, epoch: step.hold.epoch },
      )
    }
    // Else nobody could start it: whose guest is gone takes the flag back, told or not; at once, or when the gift's flag has landed.
    if (event.kind === 'reaped' || (event.kind === 'written' && step.hold.at === 'holding'))
      this.apply(resource, { kind: 'release' })
    return true
  }

  private judge(resource: string, bucket: Bucket): void {
    for (const seen of bucket.seen) {
      const freed = seen.entry !== null && this.rules.isFreed(seen.owner, seen.entry, bucket.obituaries)
      this.apply(resource, { kind: 'saw', seen, freed })
    }
    this.apply(resource, { kind: 'allSeen' })
  }

  private me(): Me {
    return { generation: this.generation, era: this.tenureNow.era, valid: this.valid }
  }

  private tryComeBack(from: number): void {
    this.world.area.readTable(({ obituaries }) => {
      this.obey(obituaries)
      this.tenureNow = this.rules.comeBack(this.tenureNow, from, this.world.now(), this.times)
      if (this.tenureNow.expired || this.tenureNow.ended) return
      for (const resource of this.holds.keys())
        if (this.apply(resource, { kind: 'back' })) this.world.charges.resume(resource)
    })
  }

  private look(): void {
    const began = this.world.now()
    this.world.area.readTable(({ slots, obituaries }) => {
      const others = slots.filter(slot => slot.generation !== this.generation)
      this.watch = this.rules.observe(this.watch, others, began, this.world.now(), this.times)
      if (!this.tenureNow.expired && !this.tenureNow.ended) this.obey(obituaries)
    })
    for (const [resource, hold] of this.holds) if (hold.at === 'given') this.clearGift(resource)
  }

  /** A gift stands until its receiver holds the resource, or waits for it no longer. */
  private clearGift(resource: string): void {
    this.world.area.readBucket(resource, ({ seen }) => {
      const { at, peer } = this.hold(resource)
      if (at !== 'given') return
      if (seen.find(s => s.owner === peer)?.entry?.flag !== 'waiting') this.apply(resource, { kind: 'release' })
    })
  }

  private obey(obituaries: readonly Obituary[]): void {
    const { tenure, order } = this.rules.obey(this.tenureNow, obituaries)
    this.tenureNow = tenure
    if (order === 'none') return
    for (const [resource, hold] of this.holds) if (order === 'end' || hold.timed) this.kill(resource)
  }
}

export type GuestEvent = Extract<
  HoldEvent,
  { kind: 'start' | 'switchedOver' | 'takenBack' | 'give' | 'arrived' | 'release' | 'reaped' }
>

/** Which guests the deadlines look at: a guest that left or only arrived does not run here. */
const chargeState = {
  none: null,
  running: 'running',
  paused: 'paused',
  left: null,
  arrived: null,
  killed: 'killed',
} as const satisfies Record<Hold['guest'], 'running' | 'paused' | 'killed' | null>
