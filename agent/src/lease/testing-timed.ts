import type { DeathCause, Entry, Generation, Obituary, SlotRecord } from './entry.ts'
import { type Bucket, type ClaimOutcome, Keeper } from './keeper.ts'
import { type Rules, rules as allRules } from './rules.ts'
import { defaultTimes, type LeaseTimes } from './times.ts'

/**
 * Seeded runs of real keepers in a pretended world: clocks of different rates, requests that wait in kernels and in the storage, outages,
 * frozen keepers and hosts, power loss, watchdogs, fencing; an engine that knows nothing and tries everything. Watched are: two that
 * run, a guest's write that lands after a later run began, two SPMs, an SPM's epoch used twice, and a guest that never comes to run again.
 */
export interface RunOptions {
  rules?: Rules
  times?: Partial<LeaseTimes>
  /** Relative error of the clocks' rates. */
  drift?: number
  /** The worst that one host can do, again and again: its storage lost, and its keepers frozen soon after. */
  squeeze?: boolean
  /** The guest's lease is of the timed kind; by default in every second seed. */
  timed?: boolean
  /** What the world owes and does not pay. */
  without?: 'a watchdog' | 'storage that executes in time' | 'fencing that tells the truth'
  /** Leaves the watchdog fed whatever is due. */
  feedsAlways?: boolean
  /** The engine declares hosts expired also over entries that are held. */
  takesHeld?: boolean
}

export interface RunResult {
  bad: string | null
  log: string[]
  stats: Record<'starts' | 'takeovers' | 'moves' | 'resumes' | 'resets' | 'spm', number>
}

const duration = 1600
/** Then faults end, and the guest must come to run again. */
const quietAfter = duration - 600
const vm = 'vm'
const spm = 'spm'

/** One run of three hosts. */
export function runSeed(seed: number, options: RunOptions = {}): RunResult {
  return new World(seed, options).run()
}

interface Machine {
  id: string
  boots: number
  rate: number
  offset: number
  keeper: Keeper
  off: boolean
  /** Until when its storage path is cut, its keeper, its warden and the whole host are frozen. */
  cut: number
  keeperFrozen: number
  wardenFrozen: number
  frozen: number
  /** What the kernel keeps until the path is back. */
  queue: (() => void)[]
  /** Writes of the guest that were handed over and not answered; `run` is the number of its run. */
  inFlight: number
  run: number
  fedAt: number
  dying: boolean
}

class World {
  now = 0
  private readonly events = new Heap()
  private readonly random: () => number
  private readonly times: LeaseTimes
  private readonly rules: Rules
  private readonly options: RunOptions
  private readonly timed: boolean
  private readonly slots = new Map<Generation, SlotRecord>()
  private readonly entries = new Map<string, Map<Generation, { entry: Entry | null; epoch: number }>>([
    [vm, new Map()],
    [spm, new Map()],
  ])
  private readonly obituaries = new Map<string, Obituary>()
  private readonly machines: Machine[] = []
  private readonly fenced = new Set<Generation>()
  private outage = 0
  private lastRun = 0
  private lastEpoch = 0
  private readonly result: RunResult = {
    bad: null,
    log: [],
    stats: { starts: 0, takeovers: 0, moves: 0, resumes: 0, resets: 0, spm: 0 },
  }

  constructor(seed: number, options: RunOptions) {
    this.options = options
    this.random = randomOf(seed)
    this.times = { ...defaultTimes, ...options.times }
    this.rules = options.rules ?? allRules
    this.timed = options.timed ?? seed % 2 === 0
    const drift = options.drift ?? 0.01
    for (const id of ['A', 'B', 'C'])
      this.machines.push(
        this.boot({ id, boots: 0, rate: 1 + this.between(-drift, drift), offset: this.between(0, 1e4) }),
      )
  }

  run(): RunResult {
    this.after(5, () => this.engine())
    this.after(30, () => this.chaos())
    let ran = false
    for (let event = this.events.pop(); event !== undefined; event = this.events.pop()) {
      if (event.at > duration || this.result.bad !== null) break
      this.now = event.at
      event.run()
      ran ||= this.now > quietAfter && this.machines.some(m => !m.off && m.keeper.hold(vm).guest === 'running')
    }
    if (!ran) this.fail('the guest never came to run again')
    return this.result
  }

  // --- a host

