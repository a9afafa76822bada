/**
 * What needs a guest with an operating system and a guest agent. `LIBVIRT_TEST_GUEST` names a bootable qcow2 disk whose
 * system runs qemu-ga and loads virtio drivers; it is copied, never changed.
 */
import assert from 'node:assert/strict'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Domain, EventPayloads, Libvirt } from '../src/index.ts'
import { until } from '../src/testing/until.ts'
import { missingForDaemons, TestDaemon } from './daemon.ts'
import { guestXml, HOTPLUG_DISK, SERIAL } from './guests.ts'

const image = process.env['LIBVIRT_TEST_GUEST']
const missing = image ? await missingForDaemons() : 'LIBVIRT_TEST_GUEST names no guest image'
/** Software emulation on a busy machine is slow. */
const BOOT_MS = 300_000

describe('a guest with an agent', { skip: missing ?? false }, () => {
  let daemon: TestDaemon
  let libvirt: Libvirt
  let domain: Domain
  const agents: EventPayloads['agentLifecycle'][] = []

  before(async () => {
    daemon = await TestDaemon.start()
    libvirt = await daemon.connect()
    const disk = join(daemon.directory, 'var/lib/libvirt/images/guest.qcow2')
    await copyFile(image ?? '', disk)
    const devices = [
      `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/>`,
      "<target dev='vda' bus='virtio'/></disk>",
      "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
      "<memballoon model='virtio'><stats period='1'/></memballoon>",
      SERIAL,
    ]
    await libvirt.on('agentLifecycle', event => agents.push(event))
    domain = await libvirt.domains.create(guestXml('agent', { memoryMiB: 256, devices: devices.join('') }))
    await until('the agent connects', () => agents.some(event => event.state === 'connected'), BOOT_MS)
  })
  after(async () => {
    await libvirt?.close()
    await daemon?.stop()
  })

  test('the agent connects, answers and refuses', async () => {
    assert.equal(agents.at(-1)?.domain.uuid, domain.uuid)
    const ping = () => domain.qemu.agent({ execute: 'guest-ping' }, { timeoutSeconds: 30 })
    assert.deepEqual(await ping(), {})
    const info = (await domain.qemu.agent({ execute: 'guest-info' }, { timeoutSeconds: 30 })) as { version: string }
    assert.match(info.version, /^\d+\./)
    await assert.rejects(domain.qemu.agent({ execute: 'no-such-command' }, { timeoutSeconds: 30 }))
  })

  test('the balloon moves and says so', async () => {
    const changes: number[] = []
    await domain.on('balloonChange', event => changes.push(event.actualKiB))
    await domain.setMemoryKiB(192 * 1024, { live: true })
    await until('the balloon arrives', () => changes.includes(192 * 1024), BOOT_MS)
    const [stats] = await libvirt.domains.stats({ domains: [domain], groups: ['balloon'] })
    assert.equal(stats?.params['balloon.current'], 192 * 1024)
  })

  test('the guest lets go of a disk, and only then it is gone', async () => {
    const file = join(daemon.directory, 'var/lib/libvirt/images/extra.raw')
    await writeFile(file, Buffer.alloc(1 << 20))
    const removed: string[] = []
    await domain.on('deviceRemoved', event => removed.push(event.alias))
    await domain.devices.attach(HOTPLUG_DISK(file), { live: true })
    const alias = /<alias name='(virtio-disk1)'\/>/.exec(await domain.xml())?.[1] ?? ''
    // A guest that has not noticed the device yet may ignore the request, so it is repeated, but seldom: libvirtd 9.0
    // crashes when it is asked again in the moment in which the guest lets go.
    let askedAt = 0
    await until(
      'the disk is gone',
      async () => {
        if (Date.now() - askedAt > 10_000) {
          askedAt = Date.now()
          await domain.devices.detachAlias(alias, { live: true })
        }
        return removed.includes(alias)
      },
      BOOT_MS,
    )
    assert.doesNotMatch(await domain.xml(), /extra\.raw/)
  })

  test('the agent shuts the guest down', async () => {
    const lives: string[] = []
    await domain.on('lifecycle', ({ event, detail }) => lives.push(`${event} ${detail}`))
    await domain.shutdown({ agent: true })
    await until('the guest is gone', () => lives.includes('stopped shutdown'), BOOT_MS)
  })
})
