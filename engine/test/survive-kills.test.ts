import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kills } from './survive-kills.ts'

test('with the full matrix a step is killed on both sides of its record', () => {
  assert.deepEqual(kills('a.job', 'step', { full: true, seed: '1' }), ['after-effect', 'after-record'])
})

test('otherwise the seed says on which side, the same each time, and different seeds differ', () => {
  const by = (seed: string) => kills('a.job', 'step', { full: false, seed })
  assert.deepEqual(by('1'), by('1'))
  const all = new Set(Array.from({ length: 20 }, (_, seed) => by(String(seed)).join()))
  assert.deepEqual([...all].sort(), ['after-effect', 'after-record'])
})