  private boot(of: Pick<Machine, 'id' | 'boots' | 'rate' | 'offset'>, into?: Machine): Machine {
    const boots = of.boots + 1
    const generation = `${of.id}.${boots}`
    const machine: Machine = Object.assign(into ?? ({} as Machine), {
      ...of,
      boots,
      off: false,
      cut: 0,
      keeperFrozen: 0,
      wardenFrozen: 0,
      frozen: 0,
      queue: [],
      inFlight: 0,
      run: 0,
      fedAt: this.now,
      dying: false,
    })
    machine.keeper = this.newKeeper(machine, generation)
    const { keeper } = machine
    keeper.renew()
    this.every(machine, this.times.renew, 'keeper', () => keeper.renew())
    this.every(machine, 1, 'keeper', () => {
      if (!this.enforce(machine)) machine.fedAt = this.now
    })
    this.every(machine, 1, 'warden', () => void this.enforce(machine))
    this.every(machine, 2, 'guest', () => this.guestWrites(machine))
    this.every(machine, 1, 'hardware', () => {
      if (this.options.without === 'a watchdog' || this.now - machine.fedAt < this.times.watchdog) return
      this.reset(machine, 'its watchdog fired')
    })
    return machine
  }

  private newKeeper(machine: Machine, generation: Generation): Keeper {
    const write = (what: () => void, done: () => void) =>
      this.io(machine, generation, what, () => this.asKeeper(machine, generation, done))
    const read = <T>(what: () => T, done: (value: T) => void) => {
      const box: { value?: T } = {}
      const landed = () => {
        box.value = what()
      }
      this.io(machine, generation, landed, () => this.asKeeper(machine, generation, () => done(box.value as T)))
    }
    return new Keeper(
      generation,
      {
        now: () => machine.offset + this.now * machine.rate,
        after: (seconds, then) => this.after(seconds / machine.rate, () => this.asKeeper(machine, generation, then)),
        charges: {
          pause: resource => this.say(`${generation} pauses ${resource}`),
          resume: resource => {
            if (resource !== vm) return
            this.result.stats.resumes++
            this.began(machine, false)
          },
          kill: resource => {
            this.say(`${generation} kills ${resource} with ${machine.inFlight} writes in flight`)
            // Later, as a signal does; a child of the SPM waits for nothing.
            this.after(0, () => this.reap(machine, generation, resource))
          },
        },
        area: {
          writeSlot: (record, done) => write(() => void this.slots.set(generation, record), done),
          writeEntry: (resource, entry, done) =>
            write(() => {
              const mine = this.entries.get(resource)
              const epoch = entry?.epoch ?? mine?.get(generation)?.epoch ?? 0
              mine?.set(generation, { entry, epoch })
            }, done),
          writeObituary: (of, obituary, done) =>
            write(() => {
              if (obituary === null) this.obituaries.delete(`${generation}>${of}`)
              else this.obituaries.set(`${generation}>${of}`, obituary)
            }, done),
          readTable: done =>
            read(() => ({ slots: [...this.slots.values()], obituaries: [...this.obituaries.values()] }), done),
          readBucket: (resource, done) => read(() => this.bucket(resource), done),
          readCounter: (of, done) => read(() => this.slots.get(of)?.counter ?? null, done),
        },
      },
      this.times,
      this.rules,
    )
  }

  private bucket(resource: string): Bucket {
    const seen = [...(this.entries.get(resource) ?? [])].map(([owner, { entry, epoch }]) => ({ owner, entry, epoch }))
    return { seen, obituaries: [...this.obituaries.values()] }
  }

  /** True when the watchdog must not be fed. */
  private enforce(machine: Machine): boolean {
    const { keeper } = machine
    const { reset } = keeper.enforce()
    this.reap(machine, keeper.generation, vm)
    this.reap(machine, keeper.generation, spm)
    if (keeper.tenure.ended && !machine.dying && keeper.hold(vm).guest === 'none') {
      machine.dying = true
      this.after(this.between(5, 20), () => {
        if (machine.keeper === keeper && !machine.off) this.boot(machine, machine)
      })
    }
    if (!reset || this.options.feedsAlways === true) return false
    if (this.options.without !== 'a watchdog') this.reset(machine, 'a killed guest is still there')
    return true
  }

  /** A killed process is gone when the kernel holds none of its writes. */
  private reap(machine: Machine, generation: Generation, resource: string): void {
    const { keeper } = machine
    if (machine.off || keeper.generation !== generation || keeper.hold(resource).guest !== 'killed') return
    if (resource === vm && machine.inFlight > 0) return
    keeper.tell(resource, { kind: 'reaped' })
  }

