import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test, type TestContext } from 'node:test'
import { until } from '../engine/test/until.ts'
import { tinyForTests } from '../lab/src/images/for-tests.ts'
import { expectMarker, expectSerial } from '../lab/src/guest/serial.ts'
import { Api } from '../lab/src/site/api.ts'
import { makeVm, uploadDisk } from '../lab/src/site/guest.ts'
import { acts } from './acts.ts'
import { Journey } from './journey.ts'
import { emptyGuestHabits, Worker } from './load.ts'
import { Dice, logFolder, planOf } from './plan.ts'
import { noRealSite, type RealPart, RealSite, realParts } from './real-site.ts'
import { StepStop } from './step-stop.ts'
import { once, walkJob } from './step-walk.ts'
import { broken, quiet } from './verdict.ts'

const plan = planOf()
const none = await noRealSite()
const image = none === false ? await tinyForTests() : { skip: none }
const skip = 'skip' in image ? image.skip : false
const killsInARound = plan.realKills > 12 ? 9 : 6

describe(`kills at random moments under load, a real host, seed ${plan.seed}`, { skip }, () => {
  const logs = logFolder('real', plan.seed)
  const dice = new Dice(`real ${plan.seed}`)
  let site: RealSite
  let api: Api
  let failed = false
  /** A guest that nobody touches: whatever is killed, it goes on. */
  const keeper = { vmId: '', pid: 0, bootId: '' }

  const serial = async (typed: string, answer: RegExp) => {
    const line = await api.serial(await api.serialTicket(keeper.vmId))
    try {
      line.type(`${typed}\r`)
      return (await expectSerial(line.stream, answer, 60_000))[1] ?? ''
    } finally {
      line.close()
    }
  }
  const bootId = () => serial('echo boot=$(cat /proc/sys/kernel/random/boot_id)', /boot=([0-9a-f-]{36})/)

  before(async () => {
    if ('skip' in image) throw new Error(image.skip)
    site = await RealSite.start(logs, 1500)
    api = await Api.signIn(site.instance)
    keeper.vmId = await makeVm(api, 'keeper', await uploadDisk(api, image.paths.disk, 'tiny'))
    await api.post(`/vms/${keeper.vmId}/start`, '<action/>')
    await api.untilIs(`/vms/${keeper.vmId}`, 'up')
    const line = await api.serial(await api.serialTicket(keeper.vmId))
    await expectMarker(line.stream, 'ready')
    line.close()
    keeper.bootId = await bootId()
    keeper.pid = (await site.guests()).get(keeper.vmId) ?? assert.fail('the keeper has no QEMU')
  })
  after(async () => {
    process.stderr.write(`kills: ${JSON.stringify(site?.kills)}\n`)
    await api?.close()
    await site?.close(failed)
    if (!failed) await rm(logs, { recursive: true, force: true })
  })

  const guarded = (name: string, work: (t: TestContext) => Promise<void>) =>
    test(name, { timeout: 600_000 }, async t => {
      if (failed) return t.skip('an earlier round failed')
      t.diagnostic(`again: ${plan.again}`)
      try {
        await work(t)
      } catch (error) {
        failed = true
        throw new Error(`${name}; again: ${plan.again}; logs: ${logs}`, { cause: error })
      }
    })

  for (let left = plan.realKills, round = 1; left > 0; left -= killsInARound, round++)
    guarded(`round ${round}: nothing acknowledged is lost, nothing is left over, the guest has not noticed`, () =>
      oneRound(round, Math.min(left, killsInARound)),
    )

  /** In the short form; the long one walks every job on a site of its own. */
  const few: readonly [job: string, part: RealPart][] = [
    ['disk.create', 'postgres'],
    ['vm.start', 'libvirtd'],
    ['vm.reset', 'qemu'],
    ['vm.suspend', 'agent'],
    ['memory.remove', 'engine'],
  ]
  if (plan.realSteps === 'few')
    guarded('somebody is killed at a step of a job: it ends, and the guest has not noticed', async t => {
      const stop = await StepStop.install(site.database)
      const journey = new Journey(site, 'walk')
      const walk = { journey, stop, spare: new Set([keeper.vmId]), failed: () => void (failed = true) }
      for (const act of acts.filter(({ title }) => title === undefined)) {
        const part = few.find(([job]) => job === act.job)?.[1]
        if (part !== undefined) await walkJob(t, walk, act, once(dice, part))
      }
      await journey.over()
      await stop.close()
    })

  guarded(
    'a full disk makes things fail, loses nothing, and when there is space again everything goes on',
    async () => {
      await site.fillDisk()
      const [domain] = await site.sql<{ id: string }>`select id from storage_domain where type = 'data' and master`
      const made: { id: string; jobId: string }[] = []
      try {
        // Full for everything at once: whatever the answers are, each must be one, and what is acknowledged must hold.
        for (let i = 0; i < 6; i++) {
          const input = {
            capacity: 256 << 20,
            format: 'raw',
            sparse: false,
            storageDomainId: domain?.id,
            alias: `full-${i}`,
          }
          const answer = await site.ask('op', 'disk.add', input)
          if (answer.kind === 'done') made.push({ id: String(answer.result.id), jobId: String(answer.result.jobId) })
          await pause(500)
        }
      } finally {
        await site.freeDisk()
      }
      await site.well()
      await quiet(site)
      for (const { id, jobId } of made) {
        const [job] = await site.sql<{ status: string }>`select status from job where id = ${jobId}::uuid`
        const there = (await site.sql`select 1 from disk where id = ${id}::uuid`).length === 1
        assert.ok(job !== undefined, `the acknowledged job ${jobId} is gone`)
        assert.equal(there, job.status === 'finished', `disk ${id} of a job that is ${job.status}`)
      }
      assert.equal((await site.guests()).get(keeper.vmId), keeper.pid, 'another QEMU of the keeper')
      assert.equal(await bootId(), keeper.bootId, 'the keeper has booted again')
      assert.deepEqual((await site.invariants()).differences, [])
      for (const { id } of made) await site.ask('op', 'disk.remove', { id })
      await quiet(site)
    },
  )

  guarded('a guest whose QEMU is killed is down, is said to be so, and starts again', async () => {
    process.kill(keeper.pid, 'SIGKILL')
    await api.untilIs(`/vms/${keeper.vmId}`, 'down')
    await quiet(site)
    assert.deepEqual((await site.invariants()).differences, [])
    await api.post(`/vms/${keeper.vmId}/start`, '<action/>')
    await until(async () => (await site.guests()).has(keeper.vmId), { what: 'another QEMU', timeoutMs: 60_000 })
  })

  /** Some other guest than the keeper to run; not for ever: the load may be waiting for what was killed. */
  const aGuest = () =>
    until(async () => (await site.guests()).size > 1, { what: 'a guest', timeoutMs: 20_000, everyMs: 100 }).catch(
      () => undefined,
    )

  async function oneRound(round: number, kills: number): Promise<void> {
    const stop = new AbortController()
    const crew = [0, 1].map(
      i =>
        new Worker({
          site,
          dice: new Dice(`${plan.seed} ${round} ${i}`),
          name: `r${round}w${i}`,
          stop: stop.signal,
          habits: emptyGuestHabits,
        }),
    )
    const work = Promise.all(crew.map(worker => worker.run()))
    try {
      for (let done = 0; done < kills; ) {
        await pause(dice.int(200, 2500))
        const part: RealPart = dice.pick(realParts)
        if (part === 'qemu') await aGuest()
        if (await site.kill(part, new Set([keeper.vmId]))) done++
      }
    } finally {
      stop.abort()
      await work
    }
    site.note(`round ${round}: quiet; ${JSON.stringify(crew.map(worker => worker.done))}`)
    await site.well()
    await quiet(site)
    const all = crew.flatMap(worker => worker.promised)
    for (const each of all) if (site.killedGuests.has(each.id)) each.run = null
    assert.deepEqual(await broken(site, all), [])
    assert.equal((await site.guests()).get(keeper.vmId), keeper.pid, 'another QEMU of the keeper')
    assert.equal(await bootId(), keeper.bootId, 'the keeper has booted again')
    assert.deepEqual((await site.invariants()).differences, [])
    await clear(all.filter(p => p.removal !== 'acknowledged'))
  }

  async function clear(left: readonly { kind: string; id: string }[]): Promise<void> {
    for (const { id } of left.filter(p => p.kind === 'vm')) await site.ask('op', 'vm.stop', { id })
    await quiet(site)
    for (const { id } of left.filter(p => p.kind === 'vm')) await site.ask('op', 'vm.remove', { id })
    await quiet(site)
    for (const { id } of left.filter(p => p.kind === 'disk')) await site.ask('op', 'disk.remove', { id })
    await quiet(site)
  }
})
