import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RookeryError } from '@rookery/model'
import fc from 'fast-check'
import { judgeQcow2, parseQcow2Header } from './qcow2-header.ts'
import { bentQcow2, hostileImages } from './testing-images.ts'

const MiB = 1024 * 1024
const judge = (bytes: Buffer, capacity = 2 * MiB) => {
  const header = parseQcow2Header(bytes.subarray(0, 65_536))
  judgeQcow2(header, bytes.length, capacity)
  return header
}

test('a plain image passes and tells its size', () => {
  assert.equal(judge(bentQcow2()).virtualSize, MiB)
  assert.equal(judge(bentQcow2({ version: 2 })).headerLength, 72)
})

// Where an L1 entry leads is for qemu-img to find out, which the tests with the real program do.
for (const image of hostileImages('/nowhere/canary').filter(i => i.format === 'qcow2'))
  if (image.name !== 'an L1 table that leads nowhere')
    test(`${image.name} is refused`, () => {
      assert.throws(() => judge(image.bytes), { kind: 'invalid', code: `image.refused.${image.why}` })
    })

test('whatever bytes come, the answer is a judgement', () => {
  const sound = bentQcow2()
  const patch = fc.record({ at: fc.nat(160), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) })
  fc.assert(
    fc.property(fc.array(patch, { maxLength: 4 }), fc.nat(sound.length), (patches, length) => {
      const image = Buffer.from(sound)
      for (const { at, bytes } of patches) image.set(bytes, at)
      try {
        judge(image.subarray(0, length))
      } catch (error) {
        assert.ok(error instanceof RookeryError && error.code.startsWith('image.refused.'), String(error))
      }
    }),
    { numRuns: 2000 },
  )
})
