import assert from 'node:assert/strict'
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { HostThing, Task } from '@rookery/protocol'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { bridgeName } from '../src/network/networks.ts'
import { AgentHost, until } from './fixture.ts'

const missing = await missingForDaemons()

/** Things that belong to nothing, planted on a real host one by one: each is found, and nothing else. */
describe('what a host finds beside what it should have', { skip: missing ?? false }, () => {
  let host: AgentHost
  const [network, storageDomainId, imageId] = [randomUUID(), randomUUID(), randomUUID()]
  const bridge = bridgeName('rkt', network)
  let storage = ''
  const run = (task: Task) => host.client.runTask(randomUUID(), { jobCreatedAt: Date.now(), task })
  const look = async () => {
    const { found, missing } = await host.client.inventory([storageDomainId])
    const words = (things: HostThing[], what: string) => things.map(t => `${t.kind}.${what} ${t.name}`)
    return [...words(found, 'found'), ...words(missing, 'missing')]
  }
  const clean = () => until('nothing to be found', async () => (await look()).length === 0)
  const ends = async (pid: number) => {
    process.kill(pid, 'SIGKILL')
    await until(`process ${pid} to end`, () => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === ''
      } catch {
        return true
      }
    })
  }
  const restart = async () => {
    await host.stopAgent('SIGKILL')
    await host.startAgent()
  }
  const dhcpPid = () => Number(readFileSync(join(host.folder, `data/network/${bridge}.pid`), 'utf8'))

  before(async () => {
    host = await AgentHost.start()
    storage = join(host.folder, 'storage')
    mkdirSync(storage)
    await run({ kind: 'network.ensure', networkId: network, name: 'ovirtmgmt', mode: 'nat', mtu: 0 })
    const at = { storageDomainId, connection: { type: 'localfs' as const, path: storage } }
    await run({ kind: 'storage.create', ...at, type: 'data', name: 'data' })
    await run({ kind: 'storage.connect', ...at })
    const spm = { poolId: randomUUID(), epoch: 1 }
    await run({ kind: 'storage.attach', storageDomainId, spm, poolName: 'p', role: 'Master', poolDomains: [] })
    const volume = { storageDomainId, imageId, volumeId: randomUUID() }
    const about = {
      diskId: imageId,
      alias: 'x',
      description: '',
      capacity: 4096,
      sparse: true,
      purpose: 'data',
    } as const
    await run({ kind: 'volume.create', volume, spm, format: 'raw', ...about })
    await clean()
  })
  const children: ChildProcess[] = []
  /** A process that is ended at the end, also when a test in between has failed. */
  const started = (...words: [string, string[], SpawnOptions]) => {
    const child = spawn(...words)
    children.push(child)
    return child
  }
  after(() => {
    for (const child of children) child.kill('SIGKILL')
    return host?.[Symbol.asyncDispose]()
  })

  /** Plants, expects exactly this to be found, takes it away (or has a restart of the agent do so). */
  const planted = (expected: RegExp, plant: () => unknown, remove: () => unknown) =>
    test(`finds ${expected.source.split(' ')[0]}`, async () => {
      await plant()
      const found = await until('it to be found', async () => {
        const all = await look()
        return all.some(each => expected.test(each)) ? all : null
      })
      assert.deepEqual(
        found.filter(each => !expected.test(each)),
        [],
      )
      await remove()
      await clean()
    })

  const ip = (...words: string[]) => host.inNetwork('ip', ...words)
  planted(
    /tap\.found t0123456789ab in rkt/,
    () => {
      ip('tuntap', 'add', 'dev', 't0123456789ab', 'mode', 'tap')
      ip('link', 'set', 'dev', 't0123456789ab', 'master', bridge)
    },
    () => ip('link', 'delete', 'dev', 't0123456789ab'),
  )
  planted(
    /bridge\.found rktplanted/,
    () => ip('link', 'add', 'name', 'rktplanted', 'type', 'bridge'),
    () => ip('link', 'delete', 'dev', 'rktplanted'),
  )
  planted(/dhcp_server\.missing rkt/, () => ends(dhcpPid()), restart)
  planted(
    /firewall_table\.missing rookery_rkt/,
    () => host.inNetwork('nft', 'delete', 'table', 'inet', 'rookery_rkt'),
    restart,
  )
  planted(/(bridge|dhcp_server)\.missing rkt/, () => ip('link', 'delete', 'dev', bridge), restart)
  planted(
    /dhcp_server\.found process \d+ for rktgone/,
    () =>
      host.inNetwork(
        'dnsmasq',
        '--conf-file=/dev/null',
        '--port=0',
        '--user=nobody',
        `--pid-file=${join(host.folder, 'data/network/rktgone.pid')}`,
      ),
    restart,
  )
  planted(/guest_folder\.found /, () => mkdirSync(join(host.folder, 'run/vm', 'a'.repeat(32))), restart)
  planted(/serial_log\.found /, () => writeFileSync(join(host.folder, `data/serial/${randomUUID()}.log`), ''), restart)
  planted(/temporary_file\.found /, () => writeFileSync(join(host.folder, 'data/storage/x.new'), ''), restart)
  planted(
    /image_server_folder\.found /,
    () => mkdirSync(join(host.folder, 'run/nbd/0123-1'), { recursive: true }),
    restart,
  )
  let servers: ChildProcess[] = []
  planted(
    /image_server(_folder)?\.found /,
    () => {
      const ours = join(host.folder, 'run/nbd/0456-1')
      mkdirSync(ours, { recursive: true })
      // One of ours that nobody knows, and one of somebody else on this machine, which is none of our business.
      servers = [ours, storage].map(folder =>
        started('/bin/sh', ['-c', 'read word', '--socket=/proc/self/fd/4/s'], {
          argv0: 'qemu-nbd',
          stdio: ['pipe', 'ignore', 'ignore', 'ignore', openSync(folder, 'r')],
        }),
      )
    },
    async () => {
      const words = (await look()).filter(each => each.startsWith('image_server.found'))
      assert.deepEqual(words, [`image_server.found process ${servers[0]?.pid}`])
      for (const server of servers) await ends(server.pid as number)
      await restart()
    },
  )
  const images = () => join(storage, storageDomainId, 'images')
  const reconnect = () =>
    run({ kind: 'storage.connect', storageDomainId, connection: { type: 'localfs', path: storage } })
  planted(/removed_image\.found /, () => mkdirSync(join(images(), `_remove_me_${randomUUID()}`)), reconnect)
  const half = randomUUID()
  planted(
    /half_volume\.found /,
    () => {
      mkdirSync(join(images(), half))
      writeFileSync(join(images(), half, randomUUID()), '')
    },
    reconnect,
  )
  planted(
    /temporary_file\.found .*\.meta\.new/,
    () => writeFileSync(join(images(), imageId, `${randomUUID()}.meta.new`), ''),
    reconnect,
  )
  planted(
    /half_domain\.found /,
    () => mkdirSync(join(storage, `.rookery-new-${randomUUID()}`)),
    () => host.inNetwork('find', storage, '-maxdepth', '1', '-name', '.rookery-new-*', '-delete'),
  )
  let qemu = 0
  planted(
    /guest_process\.found process \d+/,
    () => {
      const socket = join(host.folder, 'run/vm/x')
      mkdirSync(socket)
      const words = ['-machine', 'none', '-S', '-display', 'none', '-monitor', 'none', '-uuid', randomUUID()]
      const child = started('qemu-system-x86_64', [...words, '-serial', `unix:${socket}/tty,server=on,wait=off`], {
        stdio: 'ignore',
      })
      qemu = child.pid ?? 0
    },
    async () => {
      await ends(qemu)
    },
  )
})
