import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from './entry.ts'
import { stepHold } from './hold.ts'
import { type Rules, rules } from './rules.ts'
import { explore, type Space } from './testing-exhaustive.ts'

// Every order of events, on the decisions that the keeper takes. ROOKERY_LEASE_DEEP=1 walks the larger spaces (minutes).
const small: Space = { hosts: 2, claims: 2, moves: 1, expiries: 1, crashes: 1, declares: 1 }
const deep = process.env.ROOKERY_LEASE_DEEP === '1'

const spaces: Space[] = [
  { ...small, live: true },
  { ...small, hosts: 3, expiries: 0, live: true },
  ...(deep
    ? [
        { ...small, hosts: 3, crashes: 0, live: true },
        { ...small, moves: 2, expiries: 2, declares: 2, live: true },
        { ...small, hosts: 3, claims: 1, moves: 2, crashes: 0 },
      ]
    : []),
]

for (const space of spaces)
  test(`no order of events lets two run it, and from everywhere somebody can start it: ${JSON.stringify(space)}`, t => {
    const found = explore(space, rules)
    t.diagnostic(`${found.states} states, ${found.transitions} transitions`)
    assert.deepEqual(found.two, null)
    assert.deepEqual(found.stuck, null)
    assert.ok(found.states > 20_000, `only ${found.states} states: the model does not reach what it should`)
  })

const gift = (to: string): Entry => ({ flag: 'given', timed: false, era: 0, peer: to, epoch: 1 })

const withoutRule: Record<string, Partial<Rules>> = {
  'the flag is written before the others are read': {
    stepHold(hold, event, me) {
      if (hold.at === 'counting' && hold.peer === null && event.kind === 'allSeen')
        return { hold: { ...hold, at: 'reading', epoch: 1 }, read: true }
      const step = stepHold(hold, event, me)
      if (hold.at !== 'reading' || step?.outcome !== 'granted') return step
      return { hold: { ...step.hold, at: 'upgrading' }, write: { ...gift(''), flag: 'held', peer: null } }
    },
  },
  'who waits for a gift keeps others away': {
    stepHold: (hold, event, me) =>
      stepHold(
        hold,
        event.kind === 'saw' && event.seen.entry?.flag === 'waiting' ? { ...event, freed: true } : event,
        me,
      ),
  },
  'the guest is gone before it is given': {
    stepHold(hold, event, me) {
      const step = stepHold(hold, event, me)
      return event.kind === 'give' && step !== null ? { ...step, hold } : step
    },
  },
  'the guest waits for the gift': {
    stepHold: (hold, event, me) =>
      stepHold(hold, event.kind === 'gift' ? { ...event, entry: gift(me.generation) } : event, me),
  },
  'the slot is looked at again after the intent': {
    confirmDeath: ({ of, cause, era }) => ({ of, cause, era, phase: 'final' }),
  },
  'obituaries are read before coming back': { obey: tenure => ({ tenure, order: 'none' }) },
  'coming back has a deadline': { comeBack: tenure => ({ ...tenure, expired: false }) },
}

for (const [rule, broken] of Object.entries(withoutRule))
  test(`two run when it is left out that ${rule}`, t => {
    const { two } = explore(small, { ...rules, ...broken })
    assert.ok(two !== null, 'the model does not notice')
    t.diagnostic(`${two.length} steps`)
  })

for (const without of ['writes are waited for', 'only the dead are declared'] as const)
  test(`two run when it is not true that ${without}`, t => {
    const { two } = explore({ ...small, without }, rules)
    assert.ok(two !== null, 'the model does not notice')
    t.diagnostic(`${two.length} steps`)
  })
