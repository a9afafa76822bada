/**
 * One connection to a libvirt daemon: calls in flight by serial number, events, streams, keepalive, and the reason it
 * ended. It never reconnects; `session.ts` does that.
 */
import type { Socket } from 'node:net'
import { dial } from './dial.ts'
import { LibvirtConnectionError } from './errors.ts'
import { virNetStreamHole } from './generated/net.gen.ts'
import { DEFAULT_KEEPALIVE, isKeepalive, Keepalive, type KeepaliveOptions } from './keepalive.ts'
import {
  type AnyProcedure,
  type CallArgs,
  type CallRet,
  eventKey,
  eventNames,
  type ProcedureName,
  procedures,
} from './procedures.ts'
import { readError } from './remote-error.ts'
import { type Slot, Slots } from './slots.ts'
import { LibvirtStream, type StreamOptions, type StreamPort, type StreamSink } from './stream.ts'
import {
  CALL,
  CONTINUE,
  ERROR,
  type Header,
  MESSAGE,
  type Message,
  MessageReader,
  MessageWriter,
  OK,
  REPLY,
  STREAM,
  STREAM_HOLE,
} from './wire.ts'
import { decodeXdr, nothing, XdrError } from './xdr.ts'

export interface ConnectionOptions {
  /** Path of the daemon's unix socket. Default: `/run/libvirt/libvirt-sock`. */
  socket?: string
  /** How long opening the socket and the handshake may take. Default: 10 000 ms. */
  connectTimeoutMs?: number
  /** Pings to the daemon; `false` sends none and asks the daemon for none. Default: every 5 s, dead after 5. */
  keepalive?: KeepaliveOptions | false
  /** Calls on the wire at once; further ones wait. Keep it below libvirtd's `max_client_requests` (5). Default: 4. */
  maxInFlight?: number
}

export interface CallOptions {
  /**
   * Gives up on the call: it rejects with the signal's reason at once. A call that was already sent may still take
   * effect, since libvirt has no way to take a call back; its late answer is dropped.
   */
  signal?: AbortSignal
}

/** An event as the daemon sent it: the name of the event procedure and its decoded body. */
export type EventListener = (name: ProcedureName, body: unknown) => void

interface Pending {
  name: ProcedureName
  procedure: AnyProcedure
  slot: Slot
  /** Takes the body of a good reply, synchronously: stream data may follow in the same chunk. */
  succeed(body: Buffer, serial: number): void
  fail(error: unknown): void
  /** The caller has given up. */
  abandoned: boolean
}

export const DEFAULT_SOCKET = '/run/libvirt/libvirt-sock'
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000
const DEFAULT_MAX_IN_FLIGHT = 4

export class Connection {
  readonly #socket: Socket
  readonly #reader = new MessageReader()
  readonly #writer = new MessageWriter()
  readonly #keepalive: Keepalive
  readonly #slots: Slots
  readonly #pending = new Map<number, Pending>()
  readonly #queued = new Set<(error: unknown) => void>()
  readonly #streams = new Map<number, StreamSink>()
  readonly #paused = new Set<object>()
  readonly #listeners = new Set<EventListener>()
  #serial = 0
  #ended: LibvirtConnectionError | null = null
  #end: (error: LibvirtConnectionError) => void = () => {}

  /** Resolves, never rejects, with the reason when the connection has ended, whoever ended it. */
  readonly ended: Promise<LibvirtConnectionError>

  /** Opens the socket. The protocol's own handshake (`openConnection` in `handshake.ts`) is not done here. */
  static async dial(options: ConnectionOptions = {}, signal?: AbortSignal): Promise<Connection> {
    const socket = await dial(
      options.socket ?? DEFAULT_SOCKET,
      options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      signal,
    )
    return new Connection(socket, options)
  }

