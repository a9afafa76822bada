import { randomBytes } from 'node:crypto'
import { chmodSync, fstatSync, openSync, rmSync, writeSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { conflict, invalid, RookeryError, toErrorRecord, unsupported } from '@rookery/model'
import { z } from 'zod'
import type { ClaimOutcome } from '../lease/keeper.ts'
import { openSession, type Session } from '../lease/session.ts'
import { findProcess, isThere, type ProcessId, signal } from './process.ts'
import { type KeeperConfig, KeeperRequest } from './requests.ts'
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
  private readonly slot: number
  private readonly generation: string
  private readonly session: Session
  private readonly log: (event: object) => void
  private readonly watchdog: number | null

  /** @throws RookeryError as `readState` and `openSession` */
  static async start(config: KeeperConfig, log: (event: object) => void): Promise<HostKeeper> {
    const before = readState(config.state)
    const guests = new Map(Object.entries(before?.guests ?? {}).filter(([, guest]) => isThere(guest)))
    const box: { keeper?: HostKeeper } = {}
    const open = (slot: number, generation: string) =>
      openSession({
        path: config.area,
        storageDomainId: config.storageDomainId,
        owner: { slot, hostId: config.hostId, generation },
        ...(before === null ? {} : { resume: { ...before, guests: new Set(guests.keys()) } }),
        charges: {
          pause: resource => box.keeper?.act(resource, 'SIGSTOP'),
          resume: resource => box.keeper?.act(resource, 'SIGCONT'),
          kill: resource => box.keeper?.act(resource, 'SIGKILL'),
        },
        tick: overdue => box.keeper?.tick(overdue),
        report: (trouble, detail) => log({ event: 'trouble', trouble, detail: String(detail) }),
      })
    const { slot, generation, session } = await joined(before, open)
    box.keeper = new HostKeeper(config, guests, slot, generation, session, log)
    box.keeper.save()
    return box.keeper
  }

  private constructor(
    config: KeeperConfig,
    guests: Map<string, ProcessId>,
    slot: number,
    generation: string,
    session: Session,
    log: (event: object) => void,
  ) {
    this.config = config
    this.guests = guests
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
        return {
          ...keeper.tenure,
          valid: keeper.valid,
          resources: [...keeper.resources].map(([resource, { at, guest, timed, epoch }]) => ({
            resource,
            at,
            guest,
            timed,
            epoch,
          })),
        }
      case 'claim':
        return this.claim(request.resource, request.timed)
      case 'start': {
        const guest = findProcess(request.pid)
        if (guest === null) throw conflict('lease.process_gone', `There is no process ${request.pid} on this host.`)
        this.guests.set(request.resource, guest)
        // Known to the next keeper before it runs.
        this.save()
        if (keeper.tell(request.resource, { kind: 'start' })) return {}
        this.guests.delete(request.resource)
        throw conflict(
          'lease.not_held',
          `This host does not hold ${request.resource}, or its storage lease has expired.`,
        )
      }
      case 'release':
        if (keeper.tell(request.resource, { kind: 'release' })) return {}
        throw conflict('lease.in_use', `${request.resource} is not held by this host, or its process is still there.`)
      case 'declare':
        return { dead: await this.pronounce(request.of, request.cause) }
    }
  }

  private claim(resource: string, timed: boolean): Promise<object> {
    if (timed && this.watchdog === null)
      throw unsupported(
        'lease.no_watchdog',
        'This host has no watchdog, so nothing here may be held in a way that time frees: without a reset its last writes could come late.',
      )
    if (!this.session.area.hasRoom(resource))
      throw conflict('lease.full', `This host holds as much as the lease area has room for where ${resource} belongs.`)
    return new Promise((resolve, reject) => {
      const decided = (outcome: ClaimOutcome) => {
        if (outcome.kind !== 'refused') return resolve({ epoch: outcome.epoch })
        const by = outcome.rivals.map(rival => rival.owner)
        reject(
          conflict(
            'lease.held',
            by.length > 0 ? `${resource} is held by ${by.join(', ')}.` : 'Somebody was faster; ask again.',
            {
              detail: { resource, by },
            },
          ),
        )
      }
      if (!this.session.keeper.claim(resource, timed, decided))
        reject(
          conflict(
            'lease.not_now',
            `${resource} cannot be taken now: it is in use here, or this host's storage lease has expired.`,
          ),
        )
    })
  }

  private pronounce(of: string, cause: 'expired' | 'fenced' | 'confirmed' | 'rebooted'): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (!this.session.keeper.declare(of, cause, resolve))
        reject(
          conflict(
            'lease.cannot_declare',
            `This host cannot call ${of} dead: it does not see it, has said so already, or saw it move.`,
          ),
        )
    })
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
    for (const [resource, guest] of this.guests) {
      if (isThere(guest)) continue
      this.guests.delete(resource)
      this.session.keeper.tell(resource, { kind: 'reaped' })
    }
    if (!this.session.keeper.tenure.ended || this.guests.size > 0) return this.save()
    // Declared dead: who starts this program again joins as a new generation.
    rmSync(this.config.state, { force: true })
    this.log({ event: 'ended' })
    process.exit(0)
  }

  private save(): void {
    const { issuedAt, expired } = this.session.keeper.tenure
    const { slot, generation } = this
    writeState(this.config.state, { slot, generation, issuedAt, expired, guests: Object.fromEntries(this.guests) })
  }
}

/** Any write feeds a watchdog device; a stand-in is a file that somebody outside the host looks at. */
function feed(watchdog: number): void {
  writeSync(watchdog, '1', fstatSync(watchdog).isFile() ? 0 : null)
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
