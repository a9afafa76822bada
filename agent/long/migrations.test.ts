import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { tinyForTests } from '../../lab/src/images/for-tests.ts'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { MiB } from '../test/engine.ts'
import { until } from '../test/fixture.ts'
import { Mover, usualPlan } from '../test/mover.ts'
import { makePki } from '../test/pki.ts'

const missing = await missingForDaemons()
const tiny = missing === null ? await tinyForTests() : { skip: missing }
const skip = 'skip' in tiny ? tiny.skip : false
const times = Number(process.env.ROOKERY_MIGRATIONS ?? 10)

describe('a guest that moves again and again', { skip }, () => {
  let mover: Mover

  before(async () => {
    if (!('skip' in tiny)) mover = await Mover.start(tiny.paths)
  })
  after(async () => {
    await mover?.[Symbol.asyncDispose]()
  })

  test(`a TCP stream from outside survives ${times} live migrations in a row without a reset (R57)`, async t => {
    const tcp = await mover.stream()
    try {
      const gaps: number[] = []
      const downtimes: number[] = []
      for (let n = 1; n <= times; n++) {
        await tcp.seen()
        const { downtimeMs, durationMs } = await mover.move()
        await mover.here.reported('up there', mover.runId, r => r.status === 'up')
        const { echoed } = await tcp.seen().then(seen => {
          gaps.push(seen.longestGapMs)
          return seen
        })
        await until('the stream to go on', async () => {
          const seen = await tcp.seen()
          gaps[n - 1] = Math.max(gaps[n - 1] ?? 0, seen.longestGapMs)
          return seen.echoed > echoed + 50
        })
        downtimes.push(downtimeMs ?? 0)
        t.diagnostic(`${n}: gap ${gaps[n - 1]} ms, downtime ${downtimeMs} ms, ${durationMs} ms in all`)
      }
      t.diagnostic(`longest gap ${Math.max(...gaps)} ms, longest downtime ${Math.max(...downtimes)} ms`)
      assert.equal((await tcp.seen()).reset, null)
    } finally {
      tcp.end()
    }
  })

  test('the memory goes encrypted: a target with a certificate of another authority gets nothing', async () => {
    const stranger = makePki(mkdtempSync(join(mover.there.host.folder, 'stranger.')), ['10.214.0.1', '10.214.0.2'])
    const folder = join(mover.there.host.folder, 'migration/qemu')
    const files = {
      'ca-cert.pem': stranger.ca,
      'server-cert.pem': stranger.host.cert,
      'server-key.pem': stranger.host.key,
    }
    const before = Object.keys(files).map(name => [name, readFileSync(join(folder, name))] as const)
    // Written over, so that they stay QEMU's.
    for (const [name, from] of Object.entries(files)) writeFileSync(join(folder, name), readFileSync(from))
    try {
      const { next, task } = await mover.prepared()
      await assert.rejects(mover.here.run(task), (error: Error) => /certificate|TLS|tls/.test(error.message))
      assert.equal(await mover.arrived(next), false)
      await mover.here.reported('up', mover.runId, r => r.status === 'up')
    } finally {
      for (const [name, content] of before) writeFileSync(join(folder, name), content)
    }
    await mover.move()
    await mover.here.reported('up there', mover.runId, r => r.status === 'up')
  })

  test('a guest that writes faster than it can be sent goes over by post-copy', async t => {
    const line = await mover.shell()
    // The memory that it writes to again and again is more than goes over in a second.
    const busy = 'while :; do dd if=/dev/urandom of=/dev/shm/busy bs=1M count=40 conv=notrunc 2>/dev/null; done'
    line.stream.write(`\r(${busy}) & echo busy-$((40+2))\r`)
    await line.line(/busy-42/)
    line.stream.destroy()
    const tcp = await mover.stream()
    try {
      const plan = {
        ...usualPlan,
        autoConverge: false,
        bandwidth: 10 * MiB,
        downtime: 1,
        convergence: [{ stalls: 1, action: { kind: 'post_copy' as const } }],
      }
      const result = await mover.move(plan)
      t.diagnostic(`post-copy: downtime ${result.downtimeMs} ms, ${result.durationMs} ms in all`)
      assert.equal(result.postCopy, true)
      await mover.here.reported('up there', mover.runId, r => r.status === 'up')
      const { echoed } = await tcp.seen()
      await until('the stream to go on', async () => (await tcp.seen()).echoed > echoed + 50)
      assert.equal((await tcp.seen()).reset, null)
    } finally {
      tcp.end()
    }
  })
})
