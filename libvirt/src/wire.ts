/**
 * Messages on the socket: a length word that counts itself, a header of six words, a body
 * (libvirt's `virnetprotocol.x` describes them).
 */
import {
  VIR_NET_MESSAGE_LEN_MAX,
  VIR_NET_MESSAGE_MAX,
  type VirNetMessageHeader,
  VirNetMessageStatus,
  VirNetMessageType,
  virNetMessageHeader,
} from './generated/net.gen.ts'
import { type Codec, XdrError, XdrReader, XdrWriter } from './xdr.ts'

export const {
  VIR_NET_CALL: CALL,
  VIR_NET_REPLY: REPLY,
  VIR_NET_MESSAGE: MESSAGE,
  VIR_NET_STREAM: STREAM,
  VIR_NET_STREAM_HOLE: STREAM_HOLE,
} = VirNetMessageType
export const { VIR_NET_OK: OK, VIR_NET_ERROR: ERROR, VIR_NET_CONTINUE: CONTINUE } = VirNetMessageStatus

export type Header = VirNetMessageHeader

const LENGTH_BYTES = VIR_NET_MESSAGE_LEN_MAX
const HEADER_BYTES = 24

/** The largest message either side accepts, with its length word: 32 MiB and four bytes. */
export const MAX_MESSAGE = VIR_NET_MESSAGE_MAX + LENGTH_BYTES

/** A received message; `body` points into the socket's buffer and must be decoded or copied before it is kept. */
export interface Message {
  header: Header
  body: Buffer
}

/** Writes messages, reusing one buffer. */
export class MessageWriter {
  readonly #writer = new XdrWriter(MAX_MESSAGE)

  /** A message whose body is an encoded value. */
  encode<T>(header: Header, codec: Codec<T>, value: T): Buffer {
    return this.#frame(header, writer => codec.encode(writer, value))
  }

  /** A message whose body is bytes as they are: stream data. */
  raw(header: Header, body: Uint8Array): Buffer {
    return this.#frame(header, writer => writer.raw(body))
  }

  #frame(header: Header, body: (writer: XdrWriter) => void): Buffer {
    const writer = this.#writer
    writer.reset()
    writer.uint32(0)
    virNetMessageHeader.encode(writer, header)
    body(writer)
    writer.patchUint32(0, writer.length)
    return writer.take()
  }
}

/**
 * Cuts a byte stream into messages. A message that lies within one chunk is not copied; one that spans several is
 * joined once, when it is complete.
 */
export class MessageReader {
  #parts: Buffer[] = []
  #held = 0
  /** Bytes needed before anything can be done: the length word first, then the message. */
  #need = LENGTH_BYTES

  /** Takes a chunk and returns the messages it completes. Throws XdrError on a length that no message can have. */
  push(chunk: Buffer): Message[] {
    this.#parts.push(chunk)
    this.#held += chunk.length
    if (this.#held < this.#need) return []
    const messages: Message[] = []
    const joined = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#held)
    let at = 0
    for (;;) {
      const left = joined.length - at
      if (left < LENGTH_BYTES) {
        this.#need = LENGTH_BYTES
        break
      }
      const length = joined.readUInt32BE(at)
      if (length < LENGTH_BYTES + HEADER_BYTES || length > MAX_MESSAGE) {
        throw new XdrError(`a message cannot be ${length} bytes long`)
      }
      if (left < length) {
        this.#need = length
        break
      }
      const header = virNetMessageHeader.decode(new XdrReader(joined, at + LENGTH_BYTES, at + length))
      messages.push({ header, body: joined.subarray(at + LENGTH_BYTES + HEADER_BYTES, at + length) })
      at += length
    }
    const rest = joined.subarray(at)
    this.#parts = rest.length === 0 ? [] : [rest]
    this.#held = rest.length
    return messages
  }
}
