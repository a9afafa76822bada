import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { RookeryError } from '@rookery/model'
import { ConsoleResult } from '@rookery/protocol'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { tinyForTests } from '../../lab/src/images/for-tests.ts'
import { signIn } from '../src/console/rfb.ts'
import { Heard, MiB, TestEngine } from './engine.ts'
import { AgentHost, until } from './fixture.ts'

const missing = await missingForDaemons()
const tiny = missing === null ? await tinyForTests() : { skip: missing }
const skip = 'skip' in tiny ? tiny.skip : false
const image = () => {
  if ('skip' in tiny) throw new Error(tiny.skip)
  return tiny.paths
}
const mac = '56:6f:00:00:00:0a'

describe('guests on a real host', { skip }, () => {
  let host: AgentHost
  let engine: TestEngine
  const networkId = randomUUID()

  before(async () => {
    host = await AgentHost.start()
    engine = new TestEngine(host)
    await engine.run({ kind: 'network.ensure', networkId, name: 'ovirtmgmt', mode: 'nat', mtu: 0 })
  })
  after(async () => {
    engine.stop()
    await host[Symbol.asyncDispose]()
  })

  test('a guest gets its seed and an address, is seen by its agent, shown, changed, and found again after every restart', async () => {
    const volume = await engine.volume('qcow2', 64 * MiB, image().disk)
    const iso = await engine.volume('raw', 32 * MiB, image().iso)
    const seed = {
      label: 'cidata' as const,
      files: [
        { path: 'meta-data', content: 'instance-id: i-1\nlocal-hostname: seeded\n' },
        { path: 'user-data', content: '#cloud-config\nhostname: seeded\n' },
      ],
    }
    const spec = engine.spec({ disks: [engine.disk(volume, 'qcow2')], nics: [engine.nic(networkId, mac)], seed })
    const run = { vmId: spec.vmId, runId: spec.runId }
    await engine.run({ kind: 'vm.create', spec })

    // The first visitor comes early, the second long after everything was said.
    const early = new Heard(await engine.console(run, 'serial'))
    const ready = await early.line(/ROOKERY-GUEST ready [^\r\n]*[\r\n]/)
    assert.match(ready, /host=seeded/)
    assert.match(ready, /ip=10\.213\.0\.\d+/)
    const up = await engine.reported(
      'up by its agent',
      spec.runId,
      r => r.status === 'up' && r.guest?.hostname === 'seeded',
    )
    assert.equal(up.guestAgent, true)
    const late = new Heard(await engine.console(run, 'serial'))
    await late.line(/ROOKERY-GUEST ready [^\r\n]*[\r\n]/)
    await late.line(/ROOKERY-GUEST start/)
    late.stream.write('\recho typed-$((40+2))\r')
    await Promise.all([late.line(/typed-42/), early.line(/typed-42/)])
    const withAddress = await engine.reported('with its address', spec.runId, r =>
      (r.guest?.nics ?? []).some(n => n.mac === mac && n.addresses.some(a => a.startsWith('10.213.0.'))),
    )
    assert.equal(withAddress.runId, spec.runId)

    // The card is guarded, and the rules are ours alone.
    assert.match(
      host.inNetwork('nft', 'list', 'table', 'bridge', 'rookery_rkt'),
      new RegExp(`ether saddr != ${mac} drop`),
    )
    assert.match(
      host.inNetwork('nft', 'list', 'table', 'inet', 'rookery_rkt'),
      /ip saddr 10\.213\.0\.0\/24 .*masquerade/,
    )

    const stats = await until('statistics of the run', () => {
      const line = engine.lines.findLast(l => l.type === 'stats')
      const found = line?.type === 'stats' ? line.runs.find(r => r.runId === spec.runId) : undefined
      return found !== undefined && found.cpu > 0 ? found : null
    })
    assert.ok(stats.memoryUsed > 10 * MiB && stats.rxTotal > 0)
    assert.equal(stats.disks.find(d => d.diskId !== null)?.diskId, volume.imageId)

    await test('the display opens by ticket for a stream, and by password for a native viewer, once', async () => {
      const display = new Heard(await engine.console(run, 'vnc'))
      await display.line(/RFB 003\.008/)
      display.stream.write('RFB 003.008\n')
      await until('None is offered', () => display.text.endsWith('\x01\x01'))
      display.stream.write('\x01')
      await until('the visitor is let in', () => display.text.endsWith('\0\0\0\0'))
      const before = display.text.length
      display.stream.write('\x01')
      await until('the size of the screen', () => display.text.length >= before + 24)
      display.stream.destroy()

      const listen = async (password: string) => {
        const ticket = randomBytes(24).toString('base64url')
        const how = { mode: 'listen' as const, address: '127.0.0.1', password, expiresInSeconds: 60 }
        const result = await engine.run({ kind: 'vm.console', ...run, protocol: 'vnc', ticket, ...how })
        return ConsoleResult.parse(result).port ?? 0
      }
      const port = await host.reach(await listen('s3cret!x'))
      const viewer = connect({ port, host: '127.0.0.1' })
      await signIn(viewer, 's3cret!x')
      const second = connect({ port, host: '127.0.0.1' })
      second.on('error', () => {})
      await once(second, 'close')
      viewer.destroy()
      const other = connect({ port: await host.reach(await listen('rightone')), host: '127.0.0.1' })
      await assert.rejects(signIn(other, 'wrongone'), RookeryError)
      other.destroy()
    })

    await test('a medium is put in and taken out, disks and cards are plugged and pulled, a disk grows', async () => {
      await engine.run({ kind: 'vm.cdrom', ...run, medium: iso })
      // A mounted medium locks the tray, which is no obstacle for whoever takes it out from outside.
      // The guest does not look for media by itself: its first try may still meet the empty drive.
      const mount = 'until mount -t iso9660 -o ro /dev/sr0 /m 2>/dev/null; do sleep 1; done'
      late.stream.write(`\rmkdir -p /m; ${mount}; echo mounts=$(grep -c sr0 /proc/mounts)\r`)
      await late.line(/mounts=1/)
      assert.deepEqual(engine.strays(), [])
      await engine.run({ kind: 'vm.cdrom', ...run, medium: null })
      await engine.run({ kind: 'vm.cdrom', ...run, medium: null })
      const extra = await engine.volume('qcow2', 8 * MiB)
      const { bootable: _, ...disk } = engine.disk(extra, 'qcow2', { interface: 'virtio_scsi' })
      await engine.run({ kind: 'vm.disk.plug', ...run, disk })
      await engine.run({ kind: 'vm.disk.plug', ...run, disk })
      assert.deepEqual(engine.strays(), [])
      await engine.run({ kind: 'vm.disk.unplug', ...run, diskId: disk.diskId })
      await engine.run({ kind: 'vm.disk.unplug', ...run, diskId: disk.diskId })
      const nic = engine.nic(null, '56:6f:00:00:00:0b')
      await engine.run({ kind: 'vm.nic.plug', ...run, nic })
      await engine.run({ kind: 'vm.nic.plug', ...run, nic })
      await engine.run({ kind: 'vm.nic.unplug', ...run, mac: nic.mac })
      await engine.run({ kind: 'vm.nic.unplug', ...run, mac: nic.mac })
    })

    await test('restarts of agent and libvirt, orderly or by kill, change nothing for the guest and tell nothing wrong', async () => {
      const from = engine.lines.length
      await host.stopAgent('SIGKILL')
      await host.daemon.killDaemon()
      await host.startAgent()
      await host.daemon.startDaemon()
      await until('a listing', () => engine.lines.slice(from).some(l => l.type === 'listing'))
      await engine.reported('up again', spec.runId, r => r.status === 'up' && r.guestAgent)
      await host.daemon.stopDaemon()
      await host.daemon.startDaemon()
      const replay = new Heard(await engine.console(run, 'serial'))
      await replay.line(/ROOKERY-GUEST ready/)
      replay.stream.write('\recho again-$((40+2))\r')
      await replay.line(/again-42/)
      const told = engine.lines.length
      await host.stopAgent('SIGTERM')
      assert.match(host.inNetwork('ip', '-br', 'link'), /^rkt\w+/m)
      assert.match(host.inNetwork('nft', 'list', 'table', 'bridge', 'rookery_rkt'), new RegExp(mac))
      await host.startAgent()
      await until('another listing', () => engine.lines.slice(told).some(l => l.type === 'listing'))
      await engine.reported('up once more', spec.runId, r => r.status === 'up' && r.guestAgent)
      assert.ok(!engine.lines.slice(from).some(l => l.type === 'ended'))
      assert.match(host.inNetwork('nft', 'list', 'table', 'bridge', 'rookery_rkt'), new RegExp(mac))
    })

    await test('a restart is seen: reboot_in_progress, powering_up, up', async () => {
      const from = engine.lines.length
      await engine.run({ kind: 'vm.reboot', ...run, force: false })
      await until('the restart', () => {
        const seen = engine.lines.slice(from).flatMap(l => (l.type === 'run' ? [l.run.status] : []))
        const at = (status: string, after: number) => seen.findIndex((s, i) => i > after && s === status)
        const reboot = at('reboot_in_progress', -1)
        const powering = reboot < 0 ? -1 : at('powering_up', reboot)
        return powering >= 0 && at('up', powering) >= 0
      })
    })

    await engine.run({ kind: 'vm.shutdown', ...run })
    assert.equal(await engine.ended(spec.runId), 'shutdown')
    assert.deepEqual(engine.strays(), [])
    await until('its folder is gone', () => readdirSync(join(host.folder, 'run/vm')).length === 0)
    assert.ok(!existsSync(join(host.folder, 'data/serial', `${spec.vmId}.log`)))
    await until(
      'its guard is gone',
      () => !host.inNetwork('nft', 'list', 'table', 'bridge', 'rookery_rkt').includes(mac),
    )
    await engine.run({ kind: 'network.remove', networkId })
    assert.doesNotMatch(host.inNetwork('ip', '-br', 'link'), /rkt/)
  })

  test('a q35 guest boots from its CD on virtio-scsi', async () => {
    const iso = await engine.volume('raw', 32 * MiB, image().iso)
    const spec = engine.spec({ machine: 'q35', boot: ['cdrom', 'hd'], cdrom: { medium: iso } })
    await engine.run({ kind: 'vm.create', spec })
    const line = new Heard(await engine.console(spec, 'serial'))
    assert.match(await line.line(/ROOKERY-GUEST ready [^\r\n]*[\r\n]/), /media=iso/)
    assert.deepEqual(engine.strays(), [])
    await engine.run({ kind: 'vm.destroy', vmId: spec.vmId, runId: spec.runId })
    assert.equal(await engine.ended(spec.runId), 'destroyed')
  })

  test('a guest whose kernel panics has crashed, and does not stand there as if it ran', async () => {
    const iso = await engine.volume('raw', 32 * MiB, image().iso)
    const spec = engine.spec({ machine: 'q35', boot: ['cdrom', 'hd'], cdrom: { medium: iso } })
    await engine.run({ kind: 'vm.create', spec })
    const line = new Heard(await engine.console(spec, 'serial'))
    await line.line(/ROOKERY-GUEST ready [^\r\n]*[\r\n]/)
    line.stream.write('\recho c > /proc/sysrq-trigger\r')
    assert.equal(await engine.ended(spec.runId), 'crashed')
    assert.deepEqual(engine.strays(), [])
  })

  test('a q35 guest with secure boot is saved and goes on where it was', async () => {
    const volume = await engine.volume('qcow2', 64 * MiB, image().disk)
    const memory = await engine.volume('raw', 512 * MiB)
    const spec = engine.spec({
      machine: 'q35',
      firmware: 'uefi_secure',
      maxMemory: 512 * MiB,
      cpu: { sockets: 1, cores: 2, threads: 1, model: 'Nehalem' },
      disks: [engine.disk(volume, 'qcow2', { interface: 'virtio_scsi' })],
      nics: [engine.nic(null, '56:6f:00:00:00:0c')],
    })
    await engine.run({ kind: 'vm.create', spec })
    const line = new Heard(await engine.console(spec, 'serial'))
    assert.match(await line.line(/ROOKERY-GUEST ready [^\r\n]*[\r\n]/), /cpus=2/)
    line.stream.write('\rkept=41\r')
    await engine.reported('up', spec.runId, r => r.guestAgent)
    const save = { kind: 'vm.save' as const, vmId: spec.vmId, runId: spec.runId, to: memory }
    await engine.run(save)
    await engine.run(save)
    assert.equal(await engine.ended(spec.runId), 'saved')
    assert.deepEqual(engine.strays(), [])
    const next = { ...spec, runId: randomUUID(), restoreFrom: memory }
    await engine.run({ kind: 'vm.create', spec: next })
    const again = new Heard(await engine.console(next, 'serial'))
    again.stream.write('\recho kept-$((kept+1))\r')
    await again.line(/kept-42/)
    await engine.reported('up', next.runId, r => r.status === 'up')
    assert.deepEqual(engine.strays(), [])
    await engine.run({ kind: 'vm.destroy', vmId: next.vmId, runId: next.runId })
    assert.equal(await engine.ended(next.runId), 'destroyed')
    assert.deepEqual(engine.strays(), [])
  })

  test('a create that was cut by a kill of the agent is completed by the next one, once', async () => {
    const volume = await engine.volume('qcow2', 64 * MiB, image().disk)
    const spec = engine.spec({ disks: [engine.disk(volume, 'qcow2')] })
    const id = randomUUID()
    await host.client.putTask(id, { jobCreatedAt: Date.now(), task: { kind: 'vm.create', spec } })
    await host.stopAgent('SIGKILL')
    await host.startAgent()
    const state = await until('its end', async () => {
      const now = await host.client.task(id, 5)
      return now.state === 'running' ? null : now
    })
    assert.equal(state.state, 'finished')
    await engine.reported('there', spec.runId, r => r.status === 'powering_up' || r.status === 'up')
    await engine.run({ kind: 'vm.destroy', vmId: spec.vmId, runId: spec.runId })
  })

  test("another engine's domain is neither shown nor touched, and its VM id is refused", async () => {
    const client = await host.daemon.connect()
    const vmId = randomUUID()
    try {
      const xml = (name: string) =>
        `<domain type='qemu'><name>${name}</name><uuid>${vmId}</uuid><memory unit='MiB'>16</memory><vcpu>1</vcpu>
         <os><type arch='x86_64' machine='pc'>hvm</type></os>
         <metadata><rookery:run xmlns:rookery='urn:rookery:run:1' engine='${randomUUID()}' run='${randomUUID()}'/></metadata>
         <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>`
      const foreign = await client.domains.create(xml(`rookery-${vmId}`))
      const spec = engine.spec({ vmId })
      await assert.rejects(engine.run({ kind: 'vm.create', spec }), { code: 'vm.foreign_domain' })
      await engine.run({ kind: 'vm.destroy', vmId, runId: spec.runId })
      assert.equal((await foreign.info()).state, 'running')
      assert.ok(!engine.lines.some(l => l.type === 'run' && l.run.vmId === vmId))
      await foreign.destroy()
    } finally {
      await client.close()
    }
  })
})
