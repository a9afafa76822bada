import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atFirst, converge, type Look } from './convergence.ts'

const plan = {
  convergence: [
    { stalls: 1, action: { kind: 'downtime' as const, ms: 150 } },
    { stalls: 2, action: { kind: 'downtime' as const, ms: 200 } },
    { stalls: 3, action: { kind: 'post_copy' as const } },
    { stalls: 4, action: { kind: 'abort' as const } },
  ],
}

/** What is done at each of the looks. */
function carryOut(looks: readonly Look[]): string[][] {
  let state = atFirst
  return looks.map(look => {
    const { now, actions } = converge(state, look, plan)
    state = now
    return actions.map(action => (action.kind === 'downtime' ? `downtime ${action.ms}` : action.kind))
  })
}

test('a migration that comes closer with each pass is left alone', () => {
  const looks = [100, 60, 40, 20].map((remaining, n) => ({ iteration: n + 1, remaining }))
  assert.deepEqual(carryOut(looks), [[], [], [], []])
})

test('each pass that gained nothing takes the next step of the plan', () => {
  const looks = [100, 50, 50, 60, 55, 50].map((remaining, n) => ({ iteration: n + 1, remaining }))
  assert.deepEqual(carryOut(looks), [[], [], ['downtime 150'], ['downtime 200'], ['post_copy'], ['abort']])
})

test('within a pass nothing is a stall, however often one looks', () => {
  const looks = [
    { iteration: 1, remaining: 100 },
    { iteration: 2, remaining: 50 },
    { iteration: 2, remaining: 50 },
    { iteration: 2, remaining: 50 },
  ]
  assert.deepEqual(carryOut(looks), [[], [], [], []])
})

test('steps that were passed over are taken together', () => {
  let { now } = converge(atFirst, { iteration: 2, remaining: 50 }, plan)
  now = { ...now, stalls: 1 }
  const { actions } = converge(now, { iteration: 3, remaining: 50 }, plan)
  assert.deepEqual(actions, [
    { kind: 'downtime', ms: 150 },
    { kind: 'downtime', ms: 200 },
  ])
})
