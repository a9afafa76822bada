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

/** A site that does not start must not hold up what comes behind. */
const startLimit = { timeout: 180_000 }

/** One test on the site. */
type Check = (name: string, work: (site: PretendedSite) => Promise<void>) => void

/** A site for some tests of one file, and what every one of them says when it fails. */
function onSite(
  title: string,
  o: { clocks?: boolean; skip?: string | false },
  tests: (check: Check, dice: Dice, logs: string) => void,
): void {
  describe(`${title}, pretended hosts, seed ${plan.seed}`, { skip: o.skip ?? false }, () => {
    const logs = logFolder('pretended', plan.seed)
    let site: PretendedSite | undefined
    let failed = false
    before(async () => {
      site = await PretendedSite.start({ logs, seed: plan.seed, ...(o.clocks === true ? { clocks: true } : {}) })
    }, startLimit)
    after(async () => {
      await site?.close()
      if (!failed) await rm(logs, { recursive: true, force: true })
      else process.stderr.write(`again: ${plan.again}; logs: ${logs}\n`)
    })
    const check: Check = (name, work) =>
      test(name, { timeout: 300_000 }, async () => {
        try {
          await work(site ?? assert.fail('the site did not start'))
        } catch (error) {
          failed = true
          throw error
        }
      })
    tests(check, new Dice(`${title} ${plan.seed}`), logs)
  })
}

onSite('the network between engines and agents is cut', {}, (check, dice, logs) => {
  check('silent or torn, now and then: everything goes on where it was', site =>
    roundOf(site, { seed: `cut ${plan.seed}`, logs }, async () => {
      for (let i = 0; i < times; i++) {
        await pause(dice.int(500, 2000))
        const how = dice.pick(['silent', 'reset'] as const)
        site.note(logs, `cut: ${how}`)
        site.network.cut(how)
        await pause(dice.int(300, 6000))
        site.network.mend()
      }
    }),
  )
})

onSite('clocks jump', { clocks: true, skip: noClocks }, (check, dice, logs) => {
  const all = (site: PretendedSite, offset: string) => {
    for (const part of clockParts) site.moveClock(part, offset)
  }
  check('each part by itself, forth and back', site =>
    roundOf(site, { seed: `clock ${plan.seed}`, logs }, async () => {
      for (let i = 0; i < times * 2; i++) {
        await pause(dice.int(300, 1500))
        const [part, offset]: [ClockPart, string] = [dice.pick(clockParts), dice.pick(['-20m', '+20m', '+6h', '+0'])]
        site.note(logs, `clock of ${part}: ${offset}`)
        site.moveClock(part, offset)
      }
      all(site, '+0')
    }),
  )

  check(
    '400 days ahead no certificate holds: nothing is done and nothing is lost, and with the clock all comes back',
    site =>
      roundOf(site, { seed: `later ${plan.seed}`, logs }, async answers => {
        await until(() => answers() > 3, { what: 'the load to have made something' })
        all(site, '+400d')
        // What is connected stays so: certificates are looked at when a connection is made.
        site.network.cut('reset')
        site.network.mend()
        await until(async () => (await site.sql`select 1 from host where status <> 'up'`).length === 3, {
          timeoutMs: 60_000,
          what: 'the engine to see that no host can be trusted',
        })
        all(site, '+0')
      }),
  )
})
