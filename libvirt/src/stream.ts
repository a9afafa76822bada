/**
 * libvirt's data streams (consoles, screenshots, volume transfers) as Node streams.
 *
 * On the wire a stream is a run of packets that carry the serial of the call that opened it. The daemon marks the end
 * of its data with an empty packet; the client then sends "finish" and the daemon confirms, or answers with an error
 * that came late (a write that failed on flush). "Abort" is confirmed the same way. Holes of sparse files travel as
 * packets of their own when the call asked for them.
 *
 * There is no window per stream: a reader that falls behind either holds up the whole connection or has to be cut
 * off. `overflow` chooses; the facade gives every stream a connection of its own, where holding up is right.
 */
import { Duplex } from 'node:stream'
import { LibvirtConnectionError, rpcError } from './errors.ts'
import { VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX, virNetStreamHole } from './generated/net.gen.ts'
import type { StreamDirection } from './procedure.ts'
import { CONTINUE, ERROR, type Message, STREAM_HOLE } from './wire.ts'
import { decodeXdr } from './xdr.ts'

/** A run of zeros that was not sent as bytes. */
export class Hole {
  readonly length: number

  /** @param length bytes. */
  constructor(length: number) {
    if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`a hole cannot be ${length} bytes long`)
    this.length = length
  }
}

export interface StreamOptions {
  /**
   * Data comes (and may be written) as `Buffer` and `Hole` objects. Only for volume transfers that were opened with the
   * sparse flag.
   */
  sparse?: boolean
  /**
   * What happens when the reader falls behind by `maxBuffered` bytes: `pause` stops reading the connection, with all
   * its other calls; `fail` ends this stream with an error. Default: `fail`.
   */
  overflow?: 'pause' | 'fail'
  /** Bytes held for a slow reader. Default: 4 MiB. */
  maxBuffered?: number
  /** Aborts the stream, also after it was opened. */
  signal?: AbortSignal
}

/** What a stream can do on its connection. */
export interface StreamPort {
  readonly direction: StreamDirection
  data(bytes: Uint8Array, written: () => void): void
  hole(length: number, written: () => void): void
  finish(): void
  abort(): void
  /** Decodes the body of an error packet. */
  error(body: Buffer): Error
  pause(): void
  resume(): void
  /** Forgets the stream: nothing more is expected for it. */
  release(): void
}

/** Takes the packets of one stream; null means that the connection has ended. */
export type StreamSink = (message: Message | null) => void

/** Larger packets are legal, but this size is what every daemon accepts and what libvirt's own client sends. */
const MAX_PACKET = VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX
const DEFAULT_MAX_BUFFERED = 4 << 20

/**
 * A data stream. Reading ends when the daemon has sent everything and confirmed; `end()` finishes the stream from this
 * side (an upload, or leaving a console); `destroy()` aborts it.
 */
export class LibvirtStream extends Duplex {
  readonly #port: StreamPort
  readonly #sparse: boolean
  readonly #overflow: 'pause' | 'fail'
  readonly #maxBuffered: number
  #held: (Buffer | Hole)[] = []
  #heldBytes = 0
  #wanted = false
  /** `open` → `finishing` or `aborting` → `done` when the daemon has confirmed. */
  #state: 'open' | 'finishing' | 'aborting' | 'done' = 'open'
  #finished: (error?: Error) => void = () => {}

  /** Where the connection delivers this stream's packets. */
  readonly sink: StreamSink

  constructor(port: StreamPort, options: StreamOptions = {}) {
    super({
      readableObjectMode: options.sparse ?? false,
      writableObjectMode: options.sparse ?? false,
      // A download has nothing to write, but a console does, and both are "read" streams to the protocol.
      allowHalfOpen: true,
      signal: options.signal,
    })
    this.#port = port
    this.#sparse = options.sparse ?? false
    this.#overflow = options.overflow ?? 'fail'
    this.#maxBuffered = options.maxBuffered ?? DEFAULT_MAX_BUFFERED
    this.sink = message => this.#receive(message)
    if (port.direction === 'write') {
      // Nothing will come: end the reading side, so that the stream can close without a reader.
      this.push(null)
      this.resume()
    }
  }

