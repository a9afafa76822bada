import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ranges } from './ranges.ts'

test('what is added twice counts once', () => {
  const ranges = new Ranges()
  ranges.add(0, 10)
  ranges.add(20, 30)
  ranges.add(5, 8)
  assert.equal(ranges.total, 20)
  ranges.add(8, 25)
  assert.equal(ranges.total, 30)
  ranges.add(30, 40)
  ranges.add(7, 7)
  assert.equal(ranges.total, 40)
})
