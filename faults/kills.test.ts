import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { until } from '../engine/test/until.ts'
import { Dice, logFolder, planOf } from './plan.ts'
import { type PartName, parts, PretendedSite } from './pretended-site.ts'
import { roundOf } from './round.ts'

const plan = planOf()
/** Between two looks at whether everything is as it must be. */
const killsInARound = plan.kills > 100 ? 34 : 12

describe(`kills at random moments under load, pretended hosts, seed ${plan.seed}`, () => {
  const logs = logFolder('pretended', plan.seed)
  let site: PretendedSite
  let failed = false
  before(async () => {
    site = await PretendedSite.start({ logs, seed: plan.seed })
  })
  after(async () => {
    process.stderr.write(`kills: ${JSON.stringify(site?.kills)}\n`)
    await site?.close()
    if (!failed) await rm(logs, { recursive: true, force: true })
  })

  for (let left = plan.kills, round = 1; left > 0; left -= killsInARound, round++)
    test(`round ${round}: nothing acknowledged is lost, nothing is left over, no run is ended`, {
      timeout: 300_000,
    }, async t => {
      if (failed) return t.skip('an earlier round failed')
      t.diagnostic(`again: ${plan.again}`)
      try {
        await oneRound(round, Math.min(left, killsInARound))
      } catch (error) {
        failed = true
        throw new Error(`round ${round}; again: ${plan.again}; logs: ${logs}`, { cause: error })
      }
    })

  const oneRound = (round: number, kills: number) =>
    roundOf(site, { seed: `${plan.seed} ${round}`, logs }, async answers => {
      let left = kills
      // Each part has a killer of its own: they meet as they like, and what is just starting is killed again.
      const killer = async (part: PartName) => {
        const dice = new Dice(`${plan.seed} ${round} ${part}`)
        while (left > 0) {
          // Work goes on between kills, whatever else this machine is busy with: else there would be nothing to lose.
          const before = answers()
          await until(() => answers() > before || left <= 0, { timeoutMs: 10_000 }).catch(() => undefined)
          await pause(dice.int(50, 1500))
          if (left <= 0) return
          left--
          site.note(logs, `round ${round}: ${part}`)
          if (!(await site.kill(part))) left++
        }
      }
      await Promise.all(parts.map(killer))
      await site.whole()
    })
})
