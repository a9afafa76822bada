import { randomBytes } from 'node:crypto'
import { chmodSync, fstatSync, openSync, rmSync, writeSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { conflict, invalid, RookeryError, toErrorRecord, unsupported } from '@rookery/model'
import { z } from 'zod'
import type { ClaimOutcome } from '../lease/keeper.ts'
import { bootClock, openSession, type Session } from '../lease/session.ts'
import { findProcess, isThere, type ProcessId, signal, usesImages } from './process.ts'
import { type KeeperConfig, KeeperRequest, type KeeperStatus } from './requests.ts'
import { type KeeperState, readState, writeState } from './state.ts'

/** Slots of one area at the least; which of them is free, joining finds out. */
const slotsToTry = 256

/**
 * The process that answers for what this host holds on one domain. It outlives the agent, stops guests when it cannot renew, lets them go
 * on when it can again, and kills what is held for a time only. A keeper that died is followed by one that goes on where it was.
 */
export class HostKeeper {
  private readonly config: KeeperConfig
  private readonly guests: Map<string, ProcessId>
  private readonly handovers: Map<string, string>
  /** Generations that this keeper has called dead for good. */
  private readonly buried = new Set<string>()
  private rebootedAt = 0
  private readonly slot: number
  private readonly generation: string
  private readonly session: Session
  private readonly log: (event: object) => void
  private readonly watchdog: number | null

  /** @throws RookeryError as `readState` and `openSession` */
  static async start(config: KeeperConfig, log: (event: object) => void): Promise<HostKeeper> {
    const before = readState(config.state)
    const guests = new Map(Object.entries(before?.guests ?? {}).filter(([, guest]) => isThere(guest)))
    const handovers = new Map(Object.entries(before?.handovers ?? {}))
    const box: { keeper?: HostKeeper } = {}
    const open = (slot: number, generation: string) =>
      openSession({
        path: config.area,
        storageDomainId: config.storageDomainId,
        owner: { slot, hostId: config.hostId, generation },
        ...(before === null ? {} : { resume: { ...before, guests: new Set(guests.keys()), handovers } }),
        charges: {
          pause: resource => box.keeper?.act(resource, 'SIGSTOP'),
          resume: resource => box.keeper?.act(resource, 'SIGCONT'),
          kill: resource => box.keeper?.act(resource, 'SIGKILL'),
        },
        tick: overdue => box.keeper?.tick(overdue),
        report: seldom((trouble: string, detail: unknown) =>
          log({ event: 'trouble', trouble, detail: String(detail) }),
        ),
      })
    const { slot, generation, session } = await joined(before, open)
    box.keeper = new HostKeeper(config, guests, handovers, slot, generation, session, log)
    box.keeper.save()
    return box.keeper
  }

  private constructor(
    config: KeeperConfig,
    guests: Map<string, ProcessId>,
    handovers: Map<string, string>,
    slot: number,
    generation: string,
    session: Session,
    log: (event: object) => void,
  ) {
    this.config = config
    this.guests = guests
    this.handovers = handovers
    this.slot = slot
    this.generation = generation
    this.session = session
    this.log = log
    // From its opening on a device must be fed.
    this.watchdog = config.watchdog === null ? null : openSync(config.watchdog, 'w')
  }

  /** Answers on the socket until the process ends. */
  listen(): Promise<void> {
    rmSync(this.config.socket, { force: true })
    const server = createServer(socket => this.serve(socket))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.config.socket, () => {
        chmodSync(this.config.socket, 0o600)
        resolve()
      })
    })
  }

  private serve(socket: Socket): void {
    // An agent that dies takes its connection along and nothing else.
    socket.on('error', () => {})
    createInterface({ input: socket }).on('line', line => void this.answer(socket, line))
  }

  private async answer(socket: Socket, line: string): Promise<void> {
    let id: number | null = null
    try {
      const parsed = KeeperRequest.safeParse(JSON.parse(line))
      if (!parsed.success)
        throw invalid('lease.request', `The keeper does not understand this:\n${z.prettifyError(parsed.error)}`)
      id = parsed.data.id
      socket.write(`${JSON.stringify({ id, ok: await this.obey(parsed.data) })}\n`)
    } catch (error) {
      socket.write(`${JSON.stringify({ id, error: toErrorRecord(error) })}\n`)
    }
  }

  private async obey(request: KeeperRequest): Promise<object> {
    const { keeper } = this.session
    switch (request.do) {
      case 'status':
        return this.status()
      case 'claim':
        return this.claim(request.resource, request.timed, request.pid)
      case 'receive':
        return this.receive(request.resource, request.timed)
      case 'start':
      case 'arrived':
        return this.use(request.resource, request.pid, request.do)
      case 'leave':
        this.guests.delete(request.resource)
        this.handovers.delete(request.resource)
        if (keeper.tell(request.resource, { kind: 'reaped' })) this.save()
        return this.settle([request.resource])
      case 'settle':
        return this.settle(request.resources)
      case 'release':
        if (keeper.hold(request.resource).at === 'idle') return {}
        if (keeper.tell(request.resource, { kind: 'release' })) return this.settle([request.resource])
        throw conflict('lease.in_use', `${request.resource} is not held by this host, or its process is still there.`)
      case 'gift':
        return { gift: await this.gift(request.resource) }
      case 'handover':
        return this.handOver(request.resource, request.to)
      case 'declare':
        return { dead: await this.pronounce(request.of, request.cause) }
      case 'end':
        return this.end()
    }
  }

  private status(): KeeperStatus {
    const { keeper, area } = this.session
    const { generation, counter, expired, issuedAt } = keeper.tenure
    return {
      generation,
      slot: this.slot,
      counter,
      valid: keeper.valid,
      expired,
      age: bootClock() - issuedAt,
      watchdog: this.watchdog !== null,
      resources: [...keeper.resources]
        .filter(([, { at }]) => at !== 'idle')
        .map(([resource, { at, guest, timed, epoch }]) => ({
          resource,
          at,
          guest,
          timed,
          epoch,
          pid: this.guests.get(resource)?.pid ?? null,
        })),
      others: [...area.hosts.values()]
        .filter(slot => slot.generation !== generation && slot.state === 'live')
        .map(slot => ({
          generation: slot.generation,
          hostId: slot.hostId,
          unmoved: keeper.unmovedFor(slot.generation),
          looksDead: keeper.looksDead(slot.generation),
          dead: this.buried.has(slot.generation),
        })),
    }
  }

  /** A process that uses a resource from now on, or is to use it when it was given. */
  private use(resource: string, pid: number, kind: 'start' | 'arrived'): object {
    const { keeper } = this.session
    const guest = findProcess(pid)
    if (guest === null) throw conflict('lease.process_gone', `There is no process ${pid} on this host.`)
    const before = this.guests.get(resource)
    const doing = kind === 'start' ? ['running', 'paused'] : ['arrived', 'running', 'paused']
    if (before?.pid === pid && isThere(before) && doing.includes(keeper.hold(resource).guest)) return {}
    // Known to the next keeper before it runs.
    this.guests.set(resource, guest)
    this.save()
    if (keeper.tell(resource, { kind })) return {}
    if (before === undefined) this.guests.delete(resource)
    else this.guests.set(resource, before)
    throw conflict('lease.not_held', `This host does not hold ${resource}, or its storage lease has expired.`)
  }

  private claim(resource: string, timed: boolean, pid: number | null): Promise<object> {
    if (timed && this.watchdog === null)
      throw unsupported(
        'lease.no_watchdog',
        'This host has no watchdog, so nothing here may be held in a way that time frees: without a reset its last writes could come late.',
      )
    const now = this.session.keeper.hold(resource)
    const used = now.guest === 'running' || now.guest === 'paused'
    const own = now.guest === 'none' || (used && pid !== null && this.guests.get(resource)?.pid === pid)
    if (now.at === 'holding' && own && now.timed === timed) return Promise.resolve({ epoch: now.epoch })
    return this.ask(resource, done => this.session.keeper.claim(resource, timed, done))
  }

  private async receive(resource: string, timed: boolean): Promise<object> {
    const { keeper } = this.session
    const now = keeper.hold(resource)
    if (now.at === 'ready') return { from: now.peer }
    const from = await new Promise<string | null>(resolve => keeper.findHolder(resource, resolve))
    if (from === null || from === this.generation)
      throw conflict('lease.no_giver', `No other host holds ${resource}, so none can hand it over.`)
    await this.ask(resource, done => keeper.receive(resource, from, timed, done))
    return { from }
  }

  private async ask(resource: string, begin: (done: (outcome: ClaimOutcome) => void) => boolean): Promise<object> {
    if (!this.session.area.hasRoom(resource))
      throw conflict('lease.full', `This host holds as much as the lease area has room for where ${resource} belongs.`)
    const outcome = await new Promise<ClaimOutcome>((resolve, reject) => {
      if (!begin(resolve))
        reject(
          conflict(
            'lease.not_now',
            `${resource} cannot be taken now: it is in use here, or this host's storage lease has expired.`,
          ),
        )
    })
    if (outcome.kind !== 'refused') return { epoch: outcome.epoch }
    const by = outcome.rivals.map(({ owner, timed }) => ({
      generation: owner,
      hostId: this.session.area.hosts.get(owner)?.hostId ?? null,
      since: this.session.area.takenAt(resource, owner)?.toISOString() ?? null,
      unmoved: this.session.keeper.unmovedFor(owner),
      timed,
    }))
    throw conflict('lease.held', by.length > 0 ? held(resource, by) : 'Somebody was faster; ask again.', {
      detail: { resource, by },
    })
  }

  /** Answers once none of the resources is held for a process that is gone; what a process still uses stays. */
  private async settle(resources: readonly string[]): Promise<object> {
    const { keeper } = this.session
    this.look()
    const under = () => resources.filter(r => ['withdrawing', 'giving'].includes(keeper.hold(r).at))
    while (under().length > 0) await delay(10)
    return {}
  }

  /** Once it was given the guest counts as running, however often this is asked. */
  private gift(resource: string): Promise<string> {
    const { keeper } = this.session
    const { at, guest } = keeper.hold(resource)
    if ((at === 'upgrading' || at === 'holding') && (guest === 'running' || guest === 'paused'))
      return Promise.resolve('given')
    const decided = (gift: string) => {
      if (gift !== 'waiting') this.log({ event: 'gift', resource, gift, hold: at, guest })
      return gift
    }
    if (at !== 'ready') return Promise.resolve(decided('lost'))
    return new Promise<string>(resolve => keeper.pollGift(resource, resolve)).then(decided)
  }

  private handOver(resource: string, to: string | null): object {
    if (to === null) this.handovers.delete(resource)
    else if (this.session.keeper.hold(resource).at === 'holding') this.handovers.set(resource, to)
    else throw conflict('lease.not_held', `This host does not hold ${resource}.`)
    this.save()
    return {}
  }

  private pronounce(of: string, cause: 'expired' | 'fenced' | 'confirmed' | 'rebooted'): Promise<boolean> {
    if (this.buried.has(of) && cause !== 'expired') return Promise.resolve(true)
    return new Promise((resolve, reject) => {
      const decided = (dead: boolean) => {
        if (dead && cause !== 'expired') this.buried.add(of)
        this.log({ event: 'declared', of, cause, dead })
        resolve(dead)
      }
      if (!this.session.keeper.declare(of, cause, decided))
        reject(
          conflict(
            'lease.cannot_declare',
            `This host cannot call ${of} dead: it does not see it, is about to, or saw it move.`,
          ),
        )
    })
  }

  /** Whoever leaves the area holds nothing any more: its slot says so. */
  private async end(): Promise<object> {
    const { keeper, area } = this.session
    const used = [...keeper.resources].filter(
      ([, { at, guest }]) => at !== 'idle' && (at !== 'holding' || guest !== 'none'),
    )
    if (used.length > 0)
      throw conflict('lease.in_use', `This host still uses ${used.length} things of the storage domain.`)
    for (const resource of keeper.resources.keys()) keeper.tell(resource, { kind: 'release' })
    await this.settle([...keeper.resources.keys()])
    const { generation, counter, era } = keeper.tenure
    await area.leave({ generation, counter: counter + 1, era })
    this.log({ event: 'left' })
    setTimeout(() => {
      rmSync(this.config.state, { force: true })
      process.exit(0)
    }, 50)
    return {}
  }

  private act(resource: string, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.log({ event: name, resource })
    const guest = this.guests.get(resource)
    if (guest === undefined) return
    signal(guest, name)
    this.save()
  }

  /** Every second: lets go what is used no longer, and feeds the watchdog unless something is overdue. */
  private tick(overdue: boolean): void {
    if (!overdue && this.watchdog !== null) feed(this.watchdog)
    this.look()
    if (!this.session.keeper.tenure.ended || this.guests.size > 0) {
      this.buryOwn()
      return this.save()
    }
    // Declared dead: who starts this program again joins as a new generation.
    rmSync(this.config.state, { force: true })
    this.log({ event: 'ended' })
    process.exit(0)
  }

  /** Whose process is gone lets go, or gives to the host that its guest went to. */
  private look(): void {
    const { keeper } = this.session
    for (const [resource, guest] of this.guests) {
      if (isThere(guest)) continue
      this.guests.delete(resource)
      const to = this.handovers.get(resource)
      this.handovers.delete(resource)
      const { at, guest: was } = keeper.hold(resource)
      const left = to !== undefined && keeper.tell(resource, { kind: 'switchedOver' })
      const given = left && to !== undefined && keeper.tell(resource, { kind: 'give', to })
      if (!given) keeper.tell(resource, { kind: 'reaped' })
      this.log({ event: given ? 'given' : 'let go', resource, hold: at, was, pid: guest.pid, to: to ?? null })
    }
  }

  /** What a former life of this very host held is over when nothing of it runs any more: the host was started anew. */
  private buryOwn(): void {
    const { keeper, area } = this.session
    const now = bootClock()
    if (now - this.rebootedAt < area.header.times.see) return
    this.rebootedAt = now
    const before = [...area.hosts.values()].filter(
      slot =>
        slot.hostId === this.config.hostId &&
        slot.generation !== this.generation &&
        slot.state === 'live' &&
        !this.buried.has(slot.generation),
    )
    if (
      before.length === 0 ||
      usesImages(this.config.storageDomainId, new Set([...this.guests.values()].map(g => g.pid)))
    )
      return
    for (const { generation } of before)
      keeper.declare(generation, 'rebooted', dead => {
        if (dead) this.buried.add(generation)
        this.log({ event: 'declared', of: generation, cause: 'rebooted', dead })
      })
  }

  private save(): void {
    const { issuedAt, expired } = this.session.keeper.tenure
    const { slot, generation } = this
    writeState(this.config.state, {
      slot,
      generation,
      issuedAt,
      expired,
      stop: this.session.area.header.times.stop,
      timed: [...this.session.keeper.resources.values()].some(({ at, timed }) => timed && at !== 'idle'),
      guests: Object.fromEntries(this.guests),
      handovers: Object.fromEntries(this.handovers),
    })
  }
}