  private reset(machine: Machine, why: string): void {
    if (machine.off) return
    this.result.stats.resets++
    this.say(`${machine.keeper.generation} is reset: ${why}`)
    this.powerOff(machine)
  }

  private powerOff(machine: Machine): void {
    const { generation } = machine.keeper
    machine.off = true
    machine.queue = []
    machine.inFlight = 0
    this.after(this.chance(0.3) ? this.between(200, 500) : this.between(60, 150), () => {
      if (machine.keeper.generation !== generation) return
      // The new boot says that the old one is over.
      this.fenced.add(generation)
      this.boot(machine, machine)
    })
  }

  private guestWrites(machine: Machine): void {
    const { keeper, run } = machine
    if (keeper.hold(vm).guest !== 'running') return
    machine.inFlight++
    const land = () => {
      if (run < this.lastRun)
        this.fail(`a write of ${keeper.generation} (run ${run}) lands after run ${this.lastRun} began`)
    }
    this.io(machine, keeper.generation, land, () => machine.inFlight--, true)
  }

  private began(machine: Machine, fresh: boolean): void {
    if (fresh) machine.run = ++this.lastRun
    for (const other of this.machines)
      if (other !== machine && !other.off && other.keeper.hold(vm).guest === 'running')
        this.fail(`${machine.keeper.generation} and ${other.keeper.generation} both run`)
  }

  // --- the engine

  private engine(): void {
    const machine = this.pick(this.machines.some(m => !m.off) ? this.machines.filter(m => !m.off) : this.machines)
    const { keeper } = machine
    const quiet = this.now > quietAfter
    if (!machine.off) {
      if (this.chance(0.75)) this.asKeeper(machine, keeper.generation, () => this.start(machine))
      if (this.chance(0.2)) this.asKeeper(machine, keeper.generation, () => this.startSpm(machine))
      const source = this.machines.find(m => !m.off && m.keeper.hold(vm).guest === 'running')
      if (this.chance(0.15) && source !== undefined && source !== machine) this.migrate(source, machine)
      if (this.chance(0.03) && this.now >= machine.frozen && keeper.hold(vm).guest === 'running') keeper.kill(vm)
    }
    const fences = quiet ? 0.05 : this.options.squeeze === true ? 0 : 0.01
    if (this.chance(fences)) this.fence(this.pick(this.machines), quiet)
    this.after(this.options.squeeze === true ? 1 : this.between(1, 8), () => this.engine())
  }

  private fence(victim: Machine, quiet: boolean): void {
    if (quiet && !victim.off) return
    this.say(`${victim.keeper.generation} is fenced`)
    const { generation } = victim.keeper
    if (!victim.off && this.options.without !== 'fencing that tells the truth') this.powerOff(victim)
    this.fenced.add(generation)
  }

  /** Asks for a resource; whoever stands in the way is declared dead when the engine may say so. */
  private take(machine: Machine, resource: string, timed: boolean, granted: (epoch: number) => void): void {
    const { keeper } = machine
    keeper.claim(resource, timed, (outcome: ClaimOutcome) => {
      if (outcome.kind !== 'refused') return granted(outcome.epoch)
      for (const { owner, timed: theirs } of outcome.rivals) {
        const declare = (cause: DeathCause) =>
          keeper.declare(owner, cause, dead => {
            this.say(`${keeper.generation} declared ${owner} (${cause}): ${dead}`)
            if (dead && cause === 'expired' && resource === vm) this.result.stats.takeovers++
          })
        if (this.fenced.has(owner)) return declare('fenced')
        if ((theirs || this.options.takesHeld === true) && keeper.looksDead(owner)) return declare('expired')
      }
    })
  }

  private start(machine: Machine): void {
    const { keeper } = machine
    this.take(machine, vm, this.timed, () => {
      if (!keeper.tell(vm, { kind: 'start' })) return void keeper.tell(vm, { kind: 'release' })
      machine.inFlight = 0
      this.result.stats.starts++
      this.say(`${keeper.generation} runs the guest`)
      this.began(machine, true)
    })
  }

