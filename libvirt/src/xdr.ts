/**
 * XDR types as values. A codec encodes and decodes one type, the two halves mirror each other, and both check the
 * limits that the protocol definition states: a value too long is refused before it is sent, a length too large is
 * refused before anything is allocated for it.
 */
import { XdrError, XdrReader, XdrWriter } from './xdr-buffer.ts'

export { XdrError, XdrReader, XdrWriter }

/** What a codec is made of, for tools that walk types: value generators in tests, printers. */
export type Shape =
  | { kind: 'int'; min: number; max: number }
  | { kind: 'hyper'; min: bigint; max: bigint }
  | { kind: 'double' | 'bool' | 'void' }
  | { kind: 'string' | 'bytes' | 'chars'; max: number }
  | { kind: 'fixedBytes' | 'fixedChars'; size: number }
  | { kind: 'enum'; values: readonly number[] }
  | { kind: 'optional'; of: Shape }
  | { kind: 'array'; of: Shape; max: number }
  | { kind: 'fixedArray'; of: Shape; size: number }
  | { kind: 'struct'; fields: readonly (readonly [string, Shape])[] }
  | { kind: 'union'; cases: readonly (readonly [number, Shape])[] }

/** One XDR type. `encode` throws XdrError when the value does not fit, `decode` when the bytes do not. */
export interface Codec<T> {
  encode(writer: XdrWriter, value: T): void
  decode(reader: XdrReader): T
  readonly shape: Shape
}

/** The TypeScript type that a codec carries. */
export type Infer<C> = C extends Codec<infer T> ? T : never

/** Encodes one value on its own. */
export function encodeXdr<T>(codec: Codec<T>, value: T, max = 1 << 26): Buffer {
  const writer = new XdrWriter(max)
  codec.encode(writer, value)
  return writer.take()
}

/** Decodes one value that must fill all the bytes. */
export function decodeXdr<T>(codec: Codec<T>, bytes: Buffer): T {
  const reader = new XdrReader(bytes)
  const value = codec.decode(reader)
  if (reader.remaining !== 0) throw new XdrError(`${reader.remaining} bytes too many`)
  return value
}

function integer(min: number, max: number, unsigned: boolean, name: string): Codec<number> {
  const check = (value: number): number => {
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new XdrError(`${String(value)} is not ${name} (${min} to ${max})`)
  }
  return {
    encode: unsigned ? (w, v) => w.uint32(check(v)) : (w, v) => w.int32(check(v)),
    decode: unsigned ? r => check(r.uint32()) : r => check(r.int32()),
    shape: { kind: 'int', min, max },
  }
}

/** C's char, short and int all travel as four bytes; only the range differs. */
export const int8 = integer(-0x80, 0x7f, false, 'a char')
export const uint8 = integer(0, 0xff, true, 'an unsigned char')
export const int16 = integer(-0x8000, 0x7fff, false, 'a short')
export const uint16 = integer(0, 0xffff, true, 'an unsigned short')
export const int32 = integer(-0x8000_0000, 0x7fff_ffff, false, 'an int')
export const uint32 = integer(0, 0xffff_ffff, true, 'an unsigned int')

function hyperOf(min: bigint, max: bigint, unsigned: boolean): Codec<bigint> {
  const check = (value: bigint): bigint => {
    if (typeof value === 'bigint' && value >= min && value <= max) return value
    throw new XdrError(`${String(value)} is not a bigint between ${min} and ${max}`)
  }
  return {
    encode: unsigned ? (w, v) => w.uint64(check(v)) : (w, v) => w.int64(check(v)),
    decode: unsigned ? r => r.uint64() : r => r.int64(),
    shape: { kind: 'hyper', min, max },
  }
}

/** 64 bits, as a bigint: libvirt uses the whole range (a memory limit of "none" is 2^53 - 1 KiB). */
export const hyper = hyperOf(-(1n << 63n), (1n << 63n) - 1n, false)
export const uhyper = hyperOf(0n, (1n << 64n) - 1n, true)

