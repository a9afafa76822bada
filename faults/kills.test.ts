import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { Worker } from './load.ts'
import { Dice, logFolder, planOf } from './plan.ts'
import { type PartName, parts, PretendedSite } from './pretended-site.ts'
import { broken, quiet } from './verdict.ts'

const plan = planOf()
/** Between two looks at whether everything is as it must be. */
const killsInARound = 12
const workers = 4

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

  async function oneRound(round: number, kills: number): Promise<void> {
    const stop = new AbortController()
    const crew = Array.from(
      { length: workers },
      (_, i) =>
        new Worker({ site, dice: new Dice(`${plan.seed} ${round} ${i}`), name: `r${round}w${i}`, stop: stop.signal }),
    )
    const work = Promise.all(crew.map(worker => worker.run()))
    try {
      for (let i = 0; i < kills; i++) {
        await pause(dice.int(50, 900))
        const part: PartName = dice.pick(parts)
        site.note(logs, `round ${round}: ${part}`)
        await site.kill(part)
      }
    } finally {
      stop.abort()
      await work
    }
    site.note(logs, `round ${round}: quiet; ${JSON.stringify(crew.map(worker => worker.done))}`)
    await quiet(site)
    const all = crew.flatMap(worker => worker.promised)
    assert.ok(all.filter(p => p.made).length > 0, 'the load made nothing: the round means nothing')
    assert.deepEqual(await broken(site, all), [])
    assert.deepEqual(await site.violations(), [])
    assert.deepEqual((await site.invariants()).differences, [])
    await clear(all.filter(p => p.removal !== 'acknowledged'))
  }

  /** What the round leaves would only slow the next one. */
  async function clear(left: readonly { kind: string; id: string }[]): Promise<void> {
    for (const { id } of left.filter(p => p.kind === 'vm')) await site.ask('op', 'vm.stop', { id })
    await quiet(site)
    for (const { id } of left.filter(p => p.kind === 'vm')) await site.ask('op', 'vm.remove', { id })
    await quiet(site)
    for (const { id } of left.filter(p => p.kind === 'disk')) await site.ask('op', 'disk.remove', { id })
    await quiet(site)
  }
})