  private startSpm(machine: Machine): void {
    const { keeper } = machine
    this.take(machine, spm, true, epoch => {
      if (!keeper.tell(spm, { kind: 'start' })) return void keeper.tell(spm, { kind: 'release' })
      this.result.stats.spm++
      if (epoch <= this.lastEpoch) this.fail(`the SPM's epoch ${epoch} is used again`)
      this.lastEpoch = epoch
      for (const other of this.machines) {
        const theirs = other.keeper.hold(spm).guest
        if (other !== machine && !other.off && theirs === 'running' && this.now >= other.frozen)
          this.fail(`two SPMs: ${keeper.generation} and ${other.keeper.generation}`)
      }
      this.after(this.between(60, 400), () =>
        this.asKeeper(machine, keeper.generation, () => void keeper.tell(spm, { kind: 'reaped' })),
      )
    })
  }

  private migrate(source: Machine, target: Machine): void {
    const from = source.keeper
    const to = target.keeper
    const timed = from.hold(vm).timed
    const alive = () => source.keeper === from && target.keeper === to && !source.off && !target.off
    const giveUp = () => {
      if (target.keeper !== to || target.off) return
      if (!to.tell(vm, { kind: 'reaped' })) to.tell(vm, { kind: 'release' })
    }
    to.receive(vm, from.generation, timed, outcome => {
      if (outcome.kind === 'refused') return
      // Memory is copied; then the guest is paused and its disks are drained.
      this.after(this.between(1, 30), () => {
        const ready = alive() && source.inFlight === 0 && this.now >= source.frozen && this.now >= target.frozen
        if (!ready || !from.tell(vm, { kind: 'switchedOver' })) return giveUp()
        if (!to.tell(vm, { kind: 'arrived' })) {
          if (from.tell(vm, { kind: 'takenBack' })) this.began(source, false)
          else from.tell(vm, { kind: 'reaped' })
          return
        }
        target.inFlight = 0
        if (this.chance(0.2) && from.tell(vm, { kind: 'takenBack' })) {
          this.began(source, false)
          return giveUp()
        }
        from.tell(vm, { kind: 'give', to: to.generation })
        this.awaitGift(target, to, 40, giveUp)
      })
    })
  }

  private awaitGift(target: Machine, to: Keeper, tries: number, giveUp: () => void): void {
    if (target.keeper !== to || target.off || to.hold(vm).guest !== 'arrived') return
    if (tries === 0) return giveUp()
    to.pollGift(vm, gift => {
      if (gift === 'given') {
        this.result.stats.moves++
        this.say(`${to.generation} runs the guest that was given`)
        return this.began(target, true)
      }
      this.after(1, () => this.asKeeper(target, to.generation, () => this.awaitGift(target, to, tries - 1, giveUp)))
    })
  }

  // --- faults

  private chaos(): void {
    if (this.now > quietAfter) return
    if (this.options.squeeze === true) return this.squeeze()
    const machine = this.pick(this.machines)
    const { generation } = machine.keeper
    const long = this.chance(0.3) ? this.between(60, 400) : this.between(1, 40)
    const dice = this.random()
    if (dice < 0.25) this.cutStorage(machine, long)
    else if (dice < 0.4) {
      this.outage = Math.max(this.outage, Math.min(this.now + long, quietAfter))
      this.say(`the storage stops until ${this.outage.toFixed(0)}`)
    } else if (dice < 0.55) machine.keeperFrozen = this.now + long
    else if (dice < 0.65) machine.keeperFrozen = machine.wardenFrozen = this.now + long
    else if (dice < 0.75) machine.frozen = this.now + long
    else if (dice < 0.87) {
      this.cutStorage(machine, this.between(60, 400))
      this.after(this.between(15, 50), () => {
        if (machine.keeper.generation !== generation) return
        machine.keeperFrozen = machine.wardenFrozen = this.now + 300
        if (this.chance(0.5)) machine.frozen = this.now + 300
      })
    } else if (dice < 0.92 && !machine.off) {
      this.say(`${generation} loses power`)
      this.powerOff(machine)
    }
    this.after(this.between(15, 90), () => this.chaos())
  }

  private squeeze(): void {
    const machine = this.machines.find(m => !m.off && m.keeper.hold(vm).guest === 'running')
    if (machine !== undefined) {
      const { keeper } = machine
      if (this.chance(0.8)) this.cutStorage(machine, this.between(40, 115))
      this.after(this.between(5, 52), () => {
        if (machine.keeper === keeper) machine.keeperFrozen = machine.wardenFrozen = this.now + 300
      })
    }
    this.after(220, () => this.chaos())
  }