  override _read(): void {
    this.#wanted = true
    this.#flush()
  }

  override _write(chunk: unknown, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.#state !== 'open') return callback(rpcError('the stream has ended'))
    if (chunk instanceof Hole) return this.#port.hole(chunk.length, callback)
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
    if (!(bytes instanceof Uint8Array)) return callback(new TypeError('only bytes and holes can be written'))
    this.#writeFrom(bytes, 0, callback)
  }

  /** One packet after the other, each when the kernel has taken the one before: the socket sets the pace. */
  #writeFrom(bytes: Uint8Array, start: number, callback: (error?: Error | null) => void): void {
    const end = Math.min(start + MAX_PACKET, bytes.length)
    // An empty packet would mean the end of data.
    if (end === start) return callback()
    this.#port.data(bytes.subarray(start, end), () =>
      end < bytes.length && this.#state === 'open' ? this.#writeFrom(bytes, end, callback) : callback(),
    )
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.#state === 'done') return callback()
    this.#finished = callback
    this.#finish()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#held = []
    if (this.#state === 'open') {
      this.#state = 'aborting'
      this.#port.abort()
      this.#port.resume()
    } else if (this.#state === 'finishing') {
      // Finish is already under way and cannot be taken back; only its confirmation is still swallowed.
      this.#port.resume()
    }
    callback(error)
  }

  #finish(): void {
    if (this.#state !== 'open') return
    this.#state = 'finishing'
    this.#port.finish()
  }

  #receive(message: Message | null): void {
    if (this.#state === 'done') return
    if (message === null) {
      this.#done(new LibvirtConnectionError('lost', 'the connection to libvirt ended in the middle of a stream'))
      return
    }
    const { header, body } = message
    if (header.status === ERROR) return this.#done(this.#port.error(body))
    if (header.status !== CONTINUE) return this.#done()
    if (this.#state === 'aborting' || this.destroyed) return
    if (header.type === STREAM_HOLE) {
      this.#hold(new Hole(Number(decodeXdr(virNetStreamHole, body).length)))
    } else if (body.length === 0) {
      // End of data. Finishing makes the daemon report what went wrong at its end, if anything did.
      this.#finish()
    } else {
      // A copy: the body shares memory with its neighbours in the socket's chunk, and this may be kept for long.
      this.#hold(Buffer.from(body))
    }
  }

  #hold(item: Buffer | Hole): void {
    this.#held.push(item)
    this.#heldBytes += item instanceof Hole ? 0 : item.length
    this.#flush()
    if (this.#heldBytes <= this.#maxBuffered) return
    if (this.#overflow === 'pause') this.#port.pause()
    else this.destroy(rpcError(`the reader of this stream is more than ${this.#maxBuffered} bytes behind`))
  }

  #flush(): void {
    while (this.#wanted) {
      const item = this.#held.shift()
      if (item === undefined) break
      if (!(item instanceof Hole)) this.#heldBytes -= item.length
      if (item instanceof Hole && !this.#sparse) {
        this.destroy(rpcError('libvirt sent a hole in a stream that was not opened as sparse'))
        return
      }
      this.#wanted = this.push(item)
    }
    if (this.#heldBytes <= this.#maxBuffered / 2) this.#port.resume()
    if (this.#state === 'done' && this.#held.length === 0 && !this.readableEnded) this.push(null)
  }

  /** The daemon has spoken its last word on this stream. */
  #done(error?: Error): void {
    const aborted = this.#state === 'aborting'
    this.#state = 'done'
    this.#port.release()
    if (aborted) return
    const finished = this.#finished
    this.#finished = () => {}
    if (error) {
      finished(error)
      this.destroy(error)
      return
    }
    this.#flush()
    finished()
    // The daemon ends both directions at once.
    if (!this.writableEnded) this.end()
  }
}
