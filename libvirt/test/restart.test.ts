/** A daemon that restarts, dies and hangs under a client, while guests run on. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isLibvirtError, type Libvirt, LibvirtConnectionError, type StateChange } from '../src/index.ts'
import { until } from '../src/testing/until.ts'
import { missingForDaemons, TestDaemon } from './daemon.ts'
import { guestXml, SERIAL } from './guests.ts'

const missing = await missingForDaemons()

describe('a daemon that comes and goes', { skip: missing ?? false }, () => {
  let daemon: TestDaemon
  let libvirt: Libvirt
  let witness: Libvirt
  let changes: StateChange[]
  const heard: string[] = []

  const backUp = () => until('the client is up again', () => changes.at(-1)?.state === 'up' && changes.at(-1))

  before(async () => {
    daemon = await TestDaemon.start()
    libvirt = await daemon.connect({ reconnect: { minMs: 20, maxMs: 200 } })
    witness = await daemon.connect({ reconnect: { minMs: 20, maxMs: 200 }, whileDown: 'wait' })
    libvirt.onState(change => changes.push(change))
    await libvirt.on('lifecycle', ({ domain, event }) => heard.push(`${domain.name} ${event}`))
  })
  after(async () => {
    await libvirt?.close()
    await witness?.close()
    await daemon?.stop()
  })

  test('a domain outlives a restart, and the same handle and listeners go on', async () => {
    changes = []
    const domain = await libvirt.domains.create(guestXml('survivor', { devices: SERIAL }))
    const { id } = domain
    const console = await domain.display.openConsole()
    const consoleFault = new Promise<Error>(resolve => {
      console.once('error', resolve)
      console.resume()
    })
    const sight = witness.domains.of(domain)
    await daemon.stopDaemon()
    assert.ok((await consoleFault) instanceof Error)
    await until('the loss is noticed', () => libvirt.state === 'down')
    await assert.rejects(domain.state(), error => error instanceof LibvirtConnectionError && error.fault === 'lost')
    const patient = sight.state()
    await daemon.startDaemon()
    const { gap } = await backUp()
    assert.ok(gap && gap.to >= gap.from)
    assert.deepEqual(
      changes.map(change => change.state),
      ['down', 'up'],
    )
    // The call that waited through the gap has its answer, and the guest never noticed.
    assert.equal((await patient).state, 'running')
    assert.equal((await libvirt.domains.byName('survivor')).id, id)
    await domain.suspend()
    await until('the event is heard on the new connection', () => heard.includes('survivor suspended'))
    assert.equal((await sight.state()).state, 'paused')
    await domain.destroy()
    await until('so is the end', () => heard.includes('survivor stopped'))
  })

  test('a call that was under way when the daemon was killed rejects, and is not repeated', async () => {
    changes = []
    const domain = await libvirt.domains.define(guestXml('halfway', { memoryMiB: 64 }))
    const calls = Promise.allSettled(Array.from({ length: 30 }, () => libvirt.host.capabilities()))
    await daemon.killDaemon()
    for (const outcome of await calls) {
      if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof LibvirtConnectionError)
    }
    await daemon.startDaemon()
    await backUp()
    assert.equal((await domain.state()).state, 'shutoff')
    await domain.undefine()
  })

  test('a daemon that hangs is given up, and is found again when it moves', async () => {
    changes = []
    const keepalive = { intervalMs: 100, count: 2 }
    const watcher = await daemon.connect({ keepalive, reconnect: { minMs: 20, maxMs: 200 }, connectTimeoutMs: 500 })
    const seen: StateChange[] = []
    watcher.onState(change => seen.push(change))
    await daemon.freeze()
    try {
      const abort = AbortSignal.timeout(50)
      await assert.rejects(watcher.host.hostname({ signal: abort }), { name: 'TimeoutError' })
      await until('the watcher gives up', () => seen[0]?.state === 'down')
      assert.equal(seen[0]?.reason?.fault, 'keepalive')
    } finally {
      await daemon.thaw()
    }
    await until('it is up again', () => watcher.state === 'up')
    assert.equal(await watcher.host.hostname(), daemon.hostname)
    await watcher.close()
    await assert.rejects(watcher.host.hostname(), error => isLibvirtError(error))
  })
})

describe('a hypervisor that hangs', { skip: missing ?? false }, () => {
  test('calls that wait for it take no place from those that do not', async () => {
    await using daemon = await TestDaemon.start()
    await using client = await daemon.connect({ keepalive: { intervalMs: 100, count: 5 }, reconnect: false })
    const domain = await client.domains.create(guestXml('hanging'))
    const other = await client.domains.create(guestXml('healthy'))
    await daemon.signalGuest('hanging', 'STOP')
    let answered = 0
    const hanging = Array.from({ length: 8 }, async () => {
      await domain.qemu.monitor({ execute: 'query-status' })
      answered++
    })
    // More than libvirtd takes of one client at once. Yet it is still heard, and still hears our pings.
    const end = Date.now() + 1500
    await until('many pings have passed', async () => {
      assert.equal((await other.state()).state, 'running')
      assert.equal((await client.domains.list()).length, 2)
      return Date.now() > end
    })
    await other.destroy()
    assert.equal(answered, 0)
    await daemon.signalGuest('hanging', 'CONT')
    await Promise.all(hanging)
    await domain.destroy()
    assert.equal(client.state, 'up')
  })
})

describe('keepalive with a real daemon', { skip: missing ?? false }, () => {
  test('the daemon pings, is answered, and keeps the connection', async () => {
    // A daemon that pings every second and gives up after one miss.
    await using daemon = await TestDaemon.start({ libvirtdConf: 'keepalive_interval = 1\nkeepalive_count = 1' })
    await using client = await daemon.connect({ keepalive: { intervalMs: 60_000, count: 1 }, reconnect: false })
    const end = Date.now() + 3500
    await until('three rounds of pings have passed', () => Date.now() > end)
    assert.equal(client.state, 'up')
    assert.equal(await client.host.hostname(), daemon.hostname)
  })
})
