import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { tinyForTests } from '../../lab/src/images/for-tests.ts'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { MiB } from './engine.ts'
import { type AgentHost, until } from './fixture.ts'
import { Mover, moverMac, usualPlan } from './mover.ts'

const missing = await missingForDaemons()
const tiny = missing === null ? await tinyForTests() : { skip: missing }
const skip = 'skip' in tiny ? tiny.skip : false

describe('a guest that moves between two real hosts', { skip }, () => {
  let mover: Mover

  before(async () => {
    if (!('skip' in tiny)) mover = await Mover.start(tiny.paths)
  })
  after(async () => {
    await mover?.[Symbol.asyncDispose]()
  })

  test('it moves and a TCP stream from outside goes on; encrypted, with its seed, medium and guards', async t => {
    const tcp = await mover.stream()
    try {
      const left = mover.here.host
      const { downtimeMs, durationMs, transferred } = await mover.move()
      const here = mover.here.host
      await mover.here.reported('up there', mover.runId, r => r.status === 'up' && r.guestAgent)
      const before = await tcp.seen()
      await until('the stream to go on', async () => (await tcp.seen()).echoed > before.echoed + 50)
      const seen = await tcp.seen()
      t.diagnostic(
        `longest gap ${Math.max(before.longestGapMs, seen.longestGapMs)} ms, downtime ${downtimeMs} ms, ${durationMs} ms in all, ${Math.round((transferred ?? 0) / MiB)} MiB`,
      )
      assert.equal(seen.reset, null)
      assert.ok((downtimeMs ?? 0) > 0)
      // What belongs to the card has moved with it, and nothing of it is left.
      const rules = (host: AgentHost) => host.inNetwork('nft', 'list', 'table', 'bridge', 'rookery_rkt')
      assert.match(rules(here), new RegExp(`ether saddr != ${moverMac} drop`))
      await until('the guard of the old host to be gone', () => !rules(left).includes(moverMac))
      assert.doesNotMatch(left.inNetwork('ip', '-br', 'link'), /^t[0-9a-f]{12}/m)
      // Its serial console is here, with the same shell.
      const line = await mover.shell()
      const look = 'mkdir -p /s; for d in /dev/sr0 /dev/sr1; do mount -t iso9660 -o ro $d /s && ls /s; umount /s; done'
      line.stream.write(`\r${look}; echo name-$(hostname)\r`)
      await line.line(/name-mover/)
      assert.match(line.text, /meta-data/)
      line.stream.destroy()
    } finally {
      tcp.end()
    }
  })

  test('a migration that is cancelled leaves it where it is, and nothing on the other host', async () => {
    // Slow enough to be caught in the middle.
    const { next, task } = await mover.prepared({ ...usualPlan, bandwidth: MiB, downtime: 1, convergence: [] })
    const id = randomUUID()
    const { here, runId } = mover
    await here.host.client.putTask(id, { jobCreatedAt: Date.now(), task })
    const moving = await here.reported('migrating', runId, r => r.status === 'migrating' && r.migration !== null)
    assert.ok((moving.migration?.total ?? 0) > 0)
    assert.equal((await here.host.client.cancelTask(id)).state, 'cancelled')
    assert.equal(await mover.arrived(next), false)
    const back = await here.reported('up', runId, r => r.status === 'up')
    assert.equal(back.migration, null)
    assert.doesNotMatch(mover.there.host.inNetwork('ip', '-br', 'link'), /^t[0-9a-f]{12}/m)
  })

  test('the agents of both hosts are killed in the middle: it goes on, and is found again', async () => {
    const { next, task } = await mover.prepared({ ...usualPlan, bandwidth: 20 * MiB, downtime: 300 })
    const id = randomUUID()
    const { here } = mover
    await here.host.client.putTask(id, { jobCreatedAt: Date.now(), task })
    await here.reported('migrating', mover.runId, r => r.migration !== null)
    await Promise.all(mover.pair.hosts.map(host => host.stopAgent('SIGKILL')))
    await Promise.all(mover.pair.hosts.map(host => host.startAgent()))
    const state = await until('the end of the task', async () => {
      const now = await here.host.client.task(id, 5)
      return now.state === 'running' ? null : now
    })
    assert.equal(state.state, 'finished', JSON.stringify(state))
    assert.equal(await mover.arrived(next), true)
    mover.moved(next)
    await mover.here.reported('up there', mover.runId, r => r.status === 'up')
  })
})
