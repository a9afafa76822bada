import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { Dice, logFolder, planOf } from './plan.ts'
import { type PartName, parts, PretendedSite } from './pretended-site.ts'
import { roundOf } from './round.ts'

const plan = planOf()
/** Between two looks at whether everything is as it must be. */
const killsInARound = plan.kills > 100 ? 34 : 12

describe(`kills at random moments under load, pretended hosts, seed ${plan.seed}`, () => {
  const logs = logFolder('pretended', plan.seed)
  const dice = new Dice(`pretended ${plan.seed}`)
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
    roundOf(site, { seed: `${plan.seed} ${round}`, logs }, async () => {
      for (let done = 0; done < kills; ) {
        await pause(dice.int(30, 700))
        // Now and then two at once: what one would mend the other cannot.
        const victims = new Set<PartName>([dice.pick(parts)])
        if (done + 1 < kills && dice.next() < 0.4) victims.add(dice.pick(parts))
        site.note(logs, `round ${round}: ${[...victims].join(' and ')}`)
        await Promise.all([...victims].map(part => site.kill(part)))
        done += victims.size
      }
    })
})
