import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { tinyForTests } from '../../lab/src/images/for-tests.ts'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { MiB } from '../test/engine.ts'
import type { AgentHost } from '../test/fixture.ts'
import { until } from '../test/fixture.ts'
import { Mover, usualPlan } from '../test/mover.ts'

const missing = await missingForDaemons()
const tiny = missing === null ? await tinyForTests() : { skip: missing }
const skip = 'skip' in tiny ? tiny.skip : false

/** Slow enough to be met in the middle. */
const slow = { ...usualPlan, autoConverge: false, bandwidth: 5 * MiB, downtime: 50, convergence: [] }

/** What goes wrong at which end, and what heals it. */
interface Mischief {
  name: string
  do(mover: Mover): Promise<unknown>
  heal?(mover: Mover): Promise<unknown>
  /** The guest may be gone: its own process was killed. */
  mayDie?: true
}

const qemu = (mover: Mover) => `rookery-${mover.spec.vmId}`
const restart = (host: AgentHost) => host.daemon.startDaemon()

const mischiefs: readonly Mischief[] = [
  {
    name: 'libvirt of the source is killed',
    do: m => m.here.host.daemon.killDaemon(),
    heal: m => restart(m.here.host),
  },
  {
    name: 'libvirt of the target is killed',
    do: m => m.there.host.daemon.killDaemon(),
    heal: m => restart(m.there.host),
  },
  { name: 'QEMU of the target is killed', do: m => m.there.host.daemon.signalGuest(qemu(m), 'KILL') },
  { name: 'QEMU of the source is killed', do: m => m.here.host.daemon.signalGuest(qemu(m), 'KILL'), mayDie: true },
  {
    name: 'the network between the hosts is cut',
    do: async m => m.here.host.inNetwork('ip', 'link', 'set', 'mig0', 'down'),
    heal: async m => m.here.host.inNetwork('ip', 'link', 'set', 'mig0', 'up'),
  },
  {
    name: 'agent and libvirt of the source are killed',
    do: async m => {
      await m.here.host.stopAgent('SIGKILL')
      await m.here.host.daemon.killDaemon()
    },
    heal: async m => {
      await restart(m.here.host)
      await m.here.host.startAgent()
    },
  },
]

describe('whatever breaks during a migration, there is one guest', { skip }, () => {
  let mover: Mover
  beforeEach(async () => {
    if (!('skip' in tiny)) mover = await Mover.start(tiny.paths)
  })
  afterEach(async () => {
    await mover?.[Symbol.asyncDispose]()
  })

  for (const mischief of mischiefs)
    test(mischief.name, async t => {
      const { next, task } = await mover.prepared(slow)
      const { here, there, runId } = mover
      const id = randomUUID()
      await here.host.client.putTask(id, { jobCreatedAt: Date.now(), task })
      await here.reported('on its way', runId, r => (r.migration?.iteration ?? 0) >= 1)
      const began = performance.now()
      await mischief.do(mover)
      // Long enough for both sides to have noticed whatever they notice by themselves.
      const state = async () => (here.host.running ? await here.host.client.task(id, 1) : null)
      await until(
        'the source to have noticed',
        async () => performance.now() - began > 15_000 || (await state().catch(() => null))?.state !== 'running',
      )
      await mischief.heal?.(mover)
      const end = await until('the end of the task', async () => {
        const now = await state().catch(() => null)
        return now === null || now.state === 'running' ? null : now
      })
      const left = end.state === 'finished' && (end.result as { left: boolean }).left
      const arrived = await mover.arrived(next)
      t.diagnostic(
        `${((performance.now() - began) / 1000).toFixed(1)} s: ${end.state}${left ? ', it left' : ''}${arrived ? ', it arrived' : ''}`,
      )
      // Exactly one, on the side that the two tell together; it answers there.
      const on = (engine: typeof here) => engine.host.client.inventory([]).then(i => i.domains.length)
      const copies = [await on(here), await on(there)]
      if (mischief.mayDie === true && left && !arrived) return assert.deepEqual(copies, [0, 0])
      assert.deepEqual(copies, arrived ? [0, 1] : [1, 0])
      assert.equal(left, arrived)
      if (arrived) mover.moved(next)
      await mover.here.reported('up', mover.runId, r => r.status === 'up')
      const line = await mover.shell()
      line.stream.write('\recho alive-$((40+2))\r')
      await line.line(/alive-42/)
    })
})
