import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kills, matrixOf, undoKills } from './survive-kills.ts'

test('with the full matrix everyone is killed at a step, on both sides of its record, and while it is undone', () => {
  const words = (of: typeof kills) => of('a.job', 'step', { full: true, seed: '1' }).map(k => `${k.who} ${k.when}`)
  assert.deepEqual(words(kills), [
    'engine after-effect',
    'engine after-record',
    'agents before-effect',
    'agents after-effect',
    'database after-effect',
    'database after-record',
  ])
  assert.deepEqual(words(undoKills), ['engine during-undo', 'agents during-undo', 'database during-undo'])
})

test('otherwise the seed says who, the same each time, and different seeds differ', () => {
  const by = (seed: string) => kills('a.job', 'step', { full: false, seed })
  assert.deepEqual(by('1'), by('1'))
  assert.equal(by('1').length, 1)
  const all = new Set(Array.from({ length: 60 }, (_, seed) => JSON.stringify(by(String(seed)))))
  assert.equal(all.size, 6)
})

test('nothing but what is said makes a difference: CI kills the same each time', () => {
  assert.deepEqual(matrixOf({}), { full: false, seed: '1' })
  assert.deepEqual(matrixOf({ ROOKERY_SURVIVE: 'full', ROOKERY_SURVIVE_SEED: '7' }), { full: true, seed: '7' })
})