  constructor(socket: Socket, options: ConnectionOptions = {}) {
    this.#socket = socket
    this.#slots = new Slots(options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT)
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
    const interval = options.keepalive || DEFAULT_KEEPALIVE
    this.#keepalive = new Keepalive(
      header => this.#send(this.#writer.encode(header, nothing, undefined)),
      () =>
        this.#terminate(
          new LibvirtConnectionError(
            'keepalive',
            `the libvirt daemon answered none of ${interval.count} pings sent every ${interval.intervalMs} ms`,
          ),
        ),
    )
    socket.on('data', chunk => this.#receive(chunk))
    socket.on('error', cause =>
      this.#terminate(
        new LibvirtConnectionError('lost', `the connection to libvirt failed: ${cause.message}`, { cause }),
      ),
    )
    socket.on('close', () =>
      this.#terminate(new LibvirtConnectionError('lost', 'the libvirt daemon closed the connection')),
    )
  }

  /** Why the connection has ended, or null while it is open. */
  get endReason(): LibvirtConnectionError | null {
    return this.#ended
  }

  /** Calls a procedure and waits for its reply. Rejects with LibvirtError when libvirt refuses. */
  call<N extends ProcedureName>(name: N, args: CallArgs<N>, options: CallOptions = {}): Promise<CallRet<N>> {
    const procedure: AnyProcedure = procedures[name]
    return this.#enqueue(name, procedure, args, options.signal, body => decodeXdr(procedure.ret, body)) as Promise<
      CallRet<N>
    >
  }

  /** Calls a procedure whose reply is followed by a data stream. */
  async stream<N extends ProcedureName>(
    name: N,
    args: CallArgs<N>,
    options: CallOptions & StreamOptions = {},
  ): Promise<{ ret: CallRet<N>; stream: LibvirtStream }> {
    const procedure: AnyProcedure = procedures[name]
    if (!procedure.stream) throw new TypeError(`${name} carries no stream`)
    const opened = this.#enqueue(name, procedure, args, options.signal, (body, serial) => {
      const ret = decodeXdr(procedure.ret, body)
      const stream = new LibvirtStream(this.#port(name, procedure, serial), options)
      this.#streams.set(serial, stream.sink)
      return { ret, stream }
    })
    return opened as Promise<{ ret: CallRet<N>; stream: LibvirtStream }>
  }

  /** Listens to every event message. The function returned stops it. */
  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Starts pinging the daemon. */
  startKeepalive(options: KeepaliveOptions): void {
    this.#keepalive.start(options)
  }

  /** Says goodbye and closes. Calls in flight reject with fault `closed`. Never rejects. */
  async close(): Promise<void> {
    if (!this.#ended) {
      // The farewell is a courtesy: when the daemon is stuck or gone, closing the socket does the same.
      await this.call('connectClose', undefined, { signal: AbortSignal.timeout(1000) }).catch(() => undefined)
    }
    this.destroy(new LibvirtConnectionError('closed', 'the connection to libvirt was closed'))
    await this.ended
  }

  /** Ends the connection at once with the given reason. */
  destroy(reason: LibvirtConnectionError): void {
    this.#terminate(reason)
  }

  #enqueue<T>(
    name: ProcedureName,
    procedure: AnyProcedure,
    args: unknown,
    signal: AbortSignal | undefined,
    take: (body: Buffer, serial: number) => T,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended)
      if (signal?.aborted) return reject(signal.reason)
      let pending: Pending | undefined
      const settle = (): void => {
        signal?.removeEventListener('abort', abort)
        this.#queued.delete(fail)
      }
      const fail = (error: unknown): void => {
        settle()
        reject(error)
      }
      const abort = (): void => {
        leave()
        if (pending) pending.abandoned = true
        fail(signal?.reason)
      }
      this.#queued.add(fail)
      signal?.addEventListener('abort', abort, { once: true })
      const leave = this.#slots.enter(procedure.urgent, slot => {
        this.#queued.delete(fail)
        const serial = this.#nextSerial()
        pending = {
          name,
          procedure,
          slot,
          abandoned: false,
          fail,
          succeed: (body, at) => {
            settle()
            resolve(take(body, at))
          },
        }
        try {
          const header: Header = { ...headerOf(procedure, serial), type: CALL, status: OK }
          const message = this.#writer.encode(header, procedure.args, args)
          this.#pending.set(serial, pending)
          this.#send(message)
        } catch (error) {
          slot.release()
          fail(error instanceof XdrError ? new TypeError(`${name}: ${error.message}`, { cause: error }) : error)
        }
      })
    })
  }

  #nextSerial(): number {
    // Serials are 32 bits; by the time they come round again, the call that had this one is long over.
    do this.#serial = (this.#serial + 1) >>> 0
    while (this.#serial === 0 || this.#pending.has(this.#serial) || this.#streams.has(this.#serial))
    return this.#serial
  }

  #send(message: Buffer, written?: () => void): void {
    if (this.#ended) return
    this.#socket.write(message, written)
  }

  #receive(chunk: Buffer): void {
    this.#keepalive.alive()
    try {
      for (const message of this.#reader.push(chunk)) {
        if (this.#ended) return
        this.#dispatch(message)
      }
    } catch (error) {
      if (!(error instanceof XdrError)) throw error
      this.#terminate(new LibvirtConnectionError('protocol', `libvirt sent what is not its protocol: ${error.message}`))
    }
  }

  #dispatch(message: Message): void {
    const { header } = message
    if (isKeepalive(header)) return this.#keepalive.receive(header)
    switch (header.type) {
      case REPLY:
        return this.#reply(message)
      case STREAM:
      case STREAM_HOLE:
        // Packets of a stream that was aborted may still be on their way; nobody wants them.
        return this.#streams.get(header.serial)?.(message)
      case MESSAGE: {
        const name = eventNames.get(eventKey(header.prog, header.proc))
        // Only a daemon newer than this package sends events it does not know, and only unasked.
        if (name === undefined) return
        const body = decodeXdr<unknown>(procedures[name].args, message.body)
        for (const listener of [...this.#listeners]) listener(name, body)
        return
      }
      default:
        throw new XdrError(`a message of type ${header.type} was not asked for`)
    }
  }

  #reply({ header, body }: Message): void {
    const pending = this.#pending.get(header.serial)
    if (!pending) throw new XdrError(`a reply to call ${header.serial}, which was never made`)
    this.#pending.delete(header.serial)
    pending.slot.release()
    if (pending.abandoned) {
      if (header.status === OK && pending.procedure.stream) this.#refuseStream(pending, header.serial)
      return
    }
    try {
      if (header.status === OK) pending.succeed(body, header.serial)
      else pending.fail(readError(body, pending.name))
    } catch (error) {
      // The frame was whole, so only this call is lost, not the connection.
      const cause = error instanceof Error ? error.message : String(error)
      const message = `the reply to ${pending.name} cannot be read: ${cause}`
      pending.fail(new LibvirtConnectionError('protocol', message, { procedure: pending.name, cause: error }))
    }
  }

  /** A stream was opened for a caller who has gone: abort it and drop what still comes. */
  #refuseStream({ name, procedure }: Pending, serial: number): void {
    const port = this.#port(name, procedure, serial)
    this.#streams.set(serial, message => {
      const header = message?.header
      if (header?.type === STREAM && (header.status === OK || header.status === ERROR)) port.release()
    })
    port.abort()
  }

  #port(name: ProcedureName, procedure: AnyProcedure, serial: number): StreamPort {
    const header = headerOf(procedure, serial)
    const token = {}
    return {
      direction: procedure.stream ?? 'read',
      data: (bytes, written) =>
        this.#send(this.#writer.raw({ ...header, type: STREAM, status: CONTINUE }, bytes), written),
      hole: (length, written) =>
        this.#send(
          this.#writer.encode({ ...header, type: STREAM_HOLE, status: CONTINUE }, virNetStreamHole, {
            length: BigInt(length),
            flags: 0,
          }),
          written,
        ),
      finish: () => this.#send(this.#writer.encode({ ...header, type: STREAM, status: OK }, nothing, undefined)),
      abort: () => this.#send(this.#writer.encode({ ...header, type: STREAM, status: ERROR }, nothing, undefined)),
      error: body => readError(body, name),
      pause: () => {
        this.#paused.add(token)
        this.#flow()
      },
      resume: () => {
        if (this.#paused.delete(token)) this.#flow()
      },
      release: () => {
        this.#streams.delete(serial)
        if (this.#paused.delete(token)) this.#flow()
      },
    }
  }

  /** Stops reading while a stream's reader is behind. Silence is then our own doing, so pings stop counting. */
  #flow(): void {
    const paused = this.#paused.size > 0
    this.#keepalive.hold(paused)
    if (paused) this.#socket.pause()
    else this.#socket.resume()
  }

  #terminate(reason: LibvirtConnectionError): void {
    if (this.#ended) return
    this.#ended = reason
    this.#keepalive.stop()
    this.#socket.destroy()
    const waiting = [...this.#queued]
    const pending = [...this.#pending.values()]
    const streams = [...this.#streams.values()]
    this.#queued.clear()
    this.#pending.clear()
    this.#streams.clear()
    for (const fail of waiting) fail(reason)
    for (const call of pending) {
      if (!call.abandoned) call.fail(new LibvirtConnectionError(reason.fault, reason.message, { procedure: call.name }))
    }
    for (const sink of streams) sink(null)
    this.#end(reason)
  }
}

function headerOf(procedure: AnyProcedure, serial: number): Omit<Header, 'type' | 'status'> {
  return { prog: procedure.program, vers: procedure.version, proc: procedure.number, serial }
}
