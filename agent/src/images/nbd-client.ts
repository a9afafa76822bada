import { createConnection, type Socket } from 'node:net'
import { type ByteReader, byteReader, encodeOption, encodeParts, encodeRequest, nbd } from './nbd-wire.ts'

/** A connection to an NBD server's default export. Requests may overlap. */
export interface NbdClient {
  readonly size: number
  /** False after the connection broke or was closed. */
  readonly alive: boolean
  read(into: Buffer, offset: number): Promise<void>
  write(bytes: Buffer, offset: number): Promise<void>
  writeZeroes(offset: number, length: number): Promise<void>
  flush(): Promise<void>
  /** What the server says of a range; the answer may stop early but covers at least one byte. */
  blockStatus(offset: number, length: number): Promise<BlockStatus>
  /** Says goodbye; the server finishes what it has begun. */
  close(): void
}

/** A part of a range and the number that a context has for it. */
export interface BlockExtent {
  length: number
  value: number
}

/** Extents of a range by context; each list begins at the range's start and may end before its end. */
export interface BlockStatus {
  /** Flags of `base:allocation`. */
  allocation: BlockExtent[]
  /** `qemu:allocation-depth`: 0 where no layer holds the data. Empty when the server does not say. */
  depth: BlockExtent[]
}

/** Most bytes in one read or write; servers allow 32 MiB. */
export const largestTransfer = 16 * 1024 * 1024

interface Pending {
  command: number
  resolve(): void
  reject(error: Error): void
  into: Buffer | null
  offset: number
  extents: Map<number, BlockExtent[]>
  error: Error | null
}

