import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurns } from './turns.ts'
import { median, quantile, ratios, summary } from './stats.ts'

test('the median is the middle one, or the mean of the two in the middle', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([7]), 7)
  assert.ok(Number.isNaN(median([])))
})

test('a quantile is a number that was seen', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
  assert.equal(quantile(hundred, 0.99), 99)
  assert.equal(quantile(hundred, 1), 100)
  assert.equal(quantile([5], 0.99), 5)
})

test('ratios are taken pair by pair, not of two medians', () => {
  // The second round was disturbed: both sides took ten times as long.
  assert.deepEqual(ratios([10, 100, 10], [5, 50, 5]), [2, 2, 2])
  assert.deepEqual(summary([2, 1, 3]), { value: 2, low: 1, high: 3, runs: 3 })
})

test('cases take turns, each round in the other order, and the warm-up is not counted', async () => {
  const order: string[] = []
  const side = (name: string) => async () => {
    order.push(name)
    return order.length
  }
  const found = await inTurns({ ours: side('a'), theirs: side('b') }, { warmUp: 1, rounds: 2 })
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b'])
  assert.deepEqual(found, { ours: [4, 5], theirs: [3, 6] })
})
