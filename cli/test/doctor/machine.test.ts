import assert from 'node:assert/strict'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { account, isRoot } from '../../src/system/account.ts'
import type { Found } from '../../src/doctor/examine.ts'
import { reportText } from '../../src/doctor/report.ts'
import { type Report, settle, World } from './world.ts'

const skip = isRoot() ? false : 'needs root for namespaces of its own'

const plainCpu = `processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: QEMU Virtual CPU version 2.5+\nflags\t\t: fpu de pse msr pae cx8 hypervisor lahf_lm\n`
const little =
  'MemTotal:        4028440 kB\nMemFree:          120000 kB\nMemAvailable:     250000 kB\nSwapFree:              0 kB\n'
const enough =
  'MemTotal:        4028440 kB\nMemFree:         2000000 kB\nMemAvailable:    3000000 kB\nSwapFree:              0 kB\n'

// One machine on which much is wrong at once, looked at twice: as it is, and after the cures that were printed have been run.
describe('the doctor on a machine where much is wrong', { skip, timeout: 120_000 }, () => {
  let world: World
  let first: Report & { code: number | null }
  const one = (code: string, from: Report = first): Found =>
    from.findings.find(f => f.code === code) ??
    assert.fail(`${code} is not among ${from.findings.map(f => f.code).join(' ')}`)

  before(async () => {
    world = await World.make('nested')
    await world.run(`mount -t tmpfs -o size=64k,mode=711 tmpfs '${world.dataDir}'`)
    await world.run(
      `cat > '${world.dataDir}/instance.json' <<'E'\n${JSON.stringify(await settle(world.folder, { port: 18_443 }))}\nE`,
    )
    await world.run(`mkdir -p '${world.dataDir}/storage/data' && chmod 700 '${world.dataDir}/storage'`)
    await world.cover('/proc/cpuinfo', plainCpu)
    await world.cover('/proc/meminfo', little)
    await world.cover('/etc/hosts', '127.0.0.1 localhost\n127.0.0.1 nested ovirt.abc.local\n')
    // Whatever control groups there are, nobody may write to them here.
    await world.run(
      `grep -o '/sys/fs/cgroup[^ ]*' /proc/self/mountinfo | sort -r | uniq | while read -r at; do umount --lazy "$at"; done`,
    )
    await mkdir(join(world.folder, '.ssh'), { mode: 0o700 })
    await writeFile(join(world.folder, '.ssh/authorized.keys'), 'sh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB engine@ovirt\n', {
      mode: 0o644,
    })
    await world.start([
      process.execPath,
      '-e',
      "process.title='occupier'; require('net').createServer().listen(18443, '127.0.0.1', () => console.log('listens'))",
    ])
    first = await world.doctor()
  })
  after(() => world?.close())

  test('it says by its exit code and in both languages that something blocks', () => {
    assert.equal(first.code, 1)
    assert.equal(first.blocks, true)
    assert.match(first.summary.en, /keep Rookery from working/)
    assert.match(first.summary.ko, /동작을 막습니다/)
    for (const f of first.findings.filter(f => f.verdict !== 'good'))
      for (const [name, text] of Object.entries({ what: f.what, why: f.why, next: f.next })) {
        assert.ok(text, `${f.code} has no ${name}`)
        assert.ok(text.en && text.ko, `${f.code}, ${name}`)
      }
    for (const language of ['en', 'ko'] as const)
      assert.ok(reportText(first.findings, language).includes('doctor.disk.full'))
  })

  test('R6: a nested machine without the CPU of its host is told where to switch host-passthrough on', () => {
    const f = one('doctor.cpu.nested_no_flags')
    assert.equal(f.verdict, 'poor', 'VMs run all the same, in software')
    assert.match(f.why?.en ?? '', /neither vmx \(Intel\) nor svm \(AMD\)/)
    assert.match(f.next?.en ?? '', /host-passthrough/)
    assert.match(f.next?.ko ?? '', /호스트 CPU/)
  })

  test('R79: memory is held against what our parts were measured to take', () => {
    assert.match(one('doctor.memory.short').why?.en ?? '', /400 MiB when idle/)
  })

  test('R130: a disk without space, and one that is gone after a reboot', () => {
    assert.equal(one('doctor.disk.full').verdict, 'bad')
    assert.match(one('doctor.disk.in_memory').why?.en ?? '', /tmpfs/)
  })

  test('R75: authorized.keys and sh-rsa are recognised, and no key is repeated', () => {
    assert.match(one('doctor.keys.file_name').why?.en ?? '', /authorized_keys, with an underscore/)
    assert.match(one('doctor.keys.key_type').why?.en ?? '', /sh-rsa; the type is called ssh-rsa/)
    assert.ok(!JSON.stringify(first).includes('AAAAB3NzaC1yc2E'))
  })

  test('a port that another program has is named with the program', () => {
    assert.match(one('doctor.port.taken').why?.en ?? '', /\(process \d+\) listens there/)
  })

  test('control groups that cannot be written to, and a folder closed to the user that QEMU runs as', async () => {
    assert.equal(one('doctor.cgroups.read_only').verdict, 'poor')
    if (await account('libvirt-qemu'))
      assert.match(one('doctor.permissions.closed').what.en, /storage is closed to libvirt-qemu/)
  })

  test('after its own cures the keys and the folder are right, and with room, memory and the port nothing blocks', async () => {
    const cures = ['doctor.keys.key_type', 'doctor.keys.file_name', 'doctor.permissions.closed']
    for (const code of cures)
      for (const command of first.findings.find(f => f.code === code)?.run ?? []) await world.run(command)
    await world.run(`umount /proc/meminfo; mount -o remount,size=9g '${world.dataDir}'`)
    await world.cover('/proc/meminfo', enough)
    await world.run(`sed -i 's/18443/18444/' '${world.dataDir}/instance.json'`)
    await world.cover('/proc/cpuinfo', plainCpu.replace('hypervisor', ''))
    const second = await world.doctor()
    const bad = second.findings.filter(f => f.verdict === 'bad').map(f => f.code)
    assert.deepEqual([second.code, bad], [0, []])
    one('doctor.memory.ok', second)
    one('doctor.keys.ok', second)
    assert.match(await readFile(join(world.folder, '.ssh/authorized_keys'), 'utf8'), /^ssh-rsa /)
    assert.equal((await stat(join(world.folder, '.ssh/authorized_keys'))).mode & 0o777, 0o600)
    // R6, the other cause: no machine around this one is to blame, so the firmware is.
    assert.match(one('doctor.cpu.no_flags', second).next?.en ?? '', /firmware/)
  })
})
