import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { registry } from '../engine/src/core/registry.ts'
import { allDomains } from '../engine/src/domains.ts'
import { until } from '../engine/test/until.ts'
import { expectSerial } from '../lab/src/guest/serial.ts'
import { tinyForTests } from '../lab/src/images/for-tests.ts'
import { Api } from '../lab/src/site/api.ts'
import { makeVm, uploadDisk } from '../lab/src/site/guest.ts'
import { acts } from './acts.ts'
import { Journey } from './journey.ts'
import { Dice, logFolder, planOf } from './plan.ts'
import { noRealSite, RealSite } from './real-site.ts'
import { StepStop } from './step-stop.ts'
import { everybody, takingTurns, walkJob } from './step-walk.ts'

const plan = planOf()

/**
 * What needs a second host, or one that the engine signs in to, which this site does not have: killed at every step with pretended hosts
 * (`jobSurvives`), and migrations between real ones in lab/long and agent/long.
 */
const ofSeveralHosts = new Set([
  'cluster.upgrade',
  'host.enrollCertificate',
  'host.fence',
  'host.install',
  'host.restartAgent',
  'host.upgrade',
  'host.upgradeCheck',
  'vm.migrate',
  'vm.settle_migration',
])

test('every job that one host can have is walked on a real one', () => {
  const jobs = [...registry(allDomains()).jobs.values()].map(job => job.name).filter(name => !ofSeveralHosts.has(name))
  const walked = new Set(acts.map(act => act.job))
  assert.deepEqual([...walked].sort(), [...new Set(jobs)].sort())
})

// The short form kills at a few steps beside other things, in real-kills.test.ts.
if (plan.realSteps !== 'few') {
  const none = await noRealSite()
  const image = none === false ? await tinyForTests() : { skip: none }
  const skip = 'skip' in image ? image.skip : false
  const choose = plan.realSteps === 'all' ? everybody : takingTurns(new Dice(`steps ${plan.seed}`))

  describe(`kills at every step of every job, a real host, seed ${plan.seed}`, { skip }, () => {
    const logs = logFolder('steps', plan.seed)
    let site: RealSite
    let stop: StepStop
    let journey: Journey
    let api: Api
    const tiny = () => ('skip' in image ? assert.fail(image.skip) : image.paths.disk)
    /** Whether somebody at the serial console gets an answer. */
    const answers = async (vmId: string): Promise<boolean> => {
      let line: Awaited<ReturnType<Api['serial']>> | undefined
      try {
        line = await api.serial(await api.serialTicket(vmId))
        line.type('echo there=$((6*7))\r')
        return (await expectSerial(line.stream, /there=42/, 5000)).length > 0
      } catch {
        return false // it has not booted yet
      } finally {
        line?.close()
      }
    }
    let failed = false
    const fail = () => void (failed = true)
    before(async () => {
      site = await RealSite.start(logs, 1500)
      stop = await StepStop.install(site.database)
      api = await Api.signIn(site.instance)
      journey = new Journey(site, 'walk', {
        make: async () => makeVm(api, 'system', await uploadDisk(api, tiny(), 'tiny')),
        booted: async vmId =>
          void (await until(() => answers(vmId), { what: 'the system to boot', timeoutMs: 240_000, everyMs: 1000 })),
      })
    })
    after(async () => {
      process.stderr.write(`kills: ${JSON.stringify(site?.kills)}\n`)
      await stop?.close()
      await api?.close()
      await site?.close(failed)
      if (!failed) await rm(logs, { recursive: true, force: true })
    })
    for (const act of acts)
      test([act.job, act.title ?? ''].join(' ').trimEnd(), { timeout: 3_600_000 }, async t => {
        t.diagnostic(`again: ${plan.again}; logs: ${logs}`)
        try {
          await walkJob(t, { journey, stop, failed: fail }, act, choose)
        } catch (error) {
          fail()
          throw error
        }
      })
  })
}
