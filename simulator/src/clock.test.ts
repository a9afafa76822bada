import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from './clock.ts'

test('what falls due happens in order of time, then of scheduling', () => {
  const clock = manualClock(1000)
  const seen: string[] = []
  for (const [ms, name] of [
    [30, 'c'],
    [10, 'a'],
    [20, 'b1'],
    [20, 'b2'],
    [40, 'd'],
  ] as const)
    clock.after(ms, () => seen.push(`${name}@${clock.now()}`))
  clock.advance(35)
  assert.deepEqual(seen, ['a@1010', 'b1@1020', 'b2@1020', 'c@1030'])
  assert.equal(clock.now(), 1035)
})

test('a callback that schedules another inside the same turn sees it happen', () => {
  const clock = manualClock(0)
  let beats = 0
  const beat = () => {
    beats++
    clock.after(5, beat)
  }
  clock.after(5, beat)
  clock.advance(27)
  assert.equal(beats, 5)
})

test('what was cancelled does not happen', () => {
  const clock = manualClock(0)
  const cancel = clock.after(5, () => assert.fail('was cancelled'))
  cancel()
  clock.advance(10)
})
