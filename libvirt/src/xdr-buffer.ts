/**
 * Cursors over XDR bytes (RFC 4506): everything is big-endian and padded to four bytes.
 */

/** Thrown when a value does not fit its XDR type, or when bytes received are not what the type says. */
export class XdrError extends Error {
  override name = 'XdrError'
}

const EMPTY = Buffer.alloc(0)

/** A growable output buffer. One writer can be reused for many messages: `reset()`, encode, then `take()`. */
export class XdrWriter {
  #buffer: Buffer
  #length = 0
  readonly #max: number

  /** @param max refuses to grow beyond this many bytes, so that an oversized message fails before it is sent. */
  constructor(max: number, initial = 1024) {
    this.#buffer = Buffer.allocUnsafe(Math.min(initial, max))
    this.#max = max
  }

  get length(): number {
    return this.#length
  }

  reset(): void {
    this.#length = 0
    // A rare huge message must not pin its memory for the life of the connection.
    if (this.#buffer.length > 1 << 20) this.#buffer = Buffer.allocUnsafe(1024)
  }

  #reserve(count: number): number {
    const at = this.#length
    const need = at + count
    if (need > this.#buffer.length) {
      if (need > this.#max) throw new XdrError(`the message is larger than ${this.#max} bytes`)
      const grown = Buffer.allocUnsafe(Math.min(this.#max, Math.max(need, this.#buffer.length * 2)))
      this.#buffer.copy(grown, 0, 0, at)
      this.#buffer = grown
    }
    this.#length = need
    return at
  }

  int32(value: number): void {
    const at = this.#reserve(4)
    this.#buffer.writeInt32BE(value, at)
  }

  uint32(value: number): void {
    const at = this.#reserve(4)
    this.#buffer.writeUInt32BE(value, at)
  }

  int64(value: bigint): void {
    const at = this.#reserve(8)
    this.#buffer.writeBigInt64BE(value, at)
  }

  uint64(value: bigint): void {
    const at = this.#reserve(8)
    this.#buffer.writeBigUInt64BE(value, at)
  }

  float64(value: number): void {
    const at = this.#reserve(8)
    this.#buffer.writeDoubleBE(value, at)
  }

  /** Raw bytes followed by zeros up to the next multiple of four. */
  padded(bytes: Uint8Array): void {
    const at = this.#reserve((bytes.length + 3) & ~3)
    this.#buffer.set(bytes, at)
    this.#buffer.fill(0, at + bytes.length, this.#length)
  }

  /** UTF-8 text with its byte length before it and padding behind it. */
  text(value: string, byteLength: number): void {
    this.uint32(byteLength)
    const at = this.#reserve((byteLength + 3) & ~3)
    this.#buffer.write(value, at, byteLength, 'utf8')
    this.#buffer.fill(0, at + byteLength, this.#length)
  }

  /** Bytes as they are, without padding: the body of a stream packet. */
  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#buffer.set(bytes, at)
  }

  /** Overwrites four bytes written before: the length word, known only at the end. */
  patchUint32(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at)
  }

  /** A copy of what was written, safe to hand to a socket while the writer is reused. */
  take(): Buffer {
    return this.#length === 0 ? EMPTY : Buffer.from(this.#buffer.subarray(0, this.#length))
  }
}

/** A cursor over received bytes. Every read checks the end first; nothing is allocated on the peer's word alone. */
export class XdrReader {
  readonly #buffer: Buffer
  #at: number
  readonly #end: number

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer
    this.#at = start
    this.#end = end
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#end - this.#at
  }

  #advance(count: number): number {
    const at = this.#at
    if (count > this.#end - at) throw new XdrError(`${count} bytes expected, ${this.#end - at} are left`)
    this.#at = at + count
    return at
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4))
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#advance(4))
  }

  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#advance(8))
  }

  uint64(): bigint {
    return this.#buffer.readBigUInt64BE(this.#advance(8))
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.#advance(8))
  }

  /** Copies bytes out, so that a small field does not keep a whole socket chunk alive. */
  padded(count: number): Buffer {
    const at = this.#advance((count + 3) & ~3)
    return Buffer.from(this.#buffer.subarray(at, at + count))
  }

  text(count: number): string {
    const at = this.#advance((count + 3) & ~3)
    return this.#buffer.toString('utf8', at, at + count)
  }
}
