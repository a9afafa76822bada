import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from './testing/until.ts'
import { connect, type Libvirt } from './client.ts'
import type { ConnectOptions, StateChange } from './index.ts'
import { FakeDaemon, type Handlers } from './testing/fake-daemon.ts'

const dom = { name: 'web', uuid: Buffer.alloc(16, 7), id: 3 }
const uuid = '07070707-0707-0707-0707-070707070707'
const reboot = { callbackID: 1, msg: { dom } }

const registering: Handlers = {
  connectDomainEventCallbackRegisterAny: call => call.reply({ callbackID: 1 }),
  connectDomainEventCallbackDeregisterAny: call => call.reply(undefined),
  connectGetHostname: call => call.reply({ hostname: 'h' }),
}

async function start(
  options: ConnectOptions = {},
): Promise<{ daemon: FakeDaemon; client: Libvirt; changes: StateChange[] } & AsyncDisposable> {
  const daemon = await FakeDaemon.start(registering)
  const client = await connect({ socket: daemon.socket, reconnect: { minMs: 5, maxMs: 20 }, ...options })
  const changes: StateChange[] = []
  client.onState(change => changes.push(change))
  return {
    daemon,
    client,
    changes,
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await daemon[Symbol.asyncDispose]()
    },
  }
}

test('after the daemon went away and came back, calls work and listeners hear of the gap', async () => {
  await using s = await start()
  s.daemon.dropAll()
  await until('it is up again', () => s.changes.at(-1)?.state === 'up')
  assert.deepEqual(
    s.changes.map(change => change.state),
    ['down', 'up'],
  )
  assert.equal(s.changes[0]?.reason?.fault, 'lost')
  const gap = s.changes[1]?.gap
  assert.ok(gap && gap.from <= gap.to && gap.reason.fault === 'lost')
  assert.equal(await s.client.host.hostname(), 'h')
})

test('events are registered once per kind, and again on the new connection', async () => {
  await using s = await start()
  const seen: string[] = []
  const first = await s.client.on('reboot', ({ domain }) => seen.push(`first ${domain.uuid}`))
  const second = await s.client.domains.of({ name: 'web', uuid, id: null }).on('reboot', () => seen.push('second'))
  await s.client.domains.of({ name: 'other', uuid: uuid.replace('07', '08'), id: 4 }).on('reboot', () => seen.push('!'))
  assert.equal(s.daemon.calls('connectDomainEventCallbackRegisterAny').length, 1)
  s.daemon.dropAll()
  await until('it is up again', () => s.changes.at(-1)?.state === 'up')
  assert.equal(s.daemon.calls('connectDomainEventCallbackRegisterAny').length, 2)
  s.daemon.peer.event('domainEventCallbackReboot', reboot)
  await until('both heard it', () => seen.length === 2)
  assert.deepEqual(seen, [`first ${uuid}`, 'second'])
  await first.close()
  await second.close()
  await second.close()
  assert.equal(s.daemon.calls('connectDomainEventCallbackDeregisterAny').length, 0)
})

test('the last listener to leave takes the registration along', async () => {
  await using s = await start()
  const one = await s.client.on('reboot', () => {})
  const two = await s.client.on('reboot', () => {})
  await one.close()
  assert.equal(s.daemon.calls('connectDomainEventCallbackDeregisterAny').length, 0)
  await two[Symbol.asyncDispose]()
  assert.equal(s.daemon.calls('connectDomainEventCallbackDeregisterAny').length, 1)
  await s.client.on('reboot', () => {})
  assert.equal(s.daemon.calls('connectDomainEventCallbackRegisterAny').length, 2)
})

test('an event that overtakes the answer to its registration is not lost', async () => {
  await using s = await start()
  s.daemon.handlers.connectDomainEventCallbackRegisterAny = call => {
    call.peer.event('domainEventCallbackReboot', reboot)
    call.reply({ callbackID: 1 })
  }
  let heard = 0
  await s.client.on('reboot', () => heard++)
  assert.equal(heard, 1)
})

