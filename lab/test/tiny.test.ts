import assert from 'node:assert/strict'
import { access, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Machine, type MachineOptions } from '../src/guest/machine.ts'
import { makeSeed } from '../src/guest/seed.ts'
import { tinyForTests } from '../src/images/for-tests.ts'
import type { TinyImage } from '../src/images/tiny.ts'
import { run } from '../src/images/run.ts'

const found = await tinyForTests()
const skip = 'skip' in found ? found.skip : false
const firmware = '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd'
const variables = '/usr/share/OVMF/OVMF_VARS_4M.ms.fd'

const card = ['-netdev', 'user,id=net0', '-device', 'virtio-net-pci,netdev=net0,mac=52:54:00:aa:00:01']
const blank = (id: string, file: string): string[] => ['-drive', `if=none,id=${id},format=qcow2,file=${file}`]
const virtioDisk = (file: string): string[] => [...blank('disk', file), '-device', 'virtio-blk-pci,drive=disk']
const cd = (file: string): string[] => ['-drive', `if=none,id=cd,media=cdrom,format=raw,readonly=on,file=${file}`]

// One disk goes through the tests in order, from machine to machine, as a guest's disk does.
describe('the tiny guest', { skip }, () => {
  let folder = ''
  let disk = ''
  const image = (): TinyImage => {
    if ('skip' in found) throw new Error(found.skip)
    return found
  }
  const start = async (t: { after: (f: () => Promise<void>) => void }, o: MachineOptions): Promise<Machine> => {
    const machine = await Machine.start(o)
    t.after(() => machine[Symbol.asyncDispose]())
    return machine
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rookery-tiny.'))
    disk = join(folder, 'disk.qcow2')
    await copyFile(image().paths.disk, disk)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('boots from a virtio disk, gets an address, shows itself on the screen, answers the agent, takes new devices and obeys the power button', async t => {
    const guest = await start(t, { args: [...virtioDisk(disk), ...card, '-vga', 'std'] })
    const ready = await guest.marker('ready')
    assert.equal(ready.ip, '10.0.2.15')
    assert.equal(ready.mac, '52:54:00:aa:00:01')
    assert.deepEqual([ready.host, ready.seed, ready.instance], ['tiny', 'none', 'none'])
    assert.deepEqual([ready.boots, ready.media, ready.cpus], ['1', 'disk', '1'])
    assert.ok(Number(ready.mem) > 200_000, 'memory is in KiB')
    await guest.marker('agent')
    const agent = await guest.agent()
    assert.deepEqual(await agent.call('guest-ping'), {})
    assert.deepEqual(await agent.call('guest-get-host-name'), { 'host-name': 'tiny' })

    const picture = join(folder, 'screen.ppm')
    await guest.qmp.execute('screendump', { filename: picture })
    assert.ok(litPixels(await readFile(picture)) > 500, 'the screen is not black')

    await guest.qmp.execute('netdev_add', { type: 'user', id: 'net1' })
    await guest.qmp.execute('device_add', {
      driver: 'virtio-net-pci',
      netdev: 'net1',
      id: 'card1',
      mac: '52:54:00:aa:00:02',
    })
    assert.equal((await guest.marker('card eth1')).mac, '52:54:00:aa:00:02')
    await guest.qmp.execute('device_del', { id: 'card1' })
    await guest.marker('removed card eth1')
    await guest.qmp.execute('blockdev-add', {
      driver: 'null-co',
      'node-name': 'extra',
      size: 32 << 20,
      'read-zeroes': true,
    })
    await guest.qmp.execute('device_add', { driver: 'virtio-blk-pci', drive: 'extra', id: 'extra-disk' })
    assert.equal((await guest.marker('added disk vdb')).bytes, String(32 << 20))

    await guest.qmp.execute('system_powerdown')
    assert.equal((await guest.marker('shutdown')).by, 'button')
    await guest.exited()
  })

  const script = '#!/bin/sh\necho "hello from $(hostname)"\necho again >&2\nexit 3\n'

  test('runs the script of a NoCloud seed once, from SCSI disk and CD on q35, reboots from its shell and obeys the agent', async t => {
    const seed = join(folder, 'seed.iso')
    await makeSeed(seed, {
      kind: 'nocloud',
      instance: 'i-one',
      host: 'web-1',
      userData: script,
      keys: ['ssh-ed25519 AAAA me'],
    })
    const scsi = ['-device', 'virtio-scsi-pci', ...blank('disk', disk), '-device', 'scsi-hd,drive=disk', ...cd(seed)]
    const guest = await start(t, { machine: 'q35', args: [...scsi, '-device', 'scsi-cd,drive=cd', ...card] })
    await guest.expect(/ROOKERY-GUEST key ssh-ed25519 me\r/)
    const ready = await guest.marker('ready')
    assert.deepEqual([ready.host, ready.seed, ready.instance, ready.boots], ['web-1', 'nocloud', 'i-one', '2'])
    await guest.expect(/ROOKERY-GUEST userdata hello from web-1\r/)
    await guest.expect(/ROOKERY-GUEST userdata again\r/)
    assert.equal((await guest.marker('userdata-end')).exit, '3')
    guest.type('reboot')
    assert.equal((await guest.marker('reboot')).by, 'shell')
    const again = await guest.marker('ready')
    assert.deepEqual([again.host, again.instance, again.boots], ['web-1', 'i-one', '3'])
    assert.equal((await guest.marker('userdata-skipped')).instance, 'i-one')
    const agent = await guest.agent()
    await agent.call('guest-shutdown', { mode: 'powerdown' }, { silent: true })
    assert.equal((await guest.marker('shutdown')).by, 'agent')
    await guest.exited()
  })

  test('finds its disk and its seed CD by IDE, on a machine without a card', async t => {
    const ide = [...blank('disk', disk), '-device', 'ide-hd,drive=disk', ...cd(join(folder, 'seed.iso'))]
    const guest = await start(t, { args: [...ide, '-device', 'ide-cd,drive=cd'] })
    const ready = await guest.marker('ready')
    assert.deepEqual([ready.host, ready.seed, ready.instance, ready.boots], ['web-1', 'nocloud', 'i-one', '4'])
    assert.deepEqual([ready.ip, ready.mac], ['none', 'none'])
  })

  test('runs the commands of a cloud-config on a config drive that is a FAT disk, for a new instance', async t => {
    const seed = join(folder, 'config.fat')
    const userData = [
      '#cloud-config',
      'hostname: web-2',
      'users:',
      '  - name: ada',
      '    ssh_authorized_keys:',
      '      - ssh-ed25519 BBBB ada',
      'runcmd:',
      '  - echo plain $((1 + 1))',
      '  - [ echo, "two  words" ]',
      "  - 'echo ''folded",
      "    line'''",
      '',
    ].join('\n')
    await makeSeed(seed, {
      kind: 'config-drive',
      format: 'fat',
      instance: 'i-two',
      host: 'other',
      userData,
      keys: ['ssh-rsa CCCC eve'],
    })
    const config = [
      '-drive',
      `if=none,id=config,format=raw,readonly=on,file=${seed}`,
      '-device',
      'virtio-blk-pci,drive=config',
    ]
    const guest = await start(t, {
      machine: 'q35',
      args: [...virtioDisk(disk), ...config, ...card],
      cpus: '1,maxcpus=2',
    })
    await guest.expect(/ROOKERY-GUEST key ssh-rsa eve\r/)
    await guest.expect(/ROOKERY-GUEST key ssh-ed25519 ada\r/)
    const ready = await guest.marker('ready')
    assert.deepEqual([ready.host, ready.seed, ready.instance, ready.boots], ['web-2', 'config-drive', 'i-two', '5'])
    await guest.expect(/ROOKERY-GUEST userdata plain 2\r/)
    await guest.expect(/ROOKERY-GUEST userdata two {2}words\r/)
    await guest.expect(/ROOKERY-GUEST userdata folded line\r/)
    assert.equal((await guest.marker('userdata-end')).exit, '0')
    await guest.qmp.execute('device_add', {
      ...{ driver: 'qemu64-x86_64-cpu', id: 'cpu1' },
      ...{ 'socket-id': 0, 'core-id': 1, 'thread-id': 0 },
    })
    assert.equal((await guest.marker('added cpu')).cpus, '2')
  })

  test('boots from the CD and leaves the disk beside it alone', async t => {
    const sum = async (): Promise<string> => await run('sha256sum', [disk])
    const before = await sum()
    const args = [...cd(image().paths.iso), '-device', 'ide-cd,drive=cd,bootindex=1', ...virtioDisk(disk), ...card]
    const guest = await start(t, { args })
    const ready = await guest.marker('ready')
    assert.deepEqual([ready.media, ready.boots, ready.host, ready.ip], ['iso', '0', 'tiny', '10.0.2.15'])
    await guest.qmp.execute('system_powerdown')
    await guest.exited()
    assert.equal(await sum(), before)
  })

  test('boots from disk by UEFI with secure boot, and keeps its name without a seed', async t => {
    try {
      await Promise.all([access(firmware), access(variables)])
    } catch {
      return t.skip('needs the Debian package ovmf')
    }
    const nvram = join(folder, 'nvram.fd')
    await copyFile(variables, nvram)
    const guest = await start(t, {
      machine: 'q35',
      // With 256 MiB, GRUB resets the machine before it has loaded the kernel.
      memory: 512,
      args: [
        ...['-machine', 'smm=on', '-global', 'driver=cfi.pflash01,property=secure,value=on'],
        ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${firmware}`],
        ...['-drive', `if=pflash,format=raw,unit=1,file=${nvram}`, ...virtioDisk(disk), ...card],
      ],
    })
    const ready = await guest.marker('ready')
    assert.deepEqual([ready.host, ready.seed, ready.boots], ['web-2', 'none', '6'])
  })
})

/** How many pixels of a PPM picture are not black. */
function litPixels(ppm: Buffer): number {
  const header = /^P6\s+\d+\s+\d+\s+\d+\s/.exec(ppm.toString('latin1', 0, 40))
  assert.ok(header, 'a PPM picture')
  let lit = 0
  for (let at = header[0].length; at + 2 < ppm.length; at += 3) {
    if (ppm.readUIntBE(at, 3) !== 0) lit++
  }
  return lit
}
