import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onAnswer } from './facts.ts'

test('a host that answers for the first time is activated', () => {
  assert.deepEqual(onAnswer('installing', 'up', false), { activate: true })
})

test('a short silence of the same agent needs no activation', () => {
  assert.deepEqual(onAnswer('connecting', 'up', true), { status: 'up', activate: false })
})

test('an agent that was started anew is activated, also without a noticed silence', () => {
  assert.deepEqual(onAnswer('connecting', 'up', false), { activate: true })
  assert.deepEqual(onAnswer('up', 'up', false), { activate: true })
  assert.deepEqual(onAnswer('up', 'up', true), { activate: false })
})

test('a host that was lost is activated when it comes back', () => {
  assert.deepEqual(onAnswer('non_responsive', 'up', true), { activate: true })
})

test('a host that people want in maintenance stays there', () => {
  assert.deepEqual(onAnswer('maintenance', 'maintenance', false), { activate: false })
  assert.deepEqual(onAnswer('connecting', 'maintenance', true), { status: 'maintenance', activate: false })
})

test('a host that is heard again while a job empties it goes on being emptied (R58)', () => {
  const emptied = { status: 'preparing_for_maintenance', activate: false } as const
  assert.deepEqual(onAnswer('non_responsive', 'maintenance', true, true), emptied)
  assert.deepEqual(onAnswer('reboot', 'maintenance', false, true), emptied)
  assert.deepEqual(onAnswer('reboot', 'maintenance', false), { status: 'maintenance', activate: false })
})
