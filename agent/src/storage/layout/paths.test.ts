import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { domainPaths, escapeConnection } from './paths.ts'
import { emptyXleaseIndex, xleaseRecords, xleasesEmptySize } from './xleases.ts'

test('connections become folder names as oVirt makes them', () => {
  assert.equal(escapeConnection('192.168.122.10:/export/data'), '192.168.122.10:_export_data')
  assert.equal(escapeConnection('h:/a_b/c'), 'h:_a__b_c')
  assert.equal(escapeConnection('/data/x'), '_data_x')
})

test('ids that are no UUIDs never become paths', () => {
  const paths = domainPaths('/m')
  assert.equal(
    paths.meta('3f0c9d52-6b1e-4c57-9a41-2d8e7b6c5a10', '5d7b2f40-8a3c-4e19-b6d5-90c1e2f3a4b5'),
    '/m/images/3f0c9d52-6b1e-4c57-9a41-2d8e7b6c5a10/5d7b2f40-8a3c-4e19-b6d5-90c1e2f3a4b5.meta',
  )
  for (const id of ['..', '', 'a/b', '3f0c9d52-6b1e-4c57-9a41-2d8e7b6c5a10/..'])
    assert.throws(() => paths.image(id), RangeError)
})

test('an empty lease index has the bytes of the published structure', () => {
  // The sum is of the same index written by Python's struct with the formats.
  const index = emptyXleaseIndex('3f0c9d52-6b1e-4c57-9a41-2d8e7b6c5a10', 1_763_632_860)
  assert.equal(xleaseRecords, 3960)
  assert.equal(xleasesEmptySize, 1_302_528)
  assert.equal(
    createHash('sha256').update(index).digest('hex'),
    '71fb21883558571651656edead246084f950803fbe32f13ebb10fd1379412ad7',
  )
})
