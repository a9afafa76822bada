import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  attached,
  decodeDomainMetadata,
  describeDomain,
  detached,
  encodeDomainMetadata,
  newDomainMetadata,
  poolsOf,
} from './domain-metadata.ts'

const golden = (name: string) => readFileSync(new URL(`golden/${name}`, import.meta.url))
const id = '3f0c9d52-6b1e-4c57-9a41-2d8e7b6c5a10'
const pool = 'b7a4e3d1-2c5f-4e80-8d96-1f0a3b5c7e92'
const nfs = {
  ...newDomainMetadata({
    storageDomainId: id,
    type: 'data',
    name: 'nfs-data',
    remotePath: '192.168.122.10:/export/data',
    storageType: 'localfs',
  }),
  TYPE: 'NFS',
}
const attachment = { poolId: pool, poolName: 'Default', role: 'Master' as const, poolDomains: [id] }

test('a new data domain has the metadata that oVirt writes, to the byte', () => {
  assert.equal(encodeDomainMetadata(nfs).toString(), golden('metadata-created.txt').toString())
})

test('the first attach makes it the master of its pool, to the byte', () => {
  assert.equal(encodeDomainMetadata(attached(nfs, attachment)).toString(), golden('metadata-master.txt').toString())
})

test('another domain of the pool gets only the id of the pool', () => {
  const after = attached(nfs, { ...attachment, role: 'Regular' })
  assert.deepEqual({ ...after }, { ...nfs, POOL_UUID: pool })
})

test('a detach takes pool and role and leaves the other pool keys', () => {
  const after = detached(attached(nfs, attachment), pool)
  assert.equal(after.POOL_UUID, '')
  assert.equal(after.ROLE, 'Regular')
  assert.equal(after.POOL_DESCRIPTION, 'Default')
})

test('a data domain of another pool is not attached', () => {
  const elsewhere = attached(nfs, attachment)
  assert.throws(() => attached(elsewhere, { ...attachment, poolId: id }), { code: 'storage.attached_elsewhere' })
})

test('an iso domain may belong to several pools', () => {
  const iso = newDomainMetadata({
    storageDomainId: id,
    type: 'iso',
    name: 'iso',
    remotePath: '/iso',
    storageType: 'localfs',
  })
  assert.equal(iso.VERSION, '0')
  assert.equal(iso.ALIGNMENT, undefined)
  const both = attached(attached(iso, { ...attachment, role: 'Regular' }), {
    ...attachment,
    role: 'Regular',
    poolId: id,
  })
  assert.deepEqual(poolsOf(both), [pool, id])
  assert.deepEqual(poolsOf(detached(both, pool)), [id])
})

test('a changed line without its checksum is refused with both sums', () => {
  const text = golden('metadata-created.txt').toString().replace('nfs-data', 'nfs-date')
  assert.throws(() => decodeDomainMetadata(Buffer.from(text), '/x/metadata'), {
    code: 'storage.checksum_broken',
    message: /\/x\/metadata was changed.*37bb8ba2cb4dd5b410bddb3b53479a1c0d8a407d/,
  })
})

test('NUL padding and a missing checksum are accepted', () => {
  const padded = Buffer.concat([golden('metadata-created.txt'), Buffer.alloc(100)])
  assert.deepEqual({ ...decodeDomainMetadata(padded, 'x') }, { ...nfs })
  const without = golden('metadata-created.txt')
    .toString()
    .replace(/_SHA.*\n/, '')
  assert.deepEqual({ ...decodeDomainMetadata(Buffer.from(without), 'x') }, { ...nfs })
})

test('any metadata survives the disk, unknown keys and every language included', () => {
  const key = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/).filter(k => k !== 'EOF')
  const value = fc
    .string({ unit: 'binary' })
    .filter(v => !/[\n\r\0]/.test(v) && v.trimEnd() === v && Buffer.from(v).toString() === v)
  fc.assert(
    fc.property(fc.dictionary(key, value), values => {
      const expected = Object.fromEntries(Object.entries(values))
      assert.deepEqual({ ...decodeDomainMetadata(encodeDomainMetadata(values), 'x') }, expected)
    }),
  )
})

test('a name that ends in spaces loses them and keeps a checksum that fits', () => {
  const read = decodeDomainMetadata(encodeDomainMetadata({ ...nfs, DESCRIPTION: 'tail  ' }), 'x')
  assert.equal(read.DESCRIPTION, 'tail')
})

test('a value with a line break cannot be written', () => {
  assert.throws(() => encodeDomainMetadata({ ...nfs, DESCRIPTION: 'a\nPOOL_UUID=x' }), RangeError)
})

test('a domain tells its format as the API numbers it', () => {
  assert.deepEqual(describeDomain(nfs), {
    storageDomainId: id,
    type: 'data',
    name: 'nfs-data',
    version: 5,
    poolId: null,
    role: 'Regular',
  })
  assert.throws(() => describeDomain({ ...nfs, CLASS: 'Backup' }), { code: 'storage.class_unknown' })
  assert.throws(() => describeDomain({ ...nfs, VERSION: '1' }), { code: 'storage.version_unknown' })
})
