import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseSpm } from './choose.ts'

const host = (id: string, spmPriority = 5, status = 'up') => ({ id, spmPriority, status })

test('the highest priority among hosts that are up serves the storage', () => {
  assert.equal(chooseSpm([host('a', 5), host('b', 8), host('c', 10, 'maintenance')]), 'b')
})

test('a host of priority -1 never serves', () => {
  assert.equal(chooseSpm([host('a', -1)]), undefined)
})

test('equals are told apart in the same way by every engine', () => {
  assert.equal(chooseSpm([host('b'), host('a')]), 'a')
  assert.equal(chooseSpm([host('a'), host('b')]), 'a')
})
