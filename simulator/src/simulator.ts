import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { conflict, notFound } from '@rookery/model'
import { type Logger, pino } from 'pino'
import { type Clock, type ManualClock, manualClock, realClock, until } from './clock.ts'
import { ConsoleTickets } from './console/tickets.ts'
import { Faults, type Fault } from './faults.ts'
import { type Fleet, Invariants, type Violation } from './fleet.ts'
import { SimHost } from './host.ts'
import { serveAdmin } from './http/admin.ts'
import { serveConsole, serveContract } from './http/contract.ts'
import { errorAnswer, sendJson } from './http/reply.ts'
import { serveImage } from './images/serve.ts'
import { alive, ImageTickets } from './images/tickets.ts'
import { fileJournal, noJournal } from './journal.ts'
import { type IsoFile, StoragePool } from './pool.ts'
import { seeded } from './random.ts'
import { restore } from './restore.ts'
import { TaskTable } from './tasks/table.ts'
import { applyFault, clearFaults } from './trouble.ts'

/** What a simulator is told. */
export interface SimulatorOptions {
  /** Where it listens; port 0 takes a free one. */
  listen?: { host: string; port: number }
  /** PEM texts: the certificate that all hosts show, its key, and the CA whose clients are let in. */
  tls: { cert: string | Buffer; key: string | Buffer; ca: string | Buffer }
  /** How many hosts there are: `/hosts/0` to `/hosts/<n-1>`. */
  hosts: number
  /** Folder of what outlives the process; null: nothing does. */
  dataDir?: string | null
  /** The same seed is the same fleet. */
  seed?: string | number
  clock?: 'real' | 'manual' | Clock
  /** How long tasks, boots and shutdowns take, as a part of what they usually pretend to; 1 unless said. */
  pace?: number
  /** `mixed`: hosts have processors of several families and makers; `same` unless said. */
  cpus?: 'same' | 'mixed'
  /** Port of the data port (image tickets, no client certificate); 0 takes a free one. */
  imagesPort?: number
  /** Files of each new ISO domain. */
  isoFiles?: readonly IsoFile[]
  /** How many bytes of image data are kept in memory, all volumes together; without a folder. */
  mostContentBytes?: number
  log?: Logger
}

/** A running fleet. */
export interface Simulator {
  /** `https://host:port`. */
  readonly url: string
  readonly imagesUrl: string
  readonly hosts: number
  readonly clock: Clock
  /** What should never have been, so far. */
  readonly violations: readonly Violation[]
  /** Base URL of a host. */
  hostUrl(index: number): string
  host(index: number): SimHost
  fault(index: number, fault: Fault): void
  clearFaults(index: number): void
  /** Turns a manual clock; `conflict` on a real one. */
  advance(ms: number): void
  addIsoFile(path: string, file: IsoFile): void
  /** Ends everything; with a folder, the next simulator on it goes on from here. */
  close(): Promise<void>
}

const GiB = 1024 ** 3