  private cutStorage(machine: Machine, seconds: number): void {
    this.say(`${machine.keeper.generation} loses its storage for ${seconds.toFixed(0)}`)
    machine.cut = this.now + seconds
    this.after(seconds, () => {
      for (const send of machine.queue.splice(0)) send()
    })
  }

  // --- storage and time

  /** `land` runs when the storage executes the request, `answered` when the host hears of it: each as late as the faults want. */
  private io(machine: Machine, generation: Generation, land: () => void, answered: () => void, data = false): void {
    const alive = () => machine.keeper?.generation === generation && !machine.off
    const send = () => {
      const takes = this.chance(0.02) ? this.between(0.05, 6) : this.between(0.002, 0.05)
      let at = this.now + takes
      if (at < this.outage) at = this.outage + this.between(0, this.times.late - 1)
      if (data && this.options.without === 'storage that executes in time' && this.chance(0.03))
        at += this.between(60, 300)
      this.after(at - this.now, () => {
        land()
        const hear = () => {
          if (alive()) answered()
        }
        if (this.now < machine.cut) machine.queue.push(hear)
        else this.after(0.005, hear)
      })
    }
    if (this.now < machine.cut) machine.queue.push(send)
    else send()
  }

  /** Runs it when the keeper of that generation is not frozen. */
  private asKeeper(machine: Machine, generation: Generation, run: () => void): void {
    if (machine.keeper.generation !== generation || machine.off) return
    const until = Math.max(machine.keeperFrozen, machine.frozen)
    if (this.now >= until) return run()
    this.after(until - this.now + this.random() * 0.2, () => this.asKeeper(machine, generation, run))
  }

  private every(
    machine: Machine,
    seconds: number,
    who: 'keeper' | 'warden' | 'guest' | 'hardware',
    run: () => void,
  ): void {
    const { generation } = machine.keeper
    const tick = () => {
      if (machine.keeper.generation !== generation) return
      const own = { keeper: machine.keeperFrozen, warden: machine.wardenFrozen, guest: 0, hardware: 0 }[who]
      const until = who === 'hardware' ? 0 : Math.max(machine.frozen, own)
      // After a thaw the guest may be first.
      if (this.now < until) return this.after(until - this.now + (who === 'guest' ? 0 : 0.05 + this.random()), tick)
      if (!machine.off) run()
      this.after(seconds / machine.rate, tick)
    }
    this.after((this.random() * seconds) / machine.rate, tick)
  }

  private after(seconds: number, run: () => void): void {
    this.events.push({ at: this.now + seconds, run })
  }

  private say(what: string): void {
    this.result.log.push(`${this.now.toFixed(1)} ${what}`)
  }

  private fail(what: string): void {
    if (this.result.bad !== null) return
    this.result.bad = what
    this.say(`VIOLATION: ${what}`)
  }

  private between(low: number, high: number): number {
    return low + (high - low) * this.random()
  }

  private chance(probability: number): boolean {
    return this.random() < probability
  }

  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T
  }
}

function randomOf(seed: number): () => number {
  let x = (seed * 2654435761) >>> 0 || 1
  return () => {
    x = (x ^ (x << 13)) >>> 0
    x ^= x >>> 17
    x = (x ^ (x << 5)) >>> 0
    return x / 4294967296
  }
}

interface Timed {
  at: number
  run: () => void
}

/** Events by time; those of one time in the order they came. */
class Heap {
  private readonly items: (Timed & { order: number })[] = []
  private count = 0

  push(event: Timed): void {
    const item = { ...event, order: this.count++ }
    let i = this.items.push(item) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = this.items[parent]
      if (above === undefined || before(above, item)) break
      this.items[i] = above
      i = parent
    }
    this.items[i] = item
  }

  pop(): Timed | undefined {
    const top = this.items[0]
    const last = this.items.pop()
    if (last === undefined || this.items.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      const left = this.items[child]
      const right = this.items[child + 1]
      if (left === undefined) break
      if (right !== undefined && before(right, left)) child++
      const least = this.items[child]
      if (least === undefined || before(last, least)) break
      this.items[i] = least
      i = child
    }
    this.items[i] = last
    return top
  }
}

const before = (a: Timed & { order: number }, b: Timed & { order: number }) =>
  a.at < b.at || (a.at === b.at && a.order < b.order)