/** Connects to a unix socket and shakes hands (fixed newstyle, structured replies, `base:allocation`). */
export async function connectNbd(socketPath: string): Promise<NbdClient> {
  const socket = createConnection(socketPath)
  const reader = byteReader(socket)
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    const { size, contexts } = await shakeHands(socket, reader)
    return client(socket, reader, size, contexts)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

const allocation = 'base:allocation'
const depth = 'qemu:allocation-depth'

/** The export's size, and the number that the server gave to each context. */
interface Greeting {
  size: number
  contexts: ReadonlyMap<string, number>
}

async function shakeHands(socket: Socket, reader: ByteReader): Promise<Greeting> {
  const greeting = await reader.take(18)
  if (greeting.readBigUInt64BE(0) !== nbd.initMagic || greeting.readBigUInt64BE(8) !== nbd.optionMagic)
    throw new Error('this is no NBD server')
  if ((greeting.readUInt16BE(16) & nbd.handshake.fixedNewstyle) === 0) throw new Error('the NBD server is too old')
  const flags = Buffer.alloc(4)
  flags.writeUInt32BE(nbd.handshake.fixedNewstyle | nbd.handshake.noZeroes)
  socket.write(flags)
  await negotiate(socket, reader, nbd.option.structuredReply, Buffer.alloc(0))
  const offered = await negotiate(socket, reader, nbd.option.setMetaContext, encodeParts('', 2, allocation, depth))
  const contexts = new Map(offered.map(data => [data.subarray(4).toString('utf8'), data.readUInt32BE(0)]))
  const replies = await negotiate(socket, reader, nbd.option.go, Buffer.concat([encodeParts(''), Buffer.alloc(2)]))
  const info = replies.find(data => data.length >= 12 && data.readUInt16BE(0) === nbd.info.export)
  if (info === undefined) throw new Error('the NBD server did not say how large its export is')
  return { size: Number(info.readBigUInt64BE(2)), contexts }
}

/** Sends one option and collects the data of its replies until the server acknowledges. */
async function negotiate(socket: Socket, reader: ByteReader, option: number, data: Buffer): Promise<Buffer[]> {
  socket.write(encodeOption(option, data))
  const replies: Buffer[] = []
  for (;;) {
    const header = await reader.take(20)
    if (header.readBigUInt64BE(0) !== nbd.optionReplyMagic) throw new Error('the NBD server answers out of order')
    const type = header.readUInt32BE(12)
    const length = header.readUInt32BE(16)
    if (length > 65_536) throw new Error('the NBD server answers too much')
    const body = await reader.take(length)
    if (type === nbd.reply.ack) return replies
    if (type >= nbd.reply.errorBit)
      throw new Error(`the NBD server refused option ${option}: ${body.toString('utf8') || type.toString(16)}`)
    replies.push(body)
  }
}

function client(socket: Socket, reader: ByteReader, size: number, contexts: ReadonlyMap<string, number>): NbdClient {
  const pending = new Map<bigint, Pending>()
  let cookies = 0n
  let broken: Error | null = null

  const fail = (error: Error) => {
    broken ??= error
    for (const waiting of pending.values()) waiting.reject(broken)
    pending.clear()
    socket.destroy()
  }
  void receive(reader, pending).catch((error: unknown) =>
    fail(error instanceof Error ? error : new Error(String(error))),
  )

  const request = async (
    command: number,
    offset: number,
    length: number,
    more: { send?: Buffer; into?: Buffer } = {},
  ) => {
    if (broken !== null) throw broken
    const cookie = cookies++
    const entry: Pending = {
      command,
      resolve: () => {},
      reject: () => {},
      into: more.into ?? null,
      offset,
      extents: new Map(),
      error: null,
    }
    const answered = new Promise<void>((resolve, reject) => {
      entry.resolve = resolve
      entry.reject = reject
    })
    pending.set(cookie, entry)
    socket.cork()
    socket.write(encodeRequest(command, cookie, offset, length))
    if (more.send !== undefined) socket.write(more.send)
    socket.uncork()
    await answered
    return entry
  }

  const pieces = async (length: number, step: number, each: (at: number, part: number) => Promise<unknown>) => {
    for (let at = 0; at < length; at += step) await each(at, Math.min(step, length - at))
  }
  return {
    size,
    get alive() {
      return broken === null
    },
    read: (into, offset) =>
      pieces(into.length, largestTransfer, (at, part) =>
        request(nbd.command.read, offset + at, part, { into: into.subarray(at, at + part) }),
      ),
    write: (bytes, offset) =>
      pieces(bytes.length, largestTransfer, (at, part) =>
        request(nbd.command.write, offset + at, part, { send: bytes.subarray(at, at + part) }),
      ),
    writeZeroes: (offset, length) =>
      pieces(length, 2 ** 30, (at, part) => request(nbd.command.writeZeroes, offset + at, part)),
    flush: async () => {
      await request(nbd.command.flush, 0, 0)
    },
    async blockStatus(offset, length) {
      const { extents } = await request(nbd.command.blockStatus, offset, length)
      const of = (context: string) => extents.get(contexts.get(context) ?? -1) ?? []
      return { allocation: of(allocation), depth: of(depth) }
    },
    close() {
      if (broken !== null) return
      broken = new Error('the NBD connection was closed')
      socket.end(encodeRequest(nbd.command.disconnect, cookies++, 0, 0))
    },
  }
}

/** Reads answers for ever and hands them to whom they belong. Ends by throwing. */
async function receive(reader: ByteReader, pending: Map<bigint, Pending>): Promise<never> {
  for (;;) {
    const magic = (await reader.take(4)).readUInt32BE(0)
    if (magic === nbd.simpleReplyMagic) {
      const header = await reader.take(12)
      const entry = pending.get(header.readBigUInt64BE(4))
      if (entry === undefined) throw new Error('the NBD server answers what was not asked')
      if (header.readUInt32BE(0) !== 0) entry.error = serverError(header.readUInt32BE(0), '')
      finish(pending, header.readBigUInt64BE(4), entry)
      continue
    }
    if (magic !== nbd.structuredReplyMagic) throw new Error('the NBD server sends something unknown')
    const header = await reader.take(16)
    const cookie = header.readBigUInt64BE(4)
    const entry = pending.get(cookie)
    if (entry === undefined) throw new Error('the NBD server answers what was not asked')
    await chunk(reader, entry, header.readUInt16BE(2), header.readUInt32BE(12))
    if (header.readUInt16BE(0) & nbd.done) finish(pending, cookie, entry)
  }
}

function finish(pending: Map<bigint, Pending>, cookie: bigint, entry: Pending): void {
  pending.delete(cookie)
  if (entry.error === null) entry.resolve()
  else entry.reject(entry.error)
}

async function chunk(reader: ByteReader, entry: Pending, type: number, length: number): Promise<void> {
  if (length > largestTransfer + 64) throw new Error('the NBD server sends too much')
  const body = await reader.take(length)
  const place = (bytes: number): number => {
    const at = Number(body.readBigUInt64BE(0)) - entry.offset
    if (entry.into === null || at < 0 || at + bytes > entry.into.length)
      throw new Error('the NBD server sends bytes that were not asked for')
    return at
  }
  if (type === nbd.chunk.offsetData) body.copy(entry.into as Buffer, place(length - 8), 8)
  else if (type === nbd.chunk.offsetHole) {
    const bytes = body.readUInt32BE(8)
    const at = place(bytes)
    entry.into?.fill(0, at, at + bytes)
  } else if (type === nbd.chunk.blockStatus) {
    const found: BlockExtent[] = []
    for (let at = 4; at + 8 <= length; at += 8)
      found.push({ length: body.readUInt32BE(at), value: body.readUInt32BE(at + 4) })
    entry.extents.set(body.readUInt32BE(0), found)
  } else if (type & nbd.chunk.errorBit) {
    const text = body.subarray(6, 6 + body.readUInt16BE(4)).toString('utf8')
    entry.error = serverError(body.readUInt32BE(0), text)
  }
}

function serverError(code: number, text: string): Error {
  const names: Readonly<Record<number, string>> = { 1: 'EPERM', 5: 'EIO', 12: 'ENOMEM', 22: 'EINVAL', 28: 'ENOSPC' }
  const name = names[code] ?? `error ${code}`
  return Object.assign(new Error(text === '' ? `the NBD server says ${name}` : text), { code: name })
}
