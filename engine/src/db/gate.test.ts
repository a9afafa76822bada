import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gate } from './gate.ts'

/** Work that ends when it is told. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { work: () => promise, end: resolve }
}

test('so many are inside at once, and the others follow in the order in which they came', async () => {
  const gate = new Gate({ width: 2 })
  const begun: number[] = []
  const works = Array.from({ length: 5 }, held)
  const done = works.map(({ work }, n) =>
    gate.pass(() => {
      begun.push(n)
      return work()
    }),
  )
  assert.deepEqual(begun, [0, 1])
  assert.equal(gate.waiting, 3)
  works[1]?.end()
  await done[1]
  await new Promise(setImmediate)
  assert.deepEqual(begun, [0, 1, 2])
  for (const { end } of works) end()
  await Promise.all(done)
  assert.deepEqual(begun, [0, 1, 2, 3, 4])
  assert.equal(gate.waiting, 0)
})

test('work that fails leaves its place too', async () => {
  const gate = new Gate({ width: 1 })
  await assert.rejects(gate.pass(() => Promise.reject(new Error('no'))))
  assert.equal(await gate.pass(async () => 'yes'), 'yes')
})

test('whom it is too crowded for is turned away, and told when to come back', async () => {
  const gate = new Gate({ width: 1, most: 1, patienceMs: 5 })
  const first = held()
  const inside = gate.pass(first.work)
  const second = gate.pass(async () => assert.fail('it was turned away'))
  const busy = { kind: 'unavailable', code: 'engine.busy', detail: { retryAfterSeconds: 5 } }
  await assert.rejects(
    gate.pass(async () => assert.fail('it was turned away')),
    busy,
  )
  await assert.rejects(second, busy)
  first.end()
  await inside
  assert.equal(await gate.pass(async () => 'again'), 'again')
})
