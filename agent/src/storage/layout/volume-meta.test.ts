import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeDiskNames, descriptionLimit, encodeDiskNames } from './description.ts'
import { decodeVolumeMeta, encodeVolumeMeta, metaLimit, nextGeneration, type VolumeMeta } from './volume-meta.ts'

const golden = (name: string) => readFileSync(new URL(`golden/${name}`, import.meta.url))

test('the metadata of a disk and of an OVF store survive to the byte', () => {
  for (const name of ['disk.meta.txt', 'ovf-store.meta.txt']) {
    const bytes = golden(name)
    assert.equal(encodeVolumeMeta(decodeVolumeMeta(bytes, name)).toString(), bytes.toString())
  }
})

test('a disk is described as oVirt describes it', () => {
  const meta = decodeVolumeMeta(golden('disk.meta.txt'), 'x')
  assert.equal(encodeDiskNames({ alias: 'web1_Disk1', description: '' }), meta.description)
  assert.equal(meta.capacity, 10_737_418_240)
})

test('metadata before V5 counts blocks of 512 bytes', () => {
  const old = golden('disk.meta.txt')
    .toString()
    .replace(/CAP=.*\n/, '')
    .replace('EOF', 'SIZE=20971520\nMTIME=0\nEOF')
  assert.equal(decodeVolumeMeta(Buffer.from(old), 'x').capacity, 10_737_418_240)
})

test('missing GEN and SEQ count as zero, other nonsense is named', () => {
  const text = golden('disk.meta.txt')
    .toString()
    .replace(/GEN=.*\n|SEQ=.*\n/g, '')
  assert.equal(decodeVolumeMeta(Buffer.from(text), 'x').generation, 0)
  assert.throws(() => decodeVolumeMeta(Buffer.from(text.replace('FORMAT=RAW', 'FORMAT=VMDK')), '/d/v.meta'), {
    code: 'volume.metadata_broken',
    message: /\/d\/v\.meta: FORMAT is "VMDK"/,
  })
  assert.throws(() => decodeVolumeMeta(Buffer.from(''), 'x'), { code: 'volume.metadata_broken' })
})

test('generations go round after 999', () => {
  assert.equal(nextGeneration(0), 1)
  assert.equal(nextGeneration(999), 0)
})

const names = fc.record({
  alias: fc.string({ unit: 'grapheme', maxLength: 255 }),
  description: fc.string({ unit: 'grapheme', maxLength: 400 }),
})

test('whatever people call a disk fits its metadata', () => {
  const meta = decodeVolumeMeta(golden('disk.meta.txt'), 'x')
  fc.assert(
    fc.property(names, given => {
      const description = encodeDiskNames(given)
      assert.ok(Buffer.byteLength(description) <= descriptionLimit)
      const full: VolumeMeta = { ...meta, description, capacity: Number.MAX_SAFE_INTEGER, volumeType: 'INTERNAL' }
      assert.ok(encodeVolumeMeta({ ...full, legality: 'ILLEGAL', allocation: 'PREALLOCATED' }).length <= metaLimit)
      const read = decodeDiskNames(description)
      assert.ok(read !== null && given.alias.startsWith(read.alias) && given.description.startsWith(read.description))
    }),
  )
})

test('short names survive whole, in any language', () => {
  for (const given of [
    { alias: '웹 서버', description: '' },
    { alias: 'a"b\\c', description: 'ü' },
    { alias: 'web1', description: 'первый' },
    { alias: '🐦', description: '\n' },
  ])
    assert.deepEqual(decodeDiskNames(encodeDiskNames(given)), given)
  assert.equal(
    encodeDiskNames({ alias: 'é', description: 'x' }),
    '{"DiskAlias":"e900","DiskDescription":"x","Enc":"1"}',
  )
})

test('descriptions that are not of a disk are none', () => {
  for (const text of ['', 'free text', '[]', '{"Updated":true}', 'null']) assert.equal(decodeDiskNames(text), null)
})
