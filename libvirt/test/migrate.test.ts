/** Live migration between two private daemons with different host UUIDs, over a unix socket, peer to peer. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { constants, isLibvirtError, type EventPayloads, type Libvirt } from '../src/index.ts'
import { until } from '../src/testing/until.ts'
import { missingForDaemons, TestDaemon } from './daemon.ts'
import { guestXml } from './guests.ts'

const missing = await missingForDaemons()

describe('migration', { skip: missing ?? false }, () => {
  let meeting: string
  let from: TestDaemon
  let to: TestDaemon
  let source: Libvirt
  let target: Libvirt

  before(async () => {
    // Both hosts see this directory under the same path; QEMU's migration socket lives there.
    meeting = await mkdtemp(join(tmpdir(), 'libvirt-meet.'))
    ;[from, to] = await Promise.all([
      TestDaemon.start({ hostname: 'lvsource' }),
      TestDaemon.start({ hostname: 'lvtarget' }),
    ])
    ;[source, target] = await Promise.all([from.connect(), to.connect()])
  })
  after(async () => {
    await source?.close()
    await target?.close()
    await from?.stop()
    await to?.stop()
    if (meeting) await rm(meeting, { recursive: true, force: true })
  })

  const route = () => ({
    target: `qemu+unix:///system?socket=${to.socket}`,
    uri: `unix://${join(meeting, 'migrate.sock')}`,
  })

  test('a running domain moves to another daemon, and both tell the story', async () => {
    const left: string[] = []
    const arrived: string[] = []
    const completed: EventPayloads['jobCompleted'][] = []
    await source.on('lifecycle', e => left.push(`${e.event} ${e.detail}`))
    await source.on('jobCompleted', e => completed.push(e))
    await target.on('lifecycle', e => arrived.push(`${e.event} ${e.detail}`))
    const domain = await source.domains.define(guestXml('mover'))
    await domain.start()
    await domain.jobs.migrate({ ...route(), persist: true, undefineSource: true })

    await assert.rejects(source.domains.byName('mover'), error => isLibvirtError(error, constants.VIR_ERR_NO_DOMAIN))
    const there = await target.domains.byUuid(domain.uuid)
    assert.equal((await there.state()).state, 'running')
    assert.ok(await there.isPersistent())
    await until('the source says it left', () => left.includes('stopped migrated'))
    await until('the target says it came', () => arrived.includes('resumed migrated'))
    await until('the job is reported', () => completed.length > 0)
    const stats = await there.jobs.stats({ completed: true })
    assert.equal(stats.operation, 'migration in')
    await there.destroy()
    await there.undefine()
  })

  test('a migration is watched and aborted, and the guest stays', async () => {
    const domain = await source.domains.create(guestXml('stayer', { memoryMiB: 256 }))
    const outcome = Promise.allSettled([domain.jobs.migrate({ ...route(), bandwidthMiBps: 1 })])
    const running = await until('the job runs', async () => {
      const stats = await domain.jobs.stats()
      return stats.type === 'unbounded' && stats.total !== undefined && stats
    })
    assert.equal(running.operation, 'migration out')
    await domain.jobs.setMaxDowntimeMs(1000)
    await domain.jobs.abort()
    const [migrated] = await outcome
    assert.ok(migrated?.status === 'rejected')
    assert.ok(isLibvirtError(migrated.reason, constants.VIR_ERR_OPERATION_ABORTED), String(migrated.reason))
    assert.equal((await domain.state()).state, 'running')
    assert.equal((await domain.jobs.stats()).type, 'none')
    await assert.rejects(target.domains.byName('stayer'), error => isLibvirtError(error))
    await domain.destroy()
  })

  test('a caller that gives up does not stop the migration', async () => {
    const domain = await source.domains.create(guestXml('orphan', { memoryMiB: 64 }))
    const abort = new AbortController()
    const waiting = domain.jobs.migrate({ ...route(), bandwidthMiBps: 1 }, { signal: abort.signal })
    await until('the job runs', async () => (await domain.jobs.stats()).type === 'unbounded')
    abort.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
    const arrived = await until('the guest has moved', async () => {
      const there = await target.domains.byName('orphan').catch(() => null)
      return there && (await there.state()).state === 'running' && there
    })
    await until('the source has let go', async () => (await source.domains.list()).length === 0)
    await arrived.destroy()
  })

  test('a target that cannot be reached is an error, and the guest runs on', async () => {
    const domain = await source.domains.create(guestXml('lonely'))
    const nowhere = { target: 'qemu+unix:///system?socket=/nonexistent/sock' }
    await assert.rejects(domain.jobs.migrate(nowhere), error => isLibvirtError(error))
    assert.equal((await domain.state()).state, 'running')
    await domain.destroy()
  })
})
