import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { until } from '../engine/test/until.ts'
import { noClocks } from './clocks.ts'
import { Dice, logFolder, planOf } from './plan.ts'
import { type ClockPart, clockParts, PretendedSite } from './pretended-site.ts'
import { roundOf } from './round.ts'

const plan = planOf()
/** The long form disturbs more often. */
const times = plan.kills > 100 ? 12 : 3

/** A site for some tests of one file, and what every one of them says when it fails. */
function onSite(
  title: string,
  o: { clocks?: boolean; skip?: string | false },
  tests: (given: () => PretendedSite, dice: Dice, logs: string) => void,
): void {
  describe(`${title}, pretended hosts, seed ${plan.seed}`, { skip: o.skip ?? false }, () => {
    const logs = logFolder('pretended', plan.seed)
    let site: PretendedSite | undefined
    let failed = true
    before(async () => {
      site = await PretendedSite.start({ logs, seed: plan.seed, ...(o.clocks === true ? { clocks: true } : {}) })
    })
    after(async () => {
      await site?.close()
      if (!failed) await rm(logs, { recursive: true, force: true })
      else process.stderr.write(`again: ${plan.again}; logs: ${logs}\n`)
    })
    tests(() => site ?? assert.fail('the site did not start'), new Dice(`${title} ${plan.seed}`), logs)
    test('nothing of it failed', () => {
      failed = false
    })
  })
}

onSite('the network between engines and agents is cut', {}, (given, dice, logs) => {
  test('silent or torn, now and then: everything goes on where it was', { timeout: 300_000 }, () =>
    roundOf(given(), { seed: `cut ${plan.seed}`, logs }, async () => {
      for (let i = 0; i < times; i++) {
        await pause(dice.int(500, 2000))
        const how = dice.pick(['silent', 'reset'] as const)
        given().note(logs, `cut: ${how}`)
        given().network.cut(how)
        await pause(dice.int(300, 6000))
        given().network.mend()
      }
    }),
  )
})

onSite('clocks jump', { clocks: true, skip: noClocks }, (given, dice, logs) => {
  const all = (offset: string) => {
    for (const part of clockParts) given().moveClock(part, offset)
  }
  test('each part by itself, forth and back', { timeout: 300_000 }, () =>
    roundOf(given(), { seed: `clock ${plan.seed}`, logs }, async () => {
      for (let i = 0; i < times * 2; i++) {
        await pause(dice.int(300, 1500))
        const [part, offset]: [ClockPart, string] = [dice.pick(clockParts), dice.pick(['-20m', '+20m', '+6h', '+0'])]
        given().note(logs, `clock of ${part}: ${offset}`)
        given().moveClock(part, offset)
      }
      all('+0')
    }),
  )

  test(
    '400 days ahead no certificate holds: nothing is done and nothing is lost, and with the clock all comes back',
    { timeout: 300_000 },
    () =>
      roundOf(given(), { seed: `later ${plan.seed}`, logs }, async () => {
        await pause(2000)
        all('+400d')
        await until(async () => (await given().sql`select 1 from host where status <> 'up'`).length === 3, {
          timeoutMs: 60_000,
          what: 'the engine to see that no host can be trusted',
        })
        all('+0')
      }),
  )
})
