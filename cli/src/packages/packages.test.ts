import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { progressOf } from './apt.ts'
import { hostPackages, missingOf } from './list.ts'
import { withoutServiceStarts } from './policy.ts'

const folder = await mkdtemp(join(tmpdir(), 'cli-packages.'))
after(() => rm(folder, { recursive: true, force: true }))

test('a machine without systemd does not get it by way of libvirt', () => {
  const names = (systemd: boolean) => hostPackages({ arch: 'x64', systemd }).map(n => n.name)
  assert.ok(names(false).includes('libvirt-daemon-system-sysv'))
  assert.ok(!names(false).includes('libvirt-daemon-system-systemd'))
  assert.ok(names(true).includes('libvirt-daemon-system-systemd'))
  assert.ok(hostPackages({ arch: 'arm64', systemd: false }).some(n => n.name === 'qemu-system-arm'))
})

test('a package that is only half there is missing', () => {
  const needs = ['a', 'b', 'c'].map(name => ({ name, why: '' }))
  assert.deepEqual(
    missingOf(needs, 'a installed\nb config-files\n').map(n => n.name),
    ['b', 'c'],
  )
})

test("apt's progress lines are read, other lines are not", () => {
  assert.equal(
    progressOf('pmstatus:qemu-utils:42.5:Unpacking qemu-utils (amd64)'),
    'install 43 % Unpacking qemu-utils (amd64)',
  )
  assert.equal(progressOf('dlstatus:1:9.1:Retrieving file 1 of 9'), 'download 9 % Retrieving file 1 of 9')
  assert.equal(progressOf('something else'), undefined)
})

test('no service starts while packages are installed, and afterwards the machine is as it was', async () => {
  const file = join(folder, 'policy-rc.d')
  await assert.rejects(
    withoutServiceStarts(async () => {
      assert.match(await readFile(file, 'utf8'), /exit 101/)
      assert.equal((await stat(file)).mode & 0o777, 0o755)
      throw new Error('apt failed')
    }, file),
    /apt failed/,
  )
  assert.ok(!existsSync(file))
})

test("the machine's own policy stays", async () => {
  const file = join(folder, 'own')
  await writeFile(file, '#!/bin/sh\nexit 0\n')
  await withoutServiceStarts(async () => assert.match(await readFile(file, 'utf8'), /exit 0/), file)
  assert.match(await readFile(file, 'utf8'), /exit 0/)
})

test('a policy that an interrupted run left behind is removed', async () => {
  const file = join(folder, 'left')
  await withoutServiceStarts(async () => writeFile(join(folder, 'copy'), await readFile(file)), file)
  await writeFile(file, await readFile(join(folder, 'copy')))
  await withoutServiceStarts(async () => undefined, file)
  assert.ok(!existsSync(file))
})
