import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConsoleResult, HostInventory, TaskOf } from '@rookery/protocol'
import type { SimHost } from '../host.ts'
import type { Run } from '../life.ts'
import { serveRfb } from './rfb.ts'
import { serveSerial } from './serial.ts'

type ConsoleTask = TaskOf<'vm.console'>

interface Open {
  readonly protocol: 'vnc' | 'serial'
  readonly run: Run
  readonly expiresAt: number
}

const hash = (ticket: string) => createHash('sha256').update(ticket).digest('base64')

/** The console tickets of one host: each opens one console once. They die with the agent. */
export class ConsoleTickets {
  readonly #host: SimHost
  readonly #open = new Map<string, Open>()
  readonly #listeners = new Map<Server, { runId: string; expiresAt: number }>()

  constructor(host: SimHost) {
    this.#host = host
  }

  /** Opens a ticket; mode `listen` waits on a port of its own for one viewer. */
  open(task: ConsoleTask, run: Run): ConsoleResult | Promise<ConsoleResult> {
    const { clock } = this.#host.fleet
    const ms = task.expiresInSeconds * 1000
    if (task.mode === 'listen') return this.#listen(run, task.password ?? '', ms)
    const key = hash(task.ticket)
    this.#open.set(key, { protocol: task.protocol, run, expiresAt: clock.now() + ms })
    clock.after(ms, () => this.#open.delete(key))
    return { address: null, port: null }
  }

  /** Takes a ticket: what speaks on the stream from then on. Undefined for one that is unknown, used or over. */
  take(ticket: string): ((stream: Duplex) => void) | undefined {
    const key = hash(ticket)
    const open = this.#open.get(key)
    this.#open.delete(key)
    if (open === undefined || open.expiresAt <= this.#host.fleet.clock.now()) return undefined
    if (!this.#host.runs.has(open.run.spec.runId)) return undefined
    return stream => (open.protocol === 'vnc' ? serveRfb(stream, open.run, null) : serveSerial(stream, open.run))
  }

  /** Consoles that wait for their visitor. */
  waiting(): HostInventory['consoles'] {
    const now = this.#host.fleet.clock.now()
    return [
      ...[...this.#open.values()]
        .filter(open => open.expiresAt > now)
        .map(({ run, expiresAt }) => ({ runId: run.spec.runId, mode: 'stream' as const, expiresAt })),
      ...[...this.#listeners.values()].map(each => ({ ...each, mode: 'listen' as const })),
    ]
  }

  /** The guest is gone, and what waited for a visitor of its. */
  endRun(runId: string): void {
    for (const [key, { run }] of this.#open) if (run.spec.runId === runId) this.#open.delete(key)
    for (const [listener, of] of this.#listeners) if (of.runId === runId) listener.close()
  }

  /** The agent dies. */
  clear(): void {
    this.#open.clear()
    for (const listener of this.#listeners.keys()) listener.close()
    this.#listeners.clear()
  }

  async #listen(run: Run, password: string, ms: number): Promise<ConsoleResult> {
    const { clock, listenAddress: host } = this.#host.fleet
    const server = createServer(socket => {
      server.close() // one viewer
      serveRfb(socket, run, password)
    })
    this.#listeners.set(server, { runId: run.spec.runId, expiresAt: clock.now() + ms })
    server.once('close', () => this.#listeners.delete(server))
    server.listen({ host, port: 0 })
    await once(server, 'listening')
    clock.after(ms, () => server.close())
    const address = server.address()
    return { address: host, port: address !== null && typeof address === 'object' ? address.port : null }
  }
}