/** An IEEE 754 double. */
export const double: Codec<number> = {
  encode: (w, v) => w.float64(v),
  decode: r => r.float64(),
  shape: { kind: 'double' },
}

/** A boolean: 0 or 1 and nothing else. */
export const bool: Codec<boolean> = {
  encode: (w, v) => w.uint32(v ? 1 : 0),
  decode: r => flag(r.uint32()),
  shape: { kind: 'bool' },
}

function flag(word: number): boolean {
  if (word > 1) throw new XdrError(`${word} is not a boolean`)
  return word === 1
}

/** Nothing at all: the arguments of a procedure that takes none. */
export const nothing: Codec<void> = { encode: () => {}, decode: () => undefined, shape: { kind: 'void' } }

/** UTF-8 text of at most `max` bytes. Refuses NUL, at which a C peer would silently cut the text. */
export function string(max: number): Codec<string> {
  return {
    encode(w, v) {
      if (typeof v !== 'string') throw new XdrError(`a string expected, got ${v === null ? 'null' : typeof v}`)
      const length = Buffer.byteLength(v, 'utf8')
      if (length > max) throw new XdrError(`a string of ${length} bytes is longer than ${max}`)
      if (v.includes('\0')) throw new XdrError('a string must not contain NUL')
      w.text(v, length)
    },
    decode: r => r.text(limited(r.uint32(), max, 'string')),
    shape: { kind: 'string', max },
  }
}

/** At most `max` bytes with their length before them. */
export function bytes(max: number): Codec<Uint8Array> {
  return {
    encode(w, v) {
      w.uint32(limited(v.length, max, 'byte string'))
      w.padded(v)
    },
    decode: r => r.padded(limited(r.uint32(), max, 'byte string')),
    shape: { kind: 'bytes', max },
  }
}

/** Exactly `size` bytes. */
export function fixedBytes(size: number): Codec<Uint8Array> {
  return {
    encode(w, v) {
      if (v.length !== size) throw new XdrError(`${size} bytes expected, got ${v.length}`)
      w.padded(v)
    },
    decode: r => r.padded(size),
    shape: { kind: 'fixedBytes', size },
  }
}

function charBytes(r: XdrReader, count: number): Buffer {
  if (count * 4 > r.remaining) throw new XdrError(`${count} characters do not fit into ${r.remaining} bytes`)
  const out = Buffer.allocUnsafe(count)
  for (let i = 0; i < count; i++) out[i] = int8.decode(r)
  return out
}

function writeChars(w: XdrWriter, v: Uint8Array): void {
  for (const byte of v) w.int32((byte << 24) >> 24)
}

/** C's `char x<max>`: an array of characters, each of which travels as a four-byte signed integer. */
export function chars(max: number): Codec<Uint8Array> {
  return {
    encode(w, v) {
      w.uint32(limited(v.length, max, 'character array'))
      writeChars(w, v)
    },
    decode: r => charBytes(r, limited(r.uint32(), max, 'character array')),
    shape: { kind: 'chars', max },
  }
}

/** C's `char x[size]`, each character as four bytes. */
export function fixedChars(size: number): Codec<Uint8Array> {
  return {
    encode(w, v) {
      if (v.length !== size) throw new XdrError(`${size} characters expected, got ${v.length}`)
      writeChars(w, v)
    },
    decode: r => charBytes(r, size),
    shape: { kind: 'fixedChars', size },
  }
}

/** One of the listed numbers. */
export function enumeration<T extends number>(values: Record<string, T>): Codec<T> {
  const known = new Set<number>(Object.values(values))
  const isKnown = (v: number): v is T => known.has(v)
  const check = (v: number): T => {
    if (!isKnown(v)) throw new XdrError(`${String(v)} is none of ${[...known].join(', ')}`)
    return v
  }
  return {
    encode: (w, v) => w.int32(check(v)),
    decode: r => check(r.int32()),
    shape: { kind: 'enum', values: [...known] },
  }
}

