import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { bridgeName } from '../src/network/networks.ts'
import { AgentHost } from './fixture.ts'

const missing = await missingForDaemons()

describe('networks of a host without guests', { skip: missing ?? false }, () => {
  let host: AgentHost
  before(async () => {
    host = await AgentHost.start()
  })
  after(() => host[Symbol.asyncDispose]())

  const bridges = () => host.inNetwork('ip', '-br', 'link').match(/^rkt\w+/gm) ?? []
  const tables = () => host.inNetwork('nft', 'list', 'tables').match(/^table \w+ rookery_rkt$/gm) ?? []
  const dhcpServers = () => {
    const folder = join(host.folder, 'data/network')
    return readdirSync(folder).filter(name => {
      if (!name.endsWith('.pid')) return false
      const pid = readFileSync(join(folder, name), 'utf8').trim()
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
    })
  }

  test('are taken away when the agent stops, and there again when it is ready the next time', async () => {
    const [nat, isolated] = [randomUUID(), randomUUID()]
    const run = (task: Parameters<typeof host.client.runTask>[1]['task']) =>
      host.client.runTask(randomUUID(), { jobCreatedAt: Date.now(), task }, { signal: AbortSignal.timeout(60_000) })
    await run({ kind: 'network.ensure', networkId: nat, name: 'ovirtmgmt', mode: 'nat', mtu: 0 })
    await run({ kind: 'network.ensure', networkId: isolated, name: 'inner', mode: 'isolated', mtu: 0 })
    const expected = [nat, isolated].map(id => bridgeName('rkt', id)).sort()
    const there = () => {
      assert.deepEqual(bridges().sort(), expected)
      assert.equal(tables().length, 2)
      assert.deepEqual(dhcpServers(), [`${bridgeName('rkt', nat)}.pid`])
      assert.match(host.inNetwork('ip', '-br', 'address', 'show', bridgeName('rkt', nat)), /10\.213\.0\.1\/24/)
    }
    there()
    for (const _ of [1, 2]) {
      await host.client.facts() // comes when libvirt has answered
      await host.stopAgent('SIGTERM')
      assert.deepEqual([bridges(), tables(), dhcpServers()], [[], [], []])
      await host.startAgent()
      there()
    }
    // A kill leaves them; what the next start finds is right already.
    await host.stopAgent('SIGKILL')
    there()
    await host.startAgent()
    there()
  })

  test('stay when libvirt does not say whether guests run', async () => {
    await host.daemon.stopDaemon()
    await host.stopAgent('SIGTERM')
    assert.equal(bridges().length, 2)
    await host.daemon.startDaemon()
    await host.startAgent()
    await host.client.facts() // comes when libvirt has answered
    await host.stopAgent('SIGTERM')
    assert.equal(bridges().length, 0)
  })
})

describe('bridged networks of a host', { skip: missing ?? false }, () => {
  let host: AgentHost
  before(async () => {
    host = await AgentHost.start({ network: { bridgePrefix: 'rkt', subnet: '10.213.0.0/24', uplink: 'up0' } })
  })
  after(() => host[Symbol.asyncDispose]())

  test('lead out by the card of the configuration, which stays the host’s', async () => {
    host.inNetwork('ip', 'link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'far0')
    const run = (task: Parameters<typeof host.client.runTask>[1]['task']) =>
      host.client.runTask(randomUUID(), { jobCreatedAt: Date.now(), task }, { signal: AbortSignal.timeout(60_000) })
    const networkId = randomUUID()
    const ensure = { kind: 'network.ensure' as const, networkId, name: 'wire', mode: 'bridged' as const }
    for (const mtu of [0, 1400]) await run({ ...ensure, mtu })
    const bridge = bridgeName('rkt', networkId)
    assert.match(host.inNetwork('ip', 'link', 'show', 'dev', 'up0'), new RegExp(`mtu 1400 .*master ${bridge} `))
    await assert.rejects(run({ ...ensure, networkId: randomUUID(), mtu: 0 }), { code: 'network.uplink_taken' })
    const { found, missing } = await host.client.inventory([])
    assert.deepEqual(
      [...found, ...missing].filter(thing => thing.kind === 'tap' || thing.kind === 'bridge'),
      [],
    )
    await run({ kind: 'network.remove', networkId })
    assert.doesNotMatch(host.inNetwork('ip', 'link', 'show', 'dev', 'up0'), /master/)
  })
})
