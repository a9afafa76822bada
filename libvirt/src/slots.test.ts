import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Slot, Slots } from './slots.ts'

function recorder(slots: Slots) {
  const running = new Map<string, Slot>()
  const started: string[] = []
  const enter = (name: string, urgent = false): (() => void) =>
    slots.enter(urgent, slot => {
      running.set(name, slot)
      started.push(name)
    })
  const leave = (name: string): void => running.get(name)?.release()
  return { enter, leave, started }
}

test('calls beyond the limit wait, and start in the order they came', () => {
  const { enter, leave, started } = recorder(new Slots(3))
  for (const name of ['a', 'b', 'c', 'd']) enter(name)
  assert.deepEqual(started, ['a', 'b'])
  leave('b')
  assert.deepEqual(started, ['a', 'b', 'c'])
  leave('a')
  assert.deepEqual(started, ['a', 'b', 'c', 'd'])
})

test('one place is kept for urgent calls', () => {
  const { enter, leave, started } = recorder(new Slots(3))
  for (const name of ['a', 'b', 'c']) enter(name)
  enter('now', true)
  enter('now too', true)
  assert.deepEqual(started, ['a', 'b', 'now'])
  leave('now')
  assert.deepEqual(started, ['a', 'b', 'now', 'now too'])
})

test('urgent calls may use every place and do not starve the others', () => {
  const { enter, leave, started } = recorder(new Slots(2))
  enter('u1', true)
  enter('u2', true)
  enter('ordinary')
  enter('u3', true)
  leave('u1')
  assert.deepEqual(started, ['u1', 'u2', 'ordinary'])
})

test('a waiting call that is taken back never starts', () => {
  const { enter, leave, started } = recorder(new Slots(2))
  enter('a')
  const takeBack = enter('b')
  enter('c')
  takeBack()
  leave('a')
  leave('a')
  assert.deepEqual(started, ['a', 'c'])
})
