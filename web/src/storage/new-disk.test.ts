import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GiB } from '@rookery/model'
import { AddDisk } from '@rookery/engine/storage/disk/types'
import { emptyDisk, grownSize, inputOf, problemsOf } from './new-disk.ts'
import { wholeNumber } from './whole-number.ts'

const form = { ...emptyDisk, alias: 'data1', storageDomainId: '6f1c0a52-0000-4000-8000-000000009e77' }

test('an empty form says what is missing, a filled one nothing', () => {
  assert.deepEqual(problemsOf(emptyDisk), { alias: 'nameMissing', storageDomainId: 'domainMissing' })
  assert.deepEqual(problemsOf(form), {})
  assert.deepEqual(problemsOf({ ...form, size: 'much' }), { size: 'notASize' })
  assert.deepEqual(problemsOf({ ...form, size: '600T' }), { size: 'sizeRange' })
})

test('what the form makes is what the operation takes', () => {
  const thin = AddDisk.parse(inputOf({ ...form, shareable: true }))
  assert.deepEqual([thin.format, thin.sparse, thin.shareable, thin.capacity], ['qcow2', true, false, 10 * GiB])
  const raw = AddDisk.parse(inputOf({ ...form, allocation: 'preallocated', shareable: true }))
  assert.deepEqual([raw.format, raw.sparse, raw.shareable], ['raw', false, true])
})

test('a disk only grows', () => {
  assert.equal(grownSize('10 GiB', 10 * GiB).problem, 'notLarger')
  assert.deepEqual(grownSize('11G', 10 * GiB), { bytes: 11 * GiB, problem: undefined })
})

test('whole numbers are read as people type them', () => {
  assert.equal(wholeNumber(' １０ ', 0, 100), 10)
  for (const text of ['', '-1', '1.5', '101', 'ten']) assert.equal(wholeNumber(text, 0, 100), undefined)
})