test('a registration that the daemon refuses leaves no listener behind', async () => {
  await using s = await start()
  s.daemon.handlers.connectDomainEventCallbackRegisterAny = call => call.fail(3, 'not supported')
  let heard = 0
  await assert.rejects(
    s.client.on('reboot', () => heard++),
    /not supported/,
  )
  s.daemon.peer.event('domainEventCallbackReboot', reboot)
  await s.client.host.hostname()
  assert.equal(heard, 0)
  s.daemon.handlers.connectDomainEventCallbackRegisterAny = call => call.reply({ callbackID: 2 })
  await s.client.on('reboot', () => heard++)
})

test('while down, calls reject at once by default and wait when asked to', async () => {
  await using s = await start()
  s.daemon.handlers.authList = () => {}
  s.daemon.dropAll()
  await until('it is down', () => s.client.state === 'down')
  await assert.rejects(s.client.host.hostname(), { name: 'LibvirtConnectionError', fault: 'lost' })

  await using patient = await start({ whileDown: 'wait' })
  patient.daemon.handlers.connectOpen = () => {}
  patient.daemon.dropAll()
  await until('it is down', () => patient.client.state === 'down')
  const answer = patient.client.host.hostname()
  await until('an attempt is made', () => patient.daemon.calls('connectOpen').length > 1)
  patient.daemon.handlers.connectOpen = call => call.reply(undefined)
  patient.daemon.calls('connectOpen').at(-1)?.reply(undefined)
  assert.equal(await answer, 'h')
})

test('a call that finds no connection says why the latest attempt failed', async () => {
  await using s = await start()
  s.daemon.handlers.connectOpen = call => call.fail(45, 'you are no longer welcome')
  s.daemon.dropAll()
  await until('an attempt was refused', () => s.daemon.calls('connectOpen').length > 2)
  await assert.rejects(s.client.host.hostname(), /connectGetHostname was not sent: you are no longer welcome/)
})

test('waiting for a connection can be aborted', async () => {
  await using s = await start({ whileDown: 'wait', connectTimeoutMs: 100 })
  s.daemon.handlers.authList = () => {}
  s.daemon.dropAll()
  await until('it is down', () => s.client.state === 'down')
  const signal = AbortSignal.timeout(10)
  await assert.rejects(s.client.host.hostname({ signal }), { name: 'TimeoutError' })
})

test('without reconnecting, a lost connection is the end', async () => {
  await using s = await start({ reconnect: false })
  s.daemon.dropAll()
  await until('it is closed', () => s.client.state === 'closed')
  assert.equal(s.changes[0]?.reason?.fault, 'lost')
  await assert.rejects(s.client.host.hostname(), { fault: 'closed' })
})

test('closing while the daemon is away stops the attempts', async () => {
  await using s = await start({ connectTimeoutMs: 100 })
  s.daemon.handlers.authList = () => {}
  s.daemon.dropAll()
  await until('an attempt is made', () => s.daemon.peers.length > 1)
  await s.client.close()
  assert.equal(s.client.state, 'closed')
  const attempts = s.daemon.peers.length
  await assert.rejects(s.client.host.hostname(), { fault: 'closed' })
  assert.equal(s.daemon.peers.length, attempts)
})

test('a stream of the facade has a connection of its own and closes it', async () => {
  await using s = await start()
  s.daemon.handlers.domainScreenshot = call => {
    call.reply({ mime: 'image/png' })
    call.data(Buffer.from('picture'))
    call.data()
  }
  s.daemon.onPacket = peer => peer.calls.at(-1)?.confirm()
  const { mime, data } = await s.client.domains.of({ name: 'web', uuid, id: 3 }).display.screenshot()
  assert.deepEqual([mime, data.toString()], ['image/png', 'picture'])
  assert.equal(s.daemon.peers.length, 2)
  await until('the second connection is closed', () => s.daemon.peers[1]?.socket.closed)
  assert.equal(s.client.state, 'up')
})

test('a stream that cannot be opened leaves no connection behind', async () => {
  await using s = await start()
  s.daemon.handlers.domainOpenConsole = call => call.fail(55, 'the domain does not run')
  const domain = s.client.domains.of({ name: 'web', uuid, id: null })
  await assert.rejects(domain.display.openConsole(), /does not run/)
  await until('the second connection is closed', () => s.daemon.peers[1]?.socket.closed)
})
