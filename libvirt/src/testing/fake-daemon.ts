/**
 * A libvirt daemon for tests that answers real bytes on a real socket, and does what no real daemon would: late and
 * reordered replies, silence, garbage. Its answers are functions by procedure name.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { KEEPALIVE_PROGRAM } from '../generated/keepalive.gen.ts'
import { virNetMessageError } from '../generated/net.gen.ts'
import { type AnyProcedure, type ProcedureName, procedures } from '../procedures.ts'
import {
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
} from '../wire.ts'
import { decodeXdr, nothing } from '../xdr.ts'

const names = new Map<string, ProcedureName>(
  (Object.keys(procedures) as ProcedureName[]).map(name => [
    `${procedures[name].program}:${procedures[name].number}`,
    name,
  ]),
)

/** One call as the daemon sees it. */
export class FakeCall {
  readonly peer: FakePeer
  readonly name: ProcedureName
  readonly args: unknown
  readonly header: Header

  constructor(peer: FakePeer, name: ProcedureName, args: unknown, header: Header) {
    this.peer = peer
    this.name = name
    this.args = args
    this.header = header
  }

  reply(value: unknown): void {
    const procedure: AnyProcedure = procedures[this.name]
    this.peer.send(this.peer.writer.encode({ ...this.header, type: REPLY }, procedure.ret, value))
  }

  fail(code: number, message: string): void {
    this.peer.send(errorMessage(this.peer, { ...this.header, type: REPLY, status: ERROR }, code, message))
  }

  /** A packet of the stream that this call opened; none means "that was all", as the daemon says it. */
  data(bytes: Uint8Array = Buffer.alloc(0)): void {
    this.peer.send(this.peer.writer.raw({ ...this.header, type: STREAM, status: CONTINUE }, bytes))
  }

  confirm(): void {
    this.peer.send(this.peer.writer.encode({ ...this.header, type: STREAM, status: OK }, nothing, undefined))
  }

  failStream(code: number, message: string): void {
    this.peer.send(errorMessage(this.peer, { ...this.header, type: STREAM, status: ERROR }, code, message))
  }
}

/** One client of the fake daemon. */
export class FakePeer {
  readonly socket: Socket
  readonly writer = new MessageWriter()
  readonly calls: FakeCall[] = []
  readonly packets: Message[] = []
  readonly keepalives: number[] = []

  constructor(socket: Socket) {
    this.socket = socket
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  keepalive(proc: number): void {
    const header: Header = { prog: KEEPALIVE_PROGRAM, vers: 1, proc, type: MESSAGE, serial: 0, status: OK }
    this.send(this.writer.encode(header, nothing, undefined))
  }

  event(name: ProcedureName, body: unknown): void {
    const procedure: AnyProcedure = procedures[name]
    const header: Header = {
      prog: procedure.program,
      vers: procedure.version,
      proc: procedure.number,
      type: MESSAGE,
      serial: 0,
      status: OK,
    }
    this.send(this.writer.encode(header, procedure.args, body))
  }
}

export type Handler = (call: FakeCall) => void
export type Handlers = Partial<Record<ProcedureName, Handler>>

export class FakeDaemon implements AsyncDisposable {
  /** In Linux's abstract namespace, so that nothing is left behind however a test ends. */
  readonly socket = `\0libvirt-fake.${randomUUID()}`
  readonly peers: FakePeer[] = []
  /** Answers by procedure; a call without one stays unanswered. Change it between steps of a test. */
  readonly handlers: Handlers
  /** Called with each packet of a stream. */
  onPacket: (peer: FakePeer, message: Message) => void = () => {}
  readonly #server: Server

  static async start(handlers: Handlers = {}): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(handlers)
    await daemon.listen()
    return daemon
  }

  constructor(handlers: Handlers) {
    this.handlers = { ...handshake, ...handlers }
    this.#server = createServer(socket => this.#accept(socket))
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.socket, resolve)
    })
  }

  /** The latest client. */
  get peer(): FakePeer {
    const peer = this.peers.at(-1)
    if (!peer) throw new Error('nobody has connected')
    return peer
  }

  /** All calls of one name, of all clients, in the order they came. */
  calls(name: ProcedureName): FakeCall[] {
    return this.peers.flatMap(peer => peer.calls).filter(call => call.name === name)
  }

  /** Drops every client, as a daemon that dies does, and listens on. */
  dropAll(): void {
    for (const peer of this.peers) peer.socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropAll()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }

  #accept(socket: Socket): void {
    const peer = new FakePeer(socket)
    const reader = new MessageReader()
    this.peers.push(peer)
    // Clients of tests leave in every possible way; the daemon does not mind.
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const message of reader.push(chunk)) this.#receive(peer, message)
    })
  }

  #receive(peer: FakePeer, message: Message): void {
    const { header, body } = message
    if (header.prog === KEEPALIVE_PROGRAM) {
      peer.keepalives.push(header.proc)
      return
    }
    if (header.type === STREAM || header.type === STREAM_HOLE) {
      const packet = { header, body: Buffer.from(body) }
      peer.packets.push(packet)
      this.onPacket(peer, packet)
      return
    }
    const name = names.get(`${header.prog}:${header.proc}`)
    if (!name) throw new Error(`no procedure ${header.proc}`)
    const procedure: AnyProcedure = procedures[name]
    const call = new FakeCall(peer, name, decodeXdr(procedure.args, body), header)
    peer.calls.push(call)
    this.handlers[name]?.(call)
  }
}

const handshake: Handlers = {
  authList: call => call.reply({ types: [0] }),
  connectSupportsFeature: call => call.reply({ supported: 1 }),
  connectOpen: call => call.reply(undefined),
  connectClose: call => call.reply(undefined),
}

function errorMessage(peer: FakePeer, header: Header, code: number, message: string): Buffer {
  return peer.writer.encode(header, virNetMessageError, {
    code,
    domain: 10,
    message,
    level: 2,
    dom: null,
    str1: 'one',
    str2: null,
    str3: null,
    int1: 7,
    int2: 0,
    net: null,
  })
}
