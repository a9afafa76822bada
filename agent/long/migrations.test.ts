import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { tinyForTests } from '../../lab/src/images/for-tests.ts'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { MiB } from '../test/engine.ts'
import { until } from '../test/fixture.ts'
import { Mover, usualPlan } from '../test/mover.ts'

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
