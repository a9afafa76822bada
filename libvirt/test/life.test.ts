/** Every power of the client shown on real QEMU domains of a real daemon, with a second connection looking on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { type DomainRef, type EventPayloads, isLibvirtError, type Libvirt } from '../src/index.ts'
import { constants } from '../src/index.ts'
import { until } from '../src/testing/until.ts'
import { missingForDaemons, TestDaemon } from './daemon.ts'
import { reading } from './reading.ts'
import { bootSector, GREETING } from './boot-sector.ts'
import { BOOT_DISK, guestXml, HOTPLUG_DISK, SCREEN, SERIAL } from './guests.ts'

const missing = await missingForDaemons()

describe('a real domain', { skip: missing ?? false }, () => {
  let daemon: TestDaemon
  let libvirt: Libvirt
  /** A second connection that stays open the whole time and sees everything the first one does. */
  let witness: Libvirt
  const seen: EventPayloads['lifecycle'][] = []

  const happened = (name: string, event: string, detail?: string) =>
    until(`${name} ${event} ${detail ?? ''}`, () =>
      seen.some(e => e.domain.name === name && e.event === event && (detail === undefined || e.detail === detail)),
    )

  /** A domain that boots the boot sector. */
  const booting = async (name: string): Promise<string> => {
    const image = join(daemon.directory, `var/lib/libvirt/images/${name}.raw`)
    await writeFile(image, bootSector())
    return guestXml(name, { devices: `${SERIAL}${BOOT_DISK(image)}` })
  }

  before(async () => {
    daemon = await TestDaemon.start()
    libvirt = await daemon.connect()
    witness = await daemon.connect()
    await witness.on('lifecycle', event => seen.push(event))
  })
  // A test that failed must not make the next ones fail.
  afterEach(async () => {
    for (const domain of await libvirt.domains.list()) {
      if (await domain.isActive()) await domain.destroy()
      if (await domain.isPersistent().catch(() => false)) await domain.undefine({ managedSave: true })
    }
  })
  after(async () => {
    await libvirt?.close()
    await witness?.close()
    await daemon?.stop()
  })

  test('the host tells what it is and what it has', async () => {
    const { host } = libvirt
    const version = await host.version()
    assert.equal(version.type, 'QEMU')
    assert.match(version.libvirt, /^\d+\.\d+\.\d+$/)
    assert.equal(await host.hostname(), daemon.hostname)
    assert.equal(await host.uri(), 'qemu:///system')
    assert.match(await host.capabilities(), /<capabilities>[\s\S]*<cpu>/)
    assert.match(await host.domainCapabilities({ arch: 'x86_64', virtType: 'qemu' }), /<domainCapabilities>/)
    const info = await host.info()
    assert.ok(info.cpus > 0 && info.memoryKiB > 0 && info.model === 'x86_64')
    const memory = await host.memory()
    assert.ok(Number(memory['total']) > Number(memory['free']))
    assert.ok(Number((await host.cpuTime())['idle']) > 0)
    assert.ok((await host.freeMemoryBytes()) > 0)
    assert.ok((await host.cpuModels('x86_64')).includes('qemu64'))
  })

  test('CPUs are compared and their common part is found', async () => {
    const { host } = libvirt
    const capabilities = await host.capabilities()
    const cpu = /<cpu>[\s\S]*?<\/cpu>/.exec(capabilities)?.[0] ?? ''
    assert.match(await host.cpuBaseline([cpu, cpu]), /<model/)
    assert.ok(['identical', 'superset'].includes(await host.compareCpu(cpu)))
    const qemu = { arch: 'x86_64', virtType: 'qemu' }
    const domainCapabilities = await host.domainCapabilities(qemu)
    const model = /<mode name='host-model' supported='yes'>([\s\S]*?)<\/mode>/.exec(domainCapabilities)?.[1]
    const hostModel = `<cpu>${model}</cpu>`
    const westmere = "<cpu mode='custom' match='exact'><model>Westmere</model></cpu>"
    assert.match(await host.hypervisorCpuBaseline([hostModel, hostModel], qemu, { migratable: true }), /<model/)
    assert.ok((await host.compareHypervisorCpu(westmere, qemu)) !== 'unknown')
  })

  test('a domain is defined, started, paused, resumed, reset, destroyed and undefined', async () => {
    const domain = await libvirt.domains.define(guestXml('life'), { validate: true })
    assert.deepEqual([domain.id, (await domain.state()).state], [null, 'shutoff'])
    assert.match(await domain.xml({ inactive: true }), /<name>life<\/name>/)
    const running = await domain.start()
    assert.ok(running.id)
    assert.deepEqual(pick(await domain.state()), ['running', 'booted'])
    assert.ok(await domain.isActive())
    assert.ok(await domain.isPersistent())
    // The other connection sees the same domain by every name it has.
    const { domains } = witness
    const found = [await domains.byName('life'), await domains.byUuid(domain.uuid), await domains.byId(running.id)]
    for (const other of found) assert.deepEqual(refOf(other), { name: 'life', uuid: domain.uuid, id: running.id })

    await domain.suspend()
    assert.deepEqual(pick(await witness.domains.of(domain).state()), ['paused', 'user'])
    await domain.resume()
    await domain.reset()
    assert.deepEqual(pick(await domain.state()), ['running', 'unpaused'])
    const info = await domain.info()
    assert.deepEqual([info.maxMemoryKiB, info.vcpus], [32 * 1024, 1])
    // A BIOS without a system does not react, but the request is taken.
    await domain.shutdown({ acpi: true })
    await domain.reboot({ acpi: true })
    await domain.destroy()
    assert.deepEqual(pick(await domain.state()), ['shutoff', 'destroyed'])
    await domain.undefine()
    await happened('life', 'undefined')
    const order = seen.filter(e => e.domain.name === 'life').map(e => `${e.event} ${e.detail}`)
    for (const each of [
      'defined added',
      'started booted',
      'suspended paused',
      'resumed unpaused',
      'stopped destroyed',
    ]) {
      assert.ok(order.includes(each), `${each} in ${order.join(', ')}`)
    }
    await assert.rejects(libvirt.domains.byName('life'), error => isLibvirtError(error, constants.VIR_ERR_NO_DOMAIN))
  })

  test('a transient domain lives as long as it runs', async () => {
    const domain = await libvirt.domains.create(guestXml('fleeting'), { paused: true })
    assert.equal((await domain.state()).state, 'paused')
    assert.ok(!(await domain.isPersistent()))
    await domain.destroy()
    assert.deepEqual(
      (await libvirt.domains.list()).map(other => other.name),
      [],
    )
  })

  test('a domain is saved with its memory and comes back', async () => {
    const domain = await libvirt.domains.define(guestXml('saved'))
    await domain.start()
    await domain.managedSave()
    assert.ok(await domain.hasManagedSave())
    await happened('saved', 'stopped', 'saved')
    assert.deepEqual(
      (await libvirt.domains.list({ managedSave: true })).map(other => other.name),
      ['saved'],
    )
    await domain.start()
    await happened('saved', 'started', 'restored')
    assert.ok(!(await domain.hasManagedSave()))
    const file = join(daemon.directory, 'memory.save')
    await domain.save(file)
    await libvirt.domains.restore(file)
    assert.deepEqual(pick(await domain.state()), ['running', 'restored'])
    await domain.managedSave()
    await domain.removeManagedSave()
    await domain.undefine()
  })

  test('a guest greets, echoes, reboots and powers off on its own, and each is an event', async () => {
    const reboots: DomainRef[] = []
    const domain = await libvirt.domains.define(await booting('lively'))
    await witness.domains.of(domain).on('reboot', ({ domain: who }) => reboots.push(who))
    await domain.start({ paused: true })
    const console = await domain.display.openConsole()
    const read = reading(console)
    await domain.resume()
    await until('it greets', () => read.text().includes(GREETING))
    console.write('hello')
    await until('it echoes', () => read.text().includes('hello'))
    console.write('r')
    await until('it reboots', () => reboots.length === 1)
    assert.equal(reboots[0]?.uuid, domain.uuid)
    await until('it greets again', () => read.text().split(GREETING).length === 3)
    console.write('q')
    await happened('lively', 'stopped', 'shutdown')
    assert.equal(await read.ended, null)
    await domain.undefine()
  })

  test('a guest that knows the power button shuts down and reboots when asked to', async () => {
    const domain = await libvirt.domains.define(await booting('polite'))
    const reboots: string[] = []
    await domain.on('reboot', () => reboots.push('reboot'))
    await domain.start({ paused: true })
    const console = await domain.display.openConsole()
    const read = reading(console)
    await domain.resume()
    await until('it greets', () => read.text().includes(GREETING))
    await domain.reboot({ acpi: true })
    await until('it greets again', () => read.text().split(GREETING).length === 3)
    assert.ok(reboots.length > 0)
    await domain.shutdown({ acpi: true })
    await happened('polite', 'stopped', 'shutdown')
    assert.equal(await read.ended, null)
    assert.deepEqual(pick(await domain.state()), ['shutoff', 'shutdown'])
    await domain.undefine()
  })

  test('a QEMU that dies is an event', async () => {
    const domain = await libvirt.domains.create(guestXml('mortal'))
    // QEMU may be gone before it has answered; both are fine.
    await domain.qemu.monitor({ execute: 'quit' }).catch(() => null)
    await happened('mortal', 'stopped')
  })

  test('statistics of all domains come in one call', async () => {
    const names = ['many1', 'many2', 'many3']
    const domains = await Promise.all(names.map(name => libvirt.domains.create(guestXml(name, { memoryMiB: 16 }))))
    const idle = await libvirt.domains.define(guestXml('idle'))
    const stats = await witness.domains.stats({ groups: ['state', 'cpu', 'balloon', 'vcpu'] })
    assert.deepEqual(stats.map(entry => entry.domain.name).sort(), ['idle', ...names])
    const running = stats.find(entry => entry.domain.name === 'many2')
    assert.equal(running?.params['state.state'], constants.VIR_DOMAIN_RUNNING)
    assert.equal(running?.params['balloon.maximum'], 16 * 1024)
    assert.ok(Number(running?.params['cpu.time']) > 0)
    const some = await witness.domains.stats({ active: true, groups: ['state'] })
    assert.equal(some.length, 3)
    const one = await witness.domains.stats({ domains: [domains[0] ?? idle] })
    assert.deepEqual(
      one.map(entry => entry.domain.name),
      ['many1'],
    )
    for (const domain of domains) await domain.destroy()
    await idle.undefine()
  })

  test('disks, CD-ROM media, memory and metadata of a running domain change', async () => {
    const image = join(daemon.directory, 'var/lib/libvirt/images/disk.raw')
    await writeFile(image, Buffer.alloc(1 << 20))
    const cdrom = (file: string): string =>
      `<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>${file}<target dev='hdc' bus='ide'/><readonly/></disk>`
    const domain = await libvirt.domains.define(guestXml('plugged', { devices: cdrom('') }))
    await domain.start()
    const removed: string[] = []
    const added: string[] = []
    await domain.on('deviceRemoved', event => removed.push(event.alias))
    await domain.on('deviceAdded', event => added.push(event.alias))

    await domain.devices.attach(HOTPLUG_DISK(image), { live: true, config: true })
    assert.match(await witness.domains.of(domain).xml(), /disk\.raw/)
    assert.equal((await domain.devices.diskInfo('vdb')).capacity, 1 << 20)
    await domain.devices.resizeDisk('vdb', 2 << 20)
    assert.equal((await domain.devices.diskInfo('vdb')).capacity, 2 << 20)
    // A guest without a system never lets go of a PCI device by itself; QEMU does when the guest is reset.
    const alias = /<alias name='(virtio-disk\d+)'\/>/.exec(await domain.xml())?.[1] ?? ''
    await domain.devices.detachAlias(alias, { live: true })
    await domain.reset()
    await until('the disk is gone', () => removed.includes(alias))
    assert.doesNotMatch(await domain.xml(), /disk\.raw/)
    assert.match(await domain.xml({ inactive: true }), /disk\.raw/)
    await domain.devices.detach(HOTPLUG_DISK(image), { config: true })
    assert.doesNotMatch(await domain.xml({ inactive: true }), /disk\.raw/)

    // The firmware, which the reset started anew, closes the tray when it looks for something to boot.
    // Now and then it has opened it and looks no more: then it is started anew.
    const media = (source: string) => {
      let started = Date.now()
      return until('the firmware leaves the tray alone', () =>
        domain.devices.update(cdrom(source), { live: true }).then(
          () => true,
          async (error: Error) => {
            if (!/[Tt]ray of/.test(error.message)) throw error
            if (Date.now() - started > 10_000) {
              started = Date.now()
              await domain.reset()
            }
            return false
          },
        ),
      )
    }
    await media(`<source file='${image}'/>`)
    assert.match(await domain.xml(), /disk\.raw/)
    await media('')

    const element = { uri: 'https://example.org/test', prefix: 't' }
    await domain.setMetadata({ ...element, xml: '<run id="7"/>' }, { live: true, config: true })
    assert.match(await domain.metadata(element.uri), /id="7"/)
    await domain.setMetadata({ ...element, xml: null }, { live: true, config: true })
    await assert.rejects(domain.metadata(element.uri), error =>
      isLibvirtError(error, constants.VIR_ERR_NO_DOMAIN_METADATA),
    )
    await domain.setAutostart(true)
    assert.ok(await domain.autostart())
    await domain.setVcpus(1, { config: true })
    await domain.destroy()
    await domain.undefine()
  })

  test('a balloon target is taken, also when no driver in the guest moves the balloon', async () => {
    const devices = "<memballoon model='virtio'/>"
    const domain = await libvirt.domains.create(guestXml('balloon', { memoryMiB: 64, devices }))
    await domain.setMemoryKiB(32 * 1024, { live: true })
    const stats = await libvirt.domains.stats({ groups: ['balloon'], domains: [domain] })
    assert.equal(stats[0]?.params['balloon.maximum'], 64 * 1024)
    await domain.destroy()
  })

  test('the screen is seen', async () => {
    const domain = await libvirt.domains.create(guestXml('seen', { devices: SCREEN }))
    const { mime } = await domain.display.screenshot()
    assert.equal(mime, 'image/png')
    // The first pictures may still be empty.
    const data = await until('the BIOS shows something', async () => {
      const picture = await domain.display.screenshot()
      return picture.data.length > 500 && picture.data
    })
    assert.equal(data.subarray(1, 4).toString(), 'PNG')
    await assert.rejects(domain.display.screenshot(9), error => isLibvirtError(error))
    await domain.destroy()
  })

  test('a console has one reader, unless another one throws him out', async () => {
    const domain = await libvirt.domains.create(guestXml('contended', { devices: SERIAL }))
    const first = await domain.display.openConsole()
    await assert.rejects(domain.display.openConsole(), error =>
      isLibvirtError(error, constants.VIR_ERR_OPERATION_FAILED),
    )
    const thrownOut = reading(first).ended
    const second = await domain.display.openConsole({ force: true })
    assert.ok(isLibvirtError(await thrownOut))
    second.end()
    assert.equal(await reading(second).ended, null)
    const third = await domain.display.openConsole()
    const ended = reading(third).ended
    await domain.destroy()
    assert.equal(await ended, null)
  })

  test('channels open, and an agent that is not there is reported', async () => {
    const devices =
      "<channel type='unix'><target type='virtio' name='org.example.0'/></channel>" +
      "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    const domain = await libvirt.domains.create(guestXml('channelled', { devices }))
    const channel = await domain.display.openChannel('org.example.0')
    channel.destroy()
    await once(channel, 'close')
    const unheard = domain.qemu.agent({ execute: 'guest-ping' }, { timeoutSeconds: 1 })
    await assert.rejects(unheard, error => isLibvirtError(error, constants.VIR_ERR_AGENT_UNRESPONSIVE))
    await domain.destroy()
  })

  test('QEMU itself answers its monitor, in JSON and in prose', async () => {
    const domain = await libvirt.domains.create(guestXml('asked'))
    const events: string[] = []
    const subscription = await witness.on('qemuMonitor', ({ event }) => events.push(event))
    const status = (await domain.qemu.monitor({ execute: 'query-status' })) as { status: string }
    assert.equal(status.status, 'running')
    assert.match(await domain.qemu.humanMonitor('info version'), /^\d+\.\d+/)
    await assert.rejects(domain.qemu.monitor({ execute: 'no-such-command' }), /CommandNotFound/)
    await domain.suspend()
    await until('QEMU says STOP', () => events.includes('STOP'))
    await subscription.close()
    await domain.destroy()
  })

  test('secrets are kept and given back', async () => {
    const changes: string[] = []
    await witness.on('secretLifecycle', event => changes.push(event.event))
    const secret = await libvirt.secrets.define(
      "<secret ephemeral='no' private='no'><usage type='iscsi'><target>tgt1</target></usage></secret>",
    )
    await assert.rejects(secret.value(), error => isLibvirtError(error, constants.VIR_ERR_NO_SECRET))
    await secret.setValue(Buffer.from('s3cret\0with a nul'))
    assert.equal((await secret.value()).toString(), 's3cret\0with a nul')
    assert.equal((await witness.secrets.byUsage('iscsi', 'tgt1')).uuid, secret.uuid)
    assert.equal((await witness.secrets.byUuid(secret.uuid)).usage, 'iscsi')
    assert.match(await secret.xml(), /tgt1/)
    assert.deepEqual(
      (await witness.secrets.list()).map(each => each.usageId),
      ['tgt1'],
    )
    await secret.undefine()
    await until('both changes are heard', () => changes.length === 2)
    assert.deepEqual(changes, ['defined', 'undefined'])
  })

  test('many calls at once share one connection', async () => {
    const domain = await libvirt.domains.create(guestXml('busy'))
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => (i % 2 ? (await domain.state()).state : libvirt.host.hostname())),
    )
    assert.deepEqual(new Set(answers), new Set(['running', daemon.hostname]))
    await domain.destroy()
  })

  test('an aborted call leaves the connection usable', async () => {
    const abort = AbortSignal.timeout(1)
    const domain = await libvirt.domains.create(guestXml('patience'))
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => domain.xml({}, { signal: abort })))
    assert.ok(outcomes.some(outcome => outcome.status === 'rejected'))
    assert.equal((await domain.state()).state, 'running')
    await domain.destroy()
  })

  test('a read-only connection may look and not touch', async () => {
    await using viewer = await daemon.connect({ readOnly: true })
    const domain = await libvirt.domains.define(guestXml('museum'))
    assert.equal((await viewer.domains.byName('museum')).uuid, domain.uuid)
    await assert.rejects(viewer.domains.of(domain).start(), error =>
      isLibvirtError(error, constants.VIR_ERR_OPERATION_DENIED),
    )
    await domain.undefine()
  })
})

function pick({ state, reason }: { state: string; reason: string }): [string, string] {
  return [state, reason]
}

function refOf({ name, uuid, id }: DomainRef): DomainRef {
  return { name, uuid, id }
}
