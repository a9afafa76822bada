import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyedQueue } from './queue.ts'

const both = (...keys: string[]) => ({ waits: keys, holds: keys })
const gate = () => Promise.withResolvers<void>()
const turn = () => new Promise(resolve => setImmediate(resolve))

test('work on one key runs in the order it came, work on others at once', async () => {
  const queue = new KeyedQueue()
  const first = gate()
  const seen: string[] = []
  const all = [
    queue.run(both('a'), async () => (await first.promise, seen.push('a1'))),
    queue.run(both('a'), async () => seen.push('a2')),
    queue.run(both('b'), async () => seen.push('b')),
  ]
  await turn()
  assert.deepEqual(seen, ['b'])
  first.resolve()
  await Promise.all(all)
  assert.deepEqual(seen, ['b', 'a1', 'a2'])
})

test('a failure does not stop what comes after it', async () => {
  const queue = new KeyedQueue()
  const failing = queue.run(both('a'), () => Promise.reject(new Error('no')))
  const next = queue.run(both('a'), async () => 1)
  await assert.rejects(failing)
  assert.equal(await next, 1)
})

test('work with two keys waits for both and never for work that waits for it', async () => {
  const queue = new KeyedQueue()
  const seen: string[] = []
  await Promise.all([
    queue.run(both('a', 'b'), async () => (await turn(), seen.push('1'))),
    queue.run(both('b', 'a'), async () => seen.push('2')),
    queue.run(both('b'), async () => seen.push('3')),
  ])
  assert.deepEqual(seen, ['1', '2', '3'])
})

test('urgent work passes what hangs, and what comes later waits for both', async () => {
  const queue = new KeyedQueue()
  const hanging = gate()
  const seen: string[] = []
  const save = queue.run(both('vm'), async () => (await hanging.promise, seen.push('save')))
  await queue.run({ waits: ['create'], holds: ['vm', 'create'] }, async () => seen.push('destroy'))
  const create = queue.run(both('vm', 'create'), async () => seen.push('create'))
  await turn()
  assert.deepEqual(seen, ['destroy'])
  hanging.resolve()
  await Promise.all([save, create])
  assert.deepEqual(seen, ['destroy', 'save', 'create'])
})

test('a mailbox without work is forgotten', async () => {
  const queue = new KeyedQueue()
  await queue.run(both('a'), async () => {})
  await turn()
  assert.equal(queue.busy, 0)
})
