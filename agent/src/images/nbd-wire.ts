import type { Socket } from 'node:net'

/** Numbers of the NBD protocol (its published specification, doc/proto.md). Everything on the wire is big endian. */
export const nbd = {
  initMagic: 0x4e42444d41474943n,
  optionMagic: 0x49484156454f5054n,
  optionReplyMagic: 0x3e889045565a9n,
  requestMagic: 0x25609513,
  simpleReplyMagic: 0x67446698,
  structuredReplyMagic: 0x668e33ef,
  handshake: { fixedNewstyle: 1, noZeroes: 2 },
  option: { go: 7, structuredReply: 8, setMetaContext: 10 },
  reply: { ack: 1, info: 3, metaContext: 4, errorBit: 0x80000000 },
  info: { export: 0 },
  command: { read: 0, write: 1, disconnect: 2, flush: 3, writeZeroes: 6, blockStatus: 7 },
  chunk: { none: 0, offsetData: 1, offsetHole: 2, blockStatus: 5, errorBit: 0x8000 },
  done: 1,
  /** Flags of an extent in `base:allocation`. */
  allocation: { hole: 1, zero: 2 },
} as const

/** Takes exactly as many bytes off a socket as are asked for, in order. */
export interface ByteReader {
  take(length: number): Promise<Buffer>
}

/** A reader over a socket's data. Rejects when the socket ends or fails; only one `take` at a time. */
export function byteReader(socket: Socket): ByteReader {
  const chunks: Buffer[] = []
  let buffered = 0
  let ended: Error | null = null
  let wake: (() => void) | null = null
  const nudge = () => {
    wake?.()
    wake = null
  }
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    buffered += chunk.length
    // A peer that sends more than is asked for waits in its own memory, not in ours.
    if (buffered > 8 * 1024 * 1024) socket.pause()
    nudge()
  })
  socket.once('error', error => {
    ended ??= error
    nudge()
  })
  socket.once('close', () => {
    ended ??= new Error('the NBD connection was closed')
    nudge()
  })
  return {
    async take(length) {
      for (;;) {
        if (buffered >= length) break
        if (ended !== null) throw ended
        socket.resume()
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
      const taken = Buffer.allocUnsafe(length)
      for (let filled = 0; filled < length; ) {
        const chunk = chunks[0] as Buffer
        const part = Math.min(chunk.length, length - filled)
        chunk.copy(taken, filled, 0, part)
        filled += part
        if (part === chunk.length) chunks.shift()
        else chunks[0] = chunk.subarray(part)
      }
      buffered -= length
      return taken
    },
  }
}

/** A request header of 28 bytes. `cookie` comes back with the answer. */
export function encodeRequest(type: number, cookie: bigint, offset: number, length: number): Buffer {
  const header = Buffer.alloc(28)
  header.writeUInt32BE(nbd.requestMagic, 0)
  header.writeUInt16BE(type, 6)
  header.writeBigUInt64BE(cookie, 8)
  header.writeBigUInt64BE(BigInt(offset), 16)
  header.writeUInt32BE(length, 24)
  return header
}

/** An option of the handshake with its data. */
export function encodeOption(option: number, data: Buffer): Buffer {
  const header = Buffer.alloc(16)
  header.writeBigUInt64BE(nbd.optionMagic, 0)
  header.writeUInt32BE(option, 8)
  header.writeUInt32BE(data.length, 12)
  return Buffer.concat([header, data])
}

/** Numbers as big-endian u32, texts as length and bytes. */
export function encodeParts(...parts: readonly (number | string)[]): Buffer {
  return Buffer.concat(
    parts.map(part => {
      if (typeof part === 'number') return u32(part)
      const text = Buffer.from(part, 'utf8')
      return Buffer.concat([u32(text.length), text])
    }),
  )
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}
