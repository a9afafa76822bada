import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  areaSize,
  bucketOffset,
  type CellSector,
  decodeCell,
  decodeHeader,
  decodeObituaries,
  decodeSlot,
  encodeCell,
  encodeHeader,
  encodeObituaries,
  encodeSlot,
  sectorSize,
  slotOffset,
} from './layout.ts'
import { defaultTimes } from './times.ts'

const areaId = '5f0c9d52-6b1e-4c57-9a41-2d8e7b6c5a10'
const storageDomainId = '3f0c9d52-6b1e-4c57-9a41-2d8e7b6c5a10'
const hostId = 'b7a4e3d1-2c5f-4e80-8d96-1f0a3b5c7e92'
const generation = '00112233445566778899aabbccddeeff'
const header = { areaId, storageDomainId, slots: 256 as const, buckets: 64, times: defaultTimes }
const slot = { areaId, slot: 3, hostId, generation, counter: 77, era: 2, state: 'live' as const }
const obituaries = {
  counter: 5,
  obituaries: [
    { of: generation, slot: 3, era: 2, cause: 'expired' as const, phase: 'final' as const },
    { of: 'f'.repeat(32), slot: 255, era: 0, cause: 'fenced' as const, phase: 'intent' as const },
  ],
}
const cell: CellSector = {
  generation,
  highest: 9,
  counter: 4,
  entries: [
    { resource: hostId, flag: 'held', timed: true, era: 2, peer: null, peerSlot: 0, epoch: 9, since: 1_700_000_000 },
    { resource: areaId, flag: 'given', timed: false, era: 0, peer: 'f'.repeat(32), peerSlot: 255, epoch: 8, since: 0 },
  ],
}
const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

test('every sector is read as it was written', () => {
  assert.deepEqual(decodeHeader(encodeHeader(header), storageDomainId, 'x'), header)
  assert.deepEqual(decodeSlot(encodeSlot(slot)), slot)
  assert.deepEqual(decodeObituaries(encodeObituaries(obituaries)), obituaries)
  assert.deepEqual(decodeCell(encodeCell(cell)), cell)
})

test('the bytes on disk stay what they are: hosts of several versions share them', () => {
  const sectors = [encodeHeader(header), encodeSlot(slot), encodeObituaries(obituaries), encodeCell(cell)]
  assert.deepEqual(sectors.map(sum), ['bb4c5e4a4730c6ed', 'b5881e1683a05c3d', '2768f962329a5d84', '9cfa66e2bca6fe02'])
  assert.equal(
    encodeSlot(slot).toString('hex', 0, 72),
    '524b534c4f5430315f0c9d526b1e4c579a412d8e7b6c5a10b7a4e3d12c5f4e808d961f0a3b5c7e9200112233445566778899aabbccddeeff4d000000000000000200000003000100',
  )
})

test('places are found by arithmetic', () => {
  assert.equal(slotOffset(0), 1024 * 1024)
  assert.equal(bucketOffset(header, 0), slotOffset(256))
  assert.equal(bucketOffset(header, 64), areaSize(header))
  assert.equal(areaSize(header), 66 * 1024 * 1024)
})

test('a sector of which only a part was written, or with one bit changed, is broken and nothing else', () => {
  const before = encodeCell({ ...cell, entries: [], counter: 3 })
  const after = encodeCell(cell)
  for (let cut = 1; cut < sectorSize; cut++) {
    const torn = Buffer.concat([after.subarray(0, cut), before.subarray(cut)])
    const read = decodeCell(torn)
    assert.ok(read === 'broken' || torn.equals(after) || torn.equals(before), `cut at ${cut}`)
  }
  fc.assert(
    fc.property(fc.nat(sectorSize * 8 - 1), bit => {
      for (const [whole, decode] of [
        [after, decodeCell],
        [encodeSlot(slot), decodeSlot],
        [encodeObituaries(obituaries), decodeObituaries],
      ] as const) {
        const bad = Buffer.from(whole)
        bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        assert.equal(decode(bad), 'broken')
      }
    }),
  )
})

test('what was never written is empty', () => {
  const empty = Buffer.alloc(sectorSize)
  assert.deepEqual([decodeSlot(empty), decodeObituaries(empty), decodeCell(empty)], ['empty', 'empty', 'empty'])
})

test('an area of another domain, a damaged one, none, and times that are not safe are refused', () => {
  const bytes = encodeHeader(header)
  assert.throws(() => decodeHeader(bytes, areaId, 'x'), { code: 'lease.area_of_other_domain' })
  assert.throws(() => decodeHeader(Buffer.alloc(sectorSize), storageDomainId, 'x'), { code: 'lease.area_unknown' })
  bytes[50] = 1
  assert.throws(() => decodeHeader(bytes, storageDomainId, 'x'), { code: 'lease.area_broken' })
  const times = { ...defaultTimes, dead: 80 }
  assert.throws(() => encodeHeader({ ...header, times }), { code: 'lease.times', message: /at least .*: 92/ })
  assert.throws(() => encodeSlot({ ...slot, generation: 'x' }), { code: 'lease.generation' })
  assert.throws(() => encodeSlot({ ...slot, hostId: 'me' }), { code: 'lease.id' })
})
