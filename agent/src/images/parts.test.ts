import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { coverWhole, type ImageBackend } from './backend.ts'
import { blake2b256 } from './blake2b.ts'
import { imageChecksum } from './checksum.ts'
import { Ranges } from './ranges.ts'

test('blake2b with 32 bytes gives the digests of other libraries', () => {
  // Computed with Python's hashlib.
  const known = {
    '': '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8',
    abc: 'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319',
    [`${'x'.repeat(128)}`]: '164ffb7089bae6f5a62fb0795e751dc9e88eac92e1a5b2fafe93a25abf2d9c3b',
    [`${'y'.repeat(129)}`]: '1fae0060de404a27c2a5cb5668c24b7277cc51ddd2c3dae88b8a824a81193a49',
    [`${'q'.repeat(100_000)}`]: 'b1fc29013b0cde2f579eddda089e02713508f3dd49a60e1bd4914c988f92dd5b',
    [`${'r'.repeat(65_536)}`]: '4bab1dbe5d4ac088653fa083d489b5eb9d646596731f3adb249eb47000e4cdd5',
    [`${'z'.repeat(1000)}`]: 'ede3c7fe61664448156ffacd74769c14d598dd38fc8eb46e06ba84c6e5b2b990',
  }
  for (const [text, digest] of Object.entries(known))
    assert.equal(blake2b256().update(Buffer.from(text)).digest().toString('hex'), digest)
})

test('a hash does not depend on how its input is cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1000 }), fc.array(fc.nat(300)), (bytes, cuts) => {
      const whole = blake2b256().update(bytes).digest().toString('hex')
      const parts = blake2b256()
      let at = 0
      for (const cut of cuts) parts.update(bytes.subarray(at, (at += cut)))
      assert.equal(parts.update(bytes.subarray(at)).digest().toString('hex'), whole)
    }),
  )
})

/** An image in memory that tells its zero blocks of `grain` bytes, or keeps them to itself. */
function memoryImage(bytes: Buffer, grain: number, honest: boolean): ImageBackend {
  const starts = Array.from({ length: Math.ceil(bytes.length / grain) }, (_, n) => n * grain)
  const never = () => Promise.reject(new Error('not in this test'))
  return {
    maxReaders: 1,
    maxWriters: 1,
    alive: true,
    size: async () => bytes.length,
    read: async (into, offset) => bytes.copy(into, 0, offset, offset + into.length),
    extents: async () =>
      coverWhole(
        honest
          ? starts.map(start => ({
              start,
              length: grain,
              zero: bytes.subarray(start, start + grain).every(b => b === 0),
              hole: false,
            }))
          : [],
        bytes.length,
      ),
    write: never,
    zero: never,
    flush: never,
    close: async () => {},
  }
}

test('a checksum is the hash of the hashes of the blocks, whether zeros are known or found', async () => {
  const block = 4096
  const image = fc
    .array(fc.constantFrom(0, 0, 1, 2), { minLength: 1, maxLength: 12 })
    .chain(fills =>
      fc
        .nat(1023)
        .map(cut => Buffer.concat(fills.map(f => Buffer.alloc(1024, f))).subarray(0, fills.length * 1024 - cut)),
    )
  await fc.assert(
    fc.asyncProperty(image, async bytes => {
      const outer = createHash('sha256')
      for (let at = 0; at < bytes.length; at += block)
        outer.update(
          createHash('sha256')
            .update(bytes.subarray(at, at + block))
            .digest(),
        )
      const expected = outer.digest('hex')
      for (const honest of [true, false])
        assert.equal(await imageChecksum(memoryImage(bytes, 1024, honest), 'sha256', block, () => {}), expected)
    }),
    { numRuns: 50 },
  )
})

test('ranges count each byte once, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(60))), list => {
      const ranges = new Ranges()
      const bytes = new Set<number>()
      for (const [start, length] of list) {
        ranges.add(start, start + length)
        for (let at = start; at < start + length; at++) bytes.add(at)
      }
      assert.equal(ranges.sum(), bytes.size)
      assert.equal(new Ranges(ranges.toJSON()).sum(), bytes.size)
    }),
  )
})

test('extents are cut, filled and joined until they cover the image exactly', () => {
  const extent = (start: number, length: number, zero: boolean) => ({ start, length, zero, hole: false })
  assert.deepEqual(coverWhole([extent(0, 10, true), extent(10, 10, true), extent(20, 50, false)], 30), [
    extent(0, 20, true),
    extent(20, 10, false),
  ])
  assert.deepEqual(coverWhole([extent(0, 10, true)], 30), [extent(0, 10, true), extent(10, 20, false)])
  assert.deepEqual(coverWhole([], 0), [])
})
