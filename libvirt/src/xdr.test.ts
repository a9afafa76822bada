import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as xdr from './xdr.ts'

const roundTrip = <T>(codec: xdr.Codec<T>, value: T): void => {
  const bytes = xdr.encodeXdr(codec, value)
  assert.equal(bytes.length % 4, 0)
  assert.deepEqual(xdr.decodeXdr(codec, bytes), value)
}

test('integers of all widths survive the wire', () => {
  fc.assert(fc.property(fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }), v => roundTrip(xdr.int32, v)))
  fc.assert(fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), v => roundTrip(xdr.uint32, v)))
  fc.assert(fc.property(fc.integer({ min: -128, max: 127 }), v => roundTrip(xdr.int8, v)))
  fc.assert(fc.property(fc.integer({ min: 0, max: 65535 }), v => roundTrip(xdr.uint16, v)))
  fc.assert(fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), v => roundTrip(xdr.hyper, v)))
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), v => roundTrip(xdr.uhyper, v)))
  fc.assert(fc.property(fc.double(), v => roundTrip(xdr.double, v)))
})

test('text and bytes of every length survive the wire with their padding', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter(s => !s.includes('\0')),
      v => roundTrip(xdr.string(1000), v),
    ),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), v => {
      roundTrip(xdr.bytes(40), Buffer.from(v))
      roundTrip(xdr.chars(40), Buffer.from(v))
      roundTrip(xdr.fixedBytes(v.length), Buffer.from(v))
      roundTrip(xdr.fixedChars(v.length), Buffer.from(v))
    }),
  )
})

test('the bytes are those of RFC 4506', () => {
  const hex = <T>(codec: xdr.Codec<T>, value: T): string => xdr.encodeXdr(codec, value).toString('hex')
  assert.equal(hex(xdr.int32, -2), 'fffffffe')
  assert.equal(hex(xdr.hyper, -2n), 'fffffffffffffffe')
  assert.equal(hex(xdr.string(9), 'hello'), '0000000568656c6c6f000000')
  assert.equal(hex(xdr.fixedBytes(2), Buffer.from([1, 2])), '01020000')
  assert.equal(hex(xdr.optional(xdr.int32), null), '00000000')
  assert.equal(hex(xdr.optional(xdr.int32), 7), '0000000100000007')
  assert.equal(hex(xdr.array(xdr.uint16, 5), [1, 2]), '000000020000000100000002')
  assert.equal(hex(xdr.chars(5), Buffer.from([0x41, 0xff])), '0000000200000041ffffffff')
  assert.equal(hex(xdr.bool, true), '00000001')
})

test('values that do not fit their type are refused before they are sent', () => {
  const refused = <T>(codec: xdr.Codec<T>, value: T): void =>
    assert.throws(() => xdr.encodeXdr(codec, value), xdr.XdrError)
  refused(xdr.int32, 1.5)
  refused(xdr.int32, Number.NaN)
  refused(xdr.int32, 0x8000_0000)
  refused(xdr.uint32, -1)
  refused(xdr.uint8, 256)
  refused(xdr.hyper, 1n << 63n)
  refused(xdr.uhyper, -1n)
  refused(xdr.string(4), 'fünf')
  refused(xdr.string(9), 'nul\0')
  refused(xdr.bytes(2), Buffer.alloc(3))
  refused(xdr.fixedBytes(2), Buffer.alloc(3))
  refused(xdr.array(xdr.int32, 1), [1, 2])
  refused(xdr.fixedArray(xdr.int32, 1), [1, 2])
  refused(xdr.enumeration({ a: 0, b: 2 } as Record<string, number>), 1)
})

test('lengths beyond the limit are refused before anything is allocated for them', () => {
  const huge = Buffer.from('ffffffff', 'hex')
  for (const codec of [xdr.string(100), xdr.bytes(100), xdr.chars(100), xdr.array(xdr.int32, 100)]) {
    assert.throws(() => codec.decode(new xdr.XdrReader(huge)), /longer than 100/)
  }
  // Within the limit, but more than there is.
  const short = Buffer.from('00000064', 'hex')
  for (const codec of [xdr.string(100), xdr.bytes(100), xdr.chars(100), xdr.array(xdr.int32, 100)]) {
    assert.throws(() => codec.decode(new xdr.XdrReader(short)), xdr.XdrError)
  }
})

test('a message that outgrows its limit is refused', () => {
  assert.throws(() => xdr.encodeXdr(xdr.bytes(100), Buffer.alloc(100), 64), /larger than 64 bytes/)
})

interface Inner {
  name: string
  sizes: number[]
}
const inner = xdr.struct<Inner>({ name: xdr.string(8), sizes: xdr.array(xdr.uint32, 4) })
const outer = xdr.struct<{ first: Inner; rest: Inner | null }>({ first: inner, rest: xdr.optional(inner) })

test('structs nest, and errors say in which field', () => {
  roundTrip(outer, { first: { name: 'a', sizes: [1] }, rest: { name: 'b', sizes: [] } })
  const wrong = { first: { name: 'far too long', sizes: [] }, rest: null }
  assert.throws(() => xdr.encodeXdr(outer, wrong), /first\.name: a string of 12 bytes is longer than 8/)
  const missing = { first: undefined, rest: null } as unknown as { first: Inner; rest: null }
  assert.throws(() => xdr.encodeXdr(outer, missing), /^XdrError: first\./)
})

test('unions carry the type that their number names', () => {
  type Value = { type: 1; value: number } | { type: 7; value: string }
  const codec = xdr.union<Value>({ 1: xdr.int32, 7: xdr.string(10) })
  roundTrip(codec, { type: 1, value: 5 })
  roundTrip(codec, { type: 7, value: 'five' })
  assert.throws(() => xdr.decodeXdr(codec, Buffer.from('0000000200000000', 'hex')), /2 is no known union case/)
})

test('bytes that are left over are an error', () => {
  assert.throws(() => xdr.decodeXdr(xdr.int32, Buffer.alloc(8)), /4 bytes too many/)
})

test('random bytes decode to a value or fail as XdrError, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      try {
        xdr.decodeXdr(outer, Buffer.from(bytes))
      } catch (error) {
        assert.ok(error instanceof xdr.XdrError)
      }
    }),
  )
})

test('a writer can be reused without disturbing what was taken before', () => {
  const writer = new xdr.XdrWriter(1 << 24)
  writer.uint32(1)
  const first = writer.take()
  writer.reset()
  writer.padded(Buffer.alloc(2 << 20, 9))
  assert.equal(writer.take().length, 2 << 20)
  writer.reset()
  writer.uint32(3)
  assert.equal(first.toString('hex'), '00000001')
  assert.equal(writer.take().toString('hex'), '00000003')
})
