import assert from 'node:assert/strict'
import { test } from 'node:test'
import { niceTop, spread, summarise } from './numbers.ts'
import { asked, readRange, shown, writeRange } from './range.ts'

test('a series in words: average and peak of what is known, and the last value', () => {
  assert.deepEqual(summarise([1, 2, 3, 4], [0.1, null, 0.5, 0.3]), {
    average: 0.3,
    peak: 0.5,
    peakAt: 3,
    now: 0.3,
  })
  assert.equal(summarise([1, 2], [null, null]), undefined)
  assert.equal(summarise([], []), undefined)
})

test('axes end at round numbers of their unit', () => {
  assert.deepEqual(
    [0, 3, 999, 1_200_000, 5_000_000].map(n => niceTop(n, 1000)),
    [1, 5, 1000, 2_000_000, 5_000_000],
  )
  const MiB = 1024 * 1024
  assert.deepEqual(
    [0, 700, 1025, 1.4 * MiB, 300 * MiB, 600 * MiB].map(n => niceTop(n, 1024)),
    [1024, 1024, 2048, 2 * MiB, 500 * MiB, 1024 * MiB],
  )
})

test('a table has the last value and at most so many rows', () => {
  assert.deepEqual(spread(3, 10), [2, 1, 0])
  assert.deepEqual(spread(10, 4), [9, 6, 3, 0])
  assert.deepEqual(spread(0, 4), [])
})

test('ranges are in the address, and nonsense is the last hour', () => {
  assert.deepEqual(readRange('-6h', undefined), { kind: 'last', name: '6h', ms: 21_600_000 })
  assert.deepEqual(readRange('1000', '2000'), { kind: 'fixed', from: 1000, to: 2000 })
  for (const [from, to] of [
    [undefined, undefined],
    ['-9y', undefined],
    ['2000', '1000'],
    ['x', 'y'],
    ['-1000', '5'],
  ] as const)
    assert.deepEqual(readRange(from, to), { kind: 'last', name: '1h', ms: 3_600_000 })
  assert.deepEqual(writeRange('15m'), { from: '-15m', to: undefined })
  assert.deepEqual(writeRange({ from: 1.4, to: 9.6 }), { from: '1', to: '10' })
})

test('the question of a moving range is the same for a minute and reaches over now', () => {
  const range = readRange('-15m', undefined)
  const at = 1_000_000_020_000
  assert.deepEqual(asked(range, at), asked(range, at + 30_000))
  assert.ok(asked(range, at).to > at + 60_000)
  assert.ok(asked(range, at).from <= at - 900_000)
  assert.deepEqual(shown(range, at, at + 5000), { from: at + 5000 - 900_000, to: at + 5000 })
})
