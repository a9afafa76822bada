import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from './testing/until.ts'
import type { Connection } from './connection.ts'
import { isLibvirtError, LibvirtConnectionError, LibvirtError } from './errors.ts'
import { VIR_ERR_NO_DOMAIN } from './generated/constants.gen.ts'
import { type OpenOptions, openConnection } from './handshake.ts'
import { FakeDaemon } from './testing/fake-daemon.ts'

const hostname = ['connectGetHostname', undefined] as const

async function open(daemon: FakeDaemon, options: OpenOptions = {}): Promise<Connection & AsyncDisposable> {
  const connection = await openConnection({ socket: daemon.socket, uri: 'test:///default', ...options })
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() })
}

const fault = (kind: string) => (error: unknown) => error instanceof LibvirtConnectionError && error.fault === kind

test('opening signs in, asks for keepalive, and names the driver', async () => {
  await using daemon = await FakeDaemon.start()
  await using connection = await open(daemon)
  assert.equal(connection.endReason, null)
  assert.deepEqual(
    daemon.peer.calls.map(call => [call.name, call.args]),
    [
      ['authList', undefined],
      ['connectSupportsFeature', { feature: 10 }],
      ['connectOpen', { name: 'test:///default', flags: 0 }],
    ],
  )
})

test('a daemon that wants polkit is answered, one that wants SASL is refused', async () => {
  await using daemon = await FakeDaemon.start({
    authList: call => call.reply({ types: [2] }),
    authPolkit: call => call.reply({ complete: 1 }),
  })
  await (await open(daemon)).close()
  assert.equal(daemon.calls('authPolkit').length, 1)
  daemon.handlers.authList = call => call.reply({ types: [1] })
  await assert.rejects(open(daemon), fault('auth'))
})

test('a missing daemon, a silent one and one that refuses are told apart', async () => {
  await assert.rejects(openConnection({ socket: '/nonexistent/sock' }), fault('connect'))
  await using daemon = await FakeDaemon.start({ connectOpen: () => {} })
  await assert.rejects(open(daemon, { connectTimeoutMs: 50 }), fault('connect'))
  daemon.handlers.connectOpen = call => call.fail(38, 'no such driver')
  await assert.rejects(open(daemon), { name: 'LibvirtError', message: 'no such driver', code: 38 })
})

test('opening can be aborted', async () => {
  await using daemon = await FakeDaemon.start({ connectOpen: () => {} })
  const abort = new AbortController()
  const opening = openConnection({ socket: daemon.socket }, abort.signal)
  await until('the call arrives', () => daemon.calls('connectOpen').length === 1)
  abort.abort(new Error('changed my mind'))
  await assert.rejects(opening, /changed my mind/)
})

test('replies find their calls in whatever order they come', async () => {
  await using daemon = await FakeDaemon.start()
  await using connection = await open(daemon)
  const names = ['a', 'b', 'c']
  const calls = names.map(name => connection.call('domainLookupByName', { name }))
  await until('all calls arrive', () => daemon.calls('domainLookupByName').length === 3)
  for (const call of daemon.calls('domainLookupByName').toReversed()) {
    const { name } = call.args as { name: string }
    call.reply({ dom: { name, uuid: Buffer.alloc(16), id: 1 } })
  }
  assert.deepEqual(
    (await Promise.all(calls)).map(reply => reply.dom.name),
    names,
  )
})

test("an error carries libvirt's code, domain, level, message and the procedure", async () => {
  await using daemon = await FakeDaemon.start({
    connectGetHostname: call => call.fail(VIR_ERR_NO_DOMAIN, 'Domain not found'),
  })
  await using connection = await open(daemon)
  await assert.rejects(connection.call(...hostname), (error: unknown) => {
    assert.ok(error instanceof LibvirtError && isLibvirtError(error, VIR_ERR_NO_DOMAIN))
    assert.deepEqual(
      [error.code, error.codeName, error.domain, error.domainName, error.level, error.levelName],
      [42, 'VIR_ERR_NO_DOMAIN', 10, 'VIR_FROM_QEMU', 2, 'VIR_ERR_ERROR'],
    )
    assert.deepEqual([error.message, error.procedure], ['Domain not found', 'connectGetHostname'])
    assert.equal(error.details.str1, 'one')
    return true
  })
})

test('an aborted call rejects at once and its late answer disturbs nobody', async () => {
  await using daemon = await FakeDaemon.start()
  await using connection = await open(daemon)
  const abort = new AbortController()
  const call = connection.call('connectGetHostname', undefined, { signal: abort.signal })
  await until('the call arrives', () => daemon.calls('connectGetHostname').length === 1)
  abort.abort(new Error('enough'))
  await assert.rejects(call, /enough/)
  daemon.calls('connectGetHostname')[0]?.reply({ hostname: 'late' })
  daemon.handlers.connectGetHostname = next => next.reply({ hostname: 'fresh' })
  assert.equal((await connection.call(...hostname)).hostname, 'fresh')
})

test('a call aborted while it waits for a place is never sent', async () => {
  await using daemon = await FakeDaemon.start()
  await using connection = await open(daemon, { maxInFlight: 2 })
  const first = connection.call('domainManagedSave', { dom, flags: 0 })
  const abort = new AbortController()
  const second = connection.call('domainManagedSave', { dom, flags: 1 }, { signal: abort.signal })
  abort.abort()
  await assert.rejects(second, { name: 'AbortError' })
  daemon.handlers.domainIsActive = call => call.reply({ active: 1 })
  // An urgent call passes the one that hangs.
  assert.deepEqual(await connection.call('domainIsActive', { dom }), { active: 1 })
  assert.equal(daemon.calls('domainManagedSave').length, 1)
  daemon.calls('domainManagedSave')[0]?.reply(undefined)
  await first
})

