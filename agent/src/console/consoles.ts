import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { conflict, invalid, notFound } from '@rookery/model'
import type { ConsoleResult, HostInventory } from '@rookery/protocol'
import type { Logger } from 'pino'
import { type DomainContext, theRun } from '../domain/context.ts'
import type { TrackedRun } from '../domain/observer.ts'
import type { Handler } from '../tasks/registry.ts'
import { listenOnce, type OneVisitor } from './listener.ts'
import { SerialLine } from './serial.ts'
import { ConsoleTickets } from './tickets.ts'
import { VncDoors } from './vnc.ts'

/** Everything that shows or types: serial lines, displays, and the tickets for them. */
export class Consoles {
  readonly #ctx: DomainContext
  readonly #log: Logger
  readonly #tickets = new ConsoleTickets()
  readonly #doors: VncDoors
  readonly #lines = new Map<string, SerialLine>()
  readonly #ports = new Map<string, OneVisitor>()

  constructor(ctx: DomainContext) {
    this.#ctx = ctx
    this.#log = ctx.log.child({ part: 'console' })
    this.#doors = new VncDoors(ctx.hypervisor)
    ctx.observer.onRuns(
      run => this.#begin(run),
      run => this.#end(run),
    )
  }

  /** `vm.console`. */
  readonly handler: Handler<'vm.console'> = async (task): Promise<ConsoleResult> => {
    const run = await theRun(this.#ctx, task)
    if (task.protocol === 'serial' && (run.live.serial === null || task.mode === 'listen'))
      throw task.mode === 'listen'
        ? invalid('console.mode', 'A serial console is a stream; only VNC waits for native viewers.')
        : conflict('console.none', 'This VM has no serial console.', { ref: { kind: 'vm', id: task.vmId } })
    if (task.protocol === 'vnc' && run.live.vncSocket === null)
      throw conflict('console.none', 'This VM has no display.', { ref: { kind: 'vm', id: task.vmId } })
    const lifetimeMs = task.expiresInSeconds * 1000
    if (task.mode === 'stream') {
      const { vmId, runId, protocol, password } = task
      this.#tickets.put(task.ticket, { vmId, runId, protocol, password, expiresAt: Date.now() + lifetimeMs })
      return { address: null, port: null }
    }
    const { address, password } = task
    if (address === null || password === null)
      throw invalid('console.listen', 'Awaiting a native viewer takes an address to listen on and a password.')
    const key = `${task.runId} ${task.ticket}`
    this.#ports.get(key)?.close()
    const port: OneVisitor = await listenOnce(
      address,
      lifetimeMs,
      socket => {
        this.#log.info({ vmId: run.vmId, from: socket.remoteAddress }, 'a native viewer came')
        this.#show(run, socket, password)
      },
      () => {
        if (this.#ports.get(key) === port) this.#ports.delete(key)
      },
    )
    this.#ports.set(key, port)
    return { address, port: port.port }
  }

  /** `GET /v1/console/{ticket}` with `Upgrade: rookery-console`. Throws before the 101 when there is nothing to open. */
  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const ticket = /^\/v1\/console\/([^/?]+)$/.exec(req.url ?? '')?.[1]
    if (ticket === undefined) throw notFound('request.path', 'There is nothing to upgrade at this path.')
    if (req.headers.upgrade?.toLowerCase() !== 'rookery-console')
      throw invalid('console.upgrade', 'A console is opened with the header "Upgrade: rookery-console".')
    const grant = this.#tickets.take(decodeURIComponent(ticket))
    const run = this.#ctx.observer.get(grant.vmId)
    if (run?.runId !== grant.runId) throw conflict('console.run_ended', 'The guest of this console has ended.')
    const line = this.#lines.get(run.runId)
    if (grant.protocol === 'serial' && line === undefined)
      throw conflict('console.none', 'This VM has no serial console.')
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: rookery-console\r\n\r\n')
    if (head.length > 0) socket.unshift(head)
    if (grant.protocol === 'serial') await line?.visit(socket)
    else this.#show(run, socket, grant.password)
  }

  /** Consoles that wait for their visitor. */
  waiting(): HostInventory['consoles'] {
    return [
      ...this.#tickets.all().map(({ runId, expiresAt }) => ({ runId, mode: 'stream' as const, expiresAt })),
      ...[...this.#ports].map(([key, { expiresAt }]) => ({
        runId: key.split(' ')[0] ?? '',
        mode: 'listen' as const,
        expiresAt,
      })),
    ]
  }

  /** Closes every port and line. */
  stop(): void {
    for (const port of this.#ports.values()) port.close()
    for (const line of this.#lines.values()) line.end()
  }

  #show(run: TrackedRun, visitor: Duplex, password: string | null): void {
    this.#doors.visit(run, visitor, password).catch(error => {
      visitor.destroy()
      this.#log.info({ err: error, vmId: run.vmId }, 'a display could not be opened')
    })
  }

  #begin(run: TrackedRun): void {
    const { serial } = run.live
    if (serial !== null) this.#lines.set(run.runId, new SerialLine(serial.socket, serial.log, this.#log))
  }

  #end(run: TrackedRun): void {
    this.#tickets.endRun(run.runId)
    this.#lines.get(run.runId)?.end()
    this.#lines.delete(run.runId)
    for (const [key, port] of this.#ports)
      if (key.startsWith(run.runId)) {
        port.close()
        this.#ports.delete(key)
      }
  }
}
