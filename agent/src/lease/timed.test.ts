import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rules } from './rules.ts'
import { type RunOptions, runSeed } from './testing-timed.ts'

// Real keepers in a pretended world. ROOKERY_LEASE_DEEP=1 runs thousands of seeds (minutes).
const deep = process.env.ROOKERY_LEASE_DEEP === '1'
const squeeze = { squeeze: true, timed: true }

for (const [name, seeds, options] of [
  ['random faults', deep ? 6000 : 60, {}],
  ['storage lost and keepers frozen at the worst times', deep ? 1500 : 20, squeeze],
] as [string, number, RunOptions][])
  test(`never two, no late write, epochs rise, and it runs again afterwards: ${name}`, t => {
    const sums: Record<string, number> = {}
    for (let seed = 1; seed <= seeds; seed++) {
      const { bad, log, stats } = runSeed(seed, options)
      assert.equal(bad, null, `seed ${seed}\n${log.slice(-30).join('\n')}`)
      for (const [key, value] of Object.entries(stats)) sums[key] = (sums[key] ?? 0) + value
    }
    t.diagnostic(JSON.stringify(sums))
    for (const key of ['starts', 'takeovers', 'moves', 'resets', 'spm'])
      assert.ok((sums[key] ?? 0) > seeds / 10, `the model does not reach what it should: ${key} ${sums[key]}`)
  })

// `from` is near the first seed that shows it, so that the test is short.
const broken: Record<string, RunOptions & { from: number }> = {
  'a watchdog': { from: 1, without: 'a watchdog' },
  'storage that executes a request in time': { from: 1, without: 'storage that executes in time' },
  'a reset when a killed guest is still there': { from: 20, feedsAlways: true },
  'the rule that held entries are never freed by time': {
    from: 1,
    takesHeld: true,
    rules: {
      ...rules,
      isFreed: (owner, entry, obituaries) => rules.isFreed(owner, { ...entry, timed: true }, obituaries),
    },
  },
  'fencing that tells the truth': { from: 25, without: 'fencing that tells the truth' },
  'the time between a fence and the second look': { from: 60, times: { see: 0.01 } },
  'a wait before others are dead (45 s instead of 100)': { from: 1, ...squeeze, times: { dead: 45 } },
  'a long enough wait before others are dead (70 s instead of 100)': { from: 410, ...squeeze, times: { dead: 70 } },
  'clocks of nearly one rate (60 % apart)': { from: 135, ...squeeze, drift: 0.6 },
}

for (const [what, { from, ...options }] of Object.entries(broken))
  test(`it breaks without ${what}`, t => {
    for (let seed = from; seed < from + 400; seed++) {
      const { bad } = runSeed(seed, options)
      if (bad === null || bad.startsWith('the guest')) continue
      return t.diagnostic(`seed ${seed}: ${bad}`)
    }
    assert.fail('the model does not notice')
  })