const dom = { name: 'web', uuid: Buffer.alloc(16, 7), id: 3 }

test('arguments that do not fit are refused here, and the connection goes on', async () => {
  await using daemon = await FakeDaemon.start({ connectGetHostname: call => call.reply({ hostname: 'h' }) })
  await using connection = await open(daemon)
  const wrong = { dom: { ...dom, uuid: Buffer.alloc(3) } }
  await assert.rejects(connection.call('domainIsActive', wrong), /domainIsActive: dom\.uuid: 16 bytes expected/)
  assert.equal((await connection.call(...hostname)).hostname, 'h')
})

test('a reply that cannot be read fails its call only', async () => {
  await using daemon = await FakeDaemon.start({
    connectGetHostname: call =>
      call.peer.send(call.peer.writer.raw({ ...call.header, type: 1, status: 0 }, Buffer.from([0, 0, 0, 9]))),
    domainIsActive: call => call.reply({ active: 0 }),
  })
  await using connection = await open(daemon)
  await assert.rejects(connection.call(...hostname), /the reply to connectGetHostname cannot be read/)
  assert.deepEqual(await connection.call('domainIsActive', { dom }), { active: 0 })
})

test('when the daemon goes, calls in flight and waiting calls reject with the reason', async () => {
  await using daemon = await FakeDaemon.start()
  await using connection = await open(daemon, { maxInFlight: 2 })
  const calls = [1, 2, 3].map(flags => connection.call('domainManagedSave', { dom, flags }))
  await until('a call arrives', () => daemon.calls('domainManagedSave').length === 1)
  daemon.dropAll()
  for (const outcome of await Promise.allSettled(calls)) {
    assert.equal(outcome.status, 'rejected')
    assert.ok(fault('lost')(outcome.reason))
  }
  assert.equal((await connection.ended).fault, 'lost')
  await assert.rejects(connection.call(...hostname), fault('lost'))
})

test('closing says goodbye, and rejects what was in flight', async () => {
  await using daemon = await FakeDaemon.start()
  const connection = await open(daemon)
  const call = connection.call(...hostname)
  await until('the call arrives', () => daemon.calls('connectGetHostname').length === 1)
  const [outcome] = await Promise.allSettled([call, connection.close()])
  assert.ok(outcome.status === 'rejected' && fault('closed')(outcome.reason))
  assert.equal(daemon.calls('connectClose').length, 1)
  await connection.close()
})

test('garbage from the daemon ends the connection as a protocol fault', async () => {
  await using daemon = await FakeDaemon.start({ connectGetHostname: call => call.peer.send(Buffer.alloc(64)) })
  await using connection = await open(daemon)
  await assert.rejects(connection.call(...hostname), fault('protocol'))
})

test('a reply to a call that was never made ends the connection as a protocol fault', async () => {
  await using daemon = await FakeDaemon.start({
    connectGetHostname: call =>
      call.peer.send(call.peer.writer.raw({ ...call.header, serial: 999, type: 1 }, Buffer.alloc(0))),
  })
  await using connection = await open(daemon)
  await assert.rejects(connection.call(...hostname), fault('protocol'))
})

test('pings from the daemon are answered', async () => {
  await using daemon = await FakeDaemon.start()
  await using connection = await open(daemon)
  daemon.peer.keepalive(1)
  await until('a pong arrives', () => daemon.peer.keepalives.includes(2))
  assert.equal(connection.endReason, null)
})

test('a daemon that answers pings stays connected, one that falls silent is given up', async () => {
  await using daemon = await FakeDaemon.start()
  await using connection = await open(daemon, { keepalive: { intervalMs: 10, count: 3 } })
  let answered = 0
  for (let i = 0; i < 6; i++) {
    await until('a ping arrives', () => daemon.peer.keepalives.length > answered)
    answered = daemon.peer.keepalives.length
    daemon.peer.keepalive(2)
  }
  assert.equal(connection.endReason, null)
  assert.equal((await connection.ended).fault, 'keepalive')
})

test('events reach their listeners decoded, and events of a newer daemon are passed over', async () => {
  await using daemon = await FakeDaemon.start({ connectGetHostname: call => call.reply({ hostname: 'h' }) })
  await using connection = await open(daemon)
  const seen: unknown[] = []
  const stop = connection.onEvent((name, body) => seen.push([name, body]))
  const body = { callbackID: 1, msg: { dom: { name: 'web', uuid: Buffer.alloc(16, 7), id: 3 } } }
  daemon.peer.event('domainEventCallbackReboot', body)
  const unknown = { prog: 0x20008086, vers: 1, proc: 9999, type: 2, serial: 0, status: 0 } as const
  daemon.peer.send(daemon.peer.writer.raw(unknown, Buffer.alloc(4)))
  await connection.call(...hostname)
  assert.deepEqual(seen, [['domainEventCallbackReboot', body]])
  stop()
  daemon.peer.event('domainEventCallbackReboot', body)
  await connection.call(...hostname)
  assert.equal(seen.length, 1)
})