/** Starts a fleet of pretended hosts. */
export async function createSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { tls, hosts: count, dataDir = null, listen = { host: '127.0.0.1', port: 0 } } = options
  let closed = false
  const time = clockOf(options.clock ?? 'real')
  const journal = dataDir === null ? noJournal : fileJournal(dataDir)
  const pool = new StoragePool({
    journal,
    dataDir,
    budget: { left: options.mostContentBytes ?? GiB },
    isoFiles: options.isoFiles ?? [{ name: 'tiny.iso', size: 12 * 1024 * 1024 }],
  })
  const random = seeded(options.seed ?? 0)
  const { pace = 1 } = options
  const fleet: Fleet = {
    clock: until(time, () => closed),
    random,
    cpus: options.cpus ?? 'same',
    lasts: (bounds, ...words) => random.between(...bounds, ...words) * pace,
    journal,
    pool,
    log: options.log ?? pino({ level: 'silent' }),
    invariants: new Invariants(),
    tickets: new Map(),
    arrivals: new Map(),
    hostAt: index => (index < count ? sim.host(index) : undefined),
    imagesUrl: '',
    listenAddress: listen.host,
  }
  const hosts = new Map<number, SimHost>()
  const make = (index: number): SimHost => {
    const host = new SimHost(index, fleet, h => ({
      tasks: new TaskTable(h),
      faults: new Faults(),
      consoles: new ConsoleTickets(h),
      images: new ImageTickets(h),
    }))
    hosts.set(index, host)
    return host
  }

  const sim: Simulator = {
    get url() {
      return `https://${listen.host}:${portOf(server)}`
    },
    get imagesUrl() {
      return fleet.imagesUrl
    },
    hosts: count,
    clock: time,
    violations: fleet.invariants.violations,
    hostUrl: index => `${sim.url}/hosts/${index}`,
    host(index) {
      if (!Number.isSafeInteger(index) || index < 0 || index >= count)
        throw notFound('simulator.host', `There are hosts 0 to ${count - 1}, and no ${index}.`)
      const known = hosts.get(index)
      if (known !== undefined) return known
      const host = make(index)
      host.begin()
      return host
    },
    fault: (index, fault) => applyFault(sim.host(index), fault),
    clearFaults: index => clearFaults(sim.host(index)),
    advance(ms) {
      if (!isManual(time)) throw conflict('simulator.clock', 'This simulator runs on the real clock.')
      time.advance(ms)
    },
    addIsoFile(path, file) {
      const domain = pool.at({ type: 'localfs', path })
      if (domain?.info.type !== 'iso') throw notFound('simulator.iso', `${path} holds no ISO domain.`)
      domain.files = [...domain.files.filter(f => f.name !== file.name), file]
      pool.save(domain)
    },
    async close() {
      closed = true
      for (const host of hosts.values()) {
        host.tasks.halt()
        host.consoles.clear()
        host.cut()
      }
      await Promise.all([stop(server), stop(images)])
    },
  }

  const tlsOptions = { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.3' as const }
  const server = createServer({
    ...tlsOptions,
    ca: tls.ca,
    requestCert: true,
    rejectUnauthorized: true,
    ...httpOptions,
  })
  server.on('request', (req, res) => guard(fleet, res, () => route(sim, req, res)))
  server.on('upgrade', (req, socket) => upgrade(sim, req, socket))
  const images = createServer({ ...tlsOptions, ...httpOptions })
  images.on('request', (req, res) => guard(fleet, res, () => dataPort(fleet, req, res)))
  images.listen(options.imagesPort ?? 0, listen.host)
  await once(images, 'listening')
  fleet.imagesUrl = `https://${listen.host}:${portOf(images)}`
  restore(fleet, count, make)
  server.listen(listen.port, listen.host)
  await once(server, 'listening')
  return sim
}

/** Idle connections are kept a while; uploads may take as long as they take. */
const httpOptions = { keepAliveTimeout: 60_000, requestTimeout: 0, headersTimeout: 30_000 }

const hostPath = /^\/hosts\/(\d+)\/v1(\/.*)$/

async function route(sim: Simulator, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(req.url ?? '/', sim.url)
  const match = hostPath.exec(pathname)
  if (match !== null) return serveContract(sim.host(Number(match[1])), match[2] ?? '', searchParams, req, res)
  if (pathname === '/simulator' || pathname.startsWith('/simulator/'))
    return serveAdmin(sim, pathname.slice('/simulator'.length), req, res)
  throw notFound('request.unknown', `There is no ${pathname}.`)
}

function upgrade(sim: Simulator, req: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  try {
    const { pathname } = new URL(req.url ?? '/', sim.url)
    const match = hostPath.exec(pathname)
    if (match === null) return void socket.destroy()
    serveConsole(sim.host(Number(match[1])), match[2] ?? '', req, socket)
  } catch {
    socket.destroy() // an upgrade to nowhere has nobody who reads a reason
  }
}

/** The data port: image tickets of every host, for clients without a certificate. */
async function dataPort(fleet: Fleet, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(req.url ?? '/', fleet.imagesUrl)
  const [, images, id = '', ...rest] = pathname.split('/')
  if (images !== 'images') throw notFound('request.unknown', `There is no ${pathname}.`)
  const ticket = fleet.tickets.get(id)
  if (ticket?.host.dead) return void res.destroy()
  const living = ticket !== undefined && alive(ticket) ? ticket : undefined
  return serveImage(living, rest.map(part => `/${part}`).join(''), searchParams, req, res)
}

/** Nothing that goes wrong with one request ends the process. */
function guard(fleet: Fleet, res: ServerResponse, work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    if (res.headersSent || res.destroyed) return void res.destroy()
    const { status, body } = errorAnswer(error)
    if (status >= 500) fleet.log.error({ err: error }, 'a request failed')
    sendJson(res, status, body)
  })
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port // never a pipe: it was given a port

async function stop(server: Server): Promise<void> {
  const done = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await done
}

const isManual = (clock: Clock): clock is ManualClock => clock.kind === 'manual'

function clockOf(clock: 'real' | 'manual' | Clock): Clock {
  if (clock === 'real') return realClock()
  return clock === 'manual' ? manualClock() : clock
}
