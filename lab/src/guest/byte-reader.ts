import type { Duplex } from 'node:stream'

/** Reads an exact number of bytes at a time from a stream, for binary protocols. One read at a time. */
export class ByteReader {
  readonly #stream: Duplex
  readonly #deadlineMs: number
  #buffer = Buffer.alloc(0)
  #end: string | undefined
  #wake: (() => void) | undefined

  /** `deadlineMs` is for each read. */
  constructor(stream: Duplex, deadlineMs = 60_000) {
    this.#stream = stream
    this.#deadlineMs = deadlineMs
    const end = (why: string) => (): void => {
      this.#end ??= why
      this.#wake?.()
    }
    stream.on('data', this.#take)
    stream.once('end', end('the stream ended'))
    stream.once('close', end('the stream closed'))
    stream.once('error', end('the stream failed'))
  }

  #take = (chunk: Buffer): void => {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    this.#wake?.()
  }

  /** The next `length` bytes; fails with `what` when the stream ends or the deadline passes first. */
  async read(length: number, what: string): Promise<Buffer> {
    while (this.#buffer.length < length) {
      if (this.#end !== undefined) throw new Error(`${this.#end} before ${what}`)
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${this.#deadlineMs / 1000} s without ${what}`)),
          this.#deadlineMs,
        )
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const bytes = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    return bytes
  }

  async u8(what: string): Promise<number> {
    return (await this.read(1, what)).readUInt8()
  }

  async u16(what: string): Promise<number> {
    return (await this.read(2, what)).readUInt16BE()
  }

  async u32(what: string): Promise<number> {
    return (await this.read(4, what)).readUInt32BE()
  }

  /** A text of latin1 characters behind its 32-bit length. */
  async text(what: string): Promise<string> {
    return (await this.read(await this.u32(what), what)).toString('latin1')
  }

  /** Lets go of the stream and gives what was received and not read. */
  release(): Buffer {
    this.#stream.off('data', this.#take)
    this.#stream.pause()
    return this.#buffer
  }
}