function held(
  resource: string,
  by: readonly { hostId: string | null; since: string | null; generation: string }[],
): string {
  const who = by.map(
    ({ hostId, generation, since }) =>
      `${hostId === null ? generation : `host ${hostId}`}${since === null ? '' : ` since ${since}`}`,
  )
  return `${resource} is held by ${who.join(', ')}.`
}

/** Any write feeds a watchdog device; a stand-in is a file that somebody outside the host looks at. */
function feed(watchdog: number): void {
  writeSync(watchdog, '1', fstatSync(watchdog).isFile() ? 0 : null)
}

/** Storage that is away says so every second: once a minute is enough for a log. */
function seldom(report: (trouble: string, detail: unknown) => void): (trouble: string, detail: unknown) => void {
  let last = Number.NEGATIVE_INFINITY
  return (trouble, detail) => {
    if (trouble === 'io' && bootClock() - last < 60) return
    last = bootClock()
    report(trouble, detail)
  }
}

/** Goes on in the slot of the keeper before, or joins the first one that nobody has. */
async function joined(
  before: KeeperState | null,
  open: (slot: number, generation: string) => Promise<Session>,
): Promise<{ slot: number; generation: string; session: Session }> {
  if (before !== null) {
    const { slot, generation } = before
    return { slot, generation, session: await open(slot, generation) }
  }
  const generation = randomBytes(16).toString('hex')
  for (let slot = 0; slot < slotsToTry; slot++) {
    try {
      return { slot, generation, session: await open(slot, generation) }
    } catch (error) {
      if (!(error instanceof RookeryError) || error.code !== 'lease.slot_taken') throw error
    }
  }
  throw conflict('lease.no_slot', 'Every slot of the lease area is taken; the area is as large as it was made.')
}
