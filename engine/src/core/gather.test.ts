import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { gathered } from './gather.ts'

/** A database that answers when it is told to, with what was true when it was asked. */
function slowDatabase() {
  const facts = new Map<string, string>()
  const asked: string[][] = []
  const open: (() => void)[] = []
  const ask = (keys: readonly string[]) => {
    asked.push([...keys])
    const found = new Map([...facts].filter(([key]) => keys.includes(key)))
    return new Promise<ReadonlyMap<string, string>>(resolve => open.push(() => resolve(found)))
  }
  return { facts, asked, ask, answer: () => open.shift()?.() }
}

test('at rest a question goes out at once and alone', async () => {
  const db = slowDatabase()
  db.facts.set('a', '1')
  const look = gathered(db.ask)
  const found = look('a')
  await turn()
  assert.deepEqual(db.asked, [['a']])
  db.answer()
  assert.equal(await found, '1')
  const nothing = look('b')
  await turn()
  db.answer()
  assert.equal(await nothing, undefined)
})

test('what is asked while statements are under way goes into one, each key once', async () => {
  const db = slowDatabase()
  for (const key of 'abcd') db.facts.set(key, key.toUpperCase())
  const look = gathered(db.ask)
  const early = [look('a')]
  await turn()
  early.push(look('b'))
  await turn()
  const late = ['c', 'd', 'c', 'a'].map(look)
  await turn()
  assert.deepEqual(db.asked, [['a'], ['b']])
  db.answer()
  await early[0]
  await turn()
  assert.deepEqual(db.asked, [['a'], ['b'], ['c', 'd', 'a']])
  db.answer()
  db.answer()
  assert.deepEqual(await Promise.all([...early, ...late]), ['A', 'B', 'C', 'D', 'C', 'A'])
})

test('nobody is told what was true before he asked, even by an answer that comes after', async () => {
  const db = slowDatabase()
  db.facts.set('session', 'alive')
  const look = gathered(db.ask)
  const before = [look('session')]
  await turn()
  before.push(look('session'))
  await turn()
  // Both statements have read; now it ends, and somebody asks while they are still on their way.
  db.facts.delete('session')
  const after = look('session')
  await turn()
  db.answer()
  db.answer()
  assert.deepEqual(await Promise.all(before), ['alive', 'alive'])
  await turn()
  db.answer()
  assert.equal(await after, undefined)
})

test('an error reaches everybody in the statement and nobody after it', async () => {
  let broken = true
  const look = gathered(async (keys: readonly string[]) => {
    await turn()
    if (broken) throw new Error('away')
    return new Map(keys.map(key => [key, 'here']))
  })
  const failed = await Promise.allSettled([look('a'), look('b')])
  assert.deepEqual(
    failed.map(each => each.status),
    ['rejected', 'rejected'],
  )
  broken = false
  assert.equal(await look('a'), 'here')
})