/** A pointer in the protocol definition: a value or null. */
export function optional<T>(of: Codec<T>): Codec<T | null> {
  return {
    encode(w, v) {
      if (v === null || v === undefined) return w.uint32(0)
      w.uint32(1)
      of.encode(w, v)
    },
    decode: r => (flag(r.uint32()) ? of.decode(r) : null),
    shape: { kind: 'optional', of: of.shape },
  }
}

/** At most `max` elements with their count before them. */
export function array<T>(of: Codec<T>, max: number): Codec<T[]> {
  return {
    encode(w, v) {
      w.uint32(limited(v.length, max, 'array'))
      for (const item of v) of.encode(w, item)
    },
    decode(r) {
      const count = limited(r.uint32(), max, 'array')
      const out: T[] = []
      for (let i = 0; i < count; i++) out.push(of.decode(r))
      return out
    },
    shape: { kind: 'array', of: of.shape, max },
  }
}

/** Exactly `size` elements. */
export function fixedArray<T>(of: Codec<T>, size: number): Codec<T[]> {
  return {
    encode(w, v) {
      if (v.length !== size) throw new XdrError(`${size} elements expected, got ${v.length}`)
      for (const item of v) of.encode(w, item)
    },
    decode(r) {
      const out: T[] = []
      for (let i = 0; i < size; i++) out.push(of.decode(r))
      return out
    },
    shape: { kind: 'fixedArray', of: of.shape, size },
  }
}

/** Named fields in the order of the protocol definition. Errors name the field they happened in. */
export function struct<T extends object>(fields: { [K in keyof T]-?: Codec<T[K]> }): Codec<T> {
  const names = Object.keys(fields) as (keyof T & string)[]
  return {
    encode(w, v) {
      let at = ''
      try {
        for (const name of names) {
          at = name
          fields[name].encode(w, v[name])
        }
      } catch (error) {
        throw inField(at, error)
      }
    },
    decode(r) {
      const out = {} as T
      let at = ''
      try {
        for (const name of names) {
          at = name
          out[name] = fields[name].decode(r)
        }
      } catch (error) {
        throw inField(at, error)
      }
      return out
    },
    shape: { kind: 'struct', fields: names.map(name => [name, fields[name].shape] as const) },
  }
}

/** A value whose type depends on a number before it, as `{ type, value }`. */
export function union<T extends { type: number; value: unknown }>(
  cases: {
    [K in T['type']]: Codec<Extract<T, { type: K }>['value']>
  },
): Codec<T> {
  const byType = new Map<number, Codec<unknown>>(
    Object.entries(cases).map(([type, codec]) => [Number(type), codec as Codec<unknown>]),
  )
  const of = (type: number): Codec<unknown> => {
    const codec = byType.get(type)
    if (!codec) throw new XdrError(`${type} is no known union case`)
    return codec
  }
  return {
    encode(w, v) {
      const codec = of(v.type)
      w.int32(v.type)
      codec.encode(w, v.value)
    },
    decode(r) {
      const type = r.int32()
      return { type, value: of(type).decode(r) } as T
    },
    shape: { kind: 'union', cases: [...byType].map(([type, codec]) => [type, codec.shape] as const) },
  }
}

function limited(length: number, max: number, what: string): number {
  if (length > max) throw new XdrError(`a ${what} of length ${length} is longer than ${max}`)
  return length
}

function inField(name: string, error: unknown): unknown {
  if (!(error instanceof XdrError)) {
    // A missing nested value surfaces as a TypeError; say where instead of "cannot read properties of undefined".
    if (error instanceof TypeError) return new XdrError(`${name}: ${error.message}`, { cause: error })
    return error
  }
  const separator = /^[\w.]+: /.test(error.message) ? '.' : ': '
  return new XdrError(`${name}${separator}${error.message}`)
}
