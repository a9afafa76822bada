import assert from 'node:assert/strict'
import { test } from 'node:test'
import { confinementNotes, hostUuid, libvirtdConf, qemuConf, virtlogdConf, writableCgroups } from './libvirt.ts'
import { doubleMounts, inNamespace } from './namespace.ts'

const mounts = `22 27 0:21 / /proc rw,relatime - proc proc rw
25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw
26 24 0:24 / /dev/pts rw,relatime - devpts devpts rw
29 26 0:26 / /dev/pts rw,relatime - devpts devpts rw
30 25 0:27 / /dev/shm rw,relatime - tmpfs tmpfs rw
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu`

test('mounts below /dev that hide another are found', () => {
  assert.deepEqual(doubleMounts(mounts), ['/dev/pts', '/dev/shm'])
  assert.deepEqual(doubleMounts('22 27 0:21 / /proc rw - proc proc rw'), [])
})

test('control groups that are read-only, as in many containers, do not count', () => {
  assert.ok(writableCgroups(mounts))
  assert.ok(!writableCgroups('32 31 0:29 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw'))
  assert.ok(!writableCgroups('22 27 0:21 / /proc rw - proc proc rw'))
})

test("libvirt's idea of this host is a UUID that differs between instances and stays", () => {
  const a = hostUuid('0f8fad5b-d9cb-469f-a165-70867728950e')
  assert.match(a, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(hostUuid('0f8fad5b-d9cb-469f-a165-70867728950e'), a)
  assert.notEqual(hostUuid('1f8fad5b-d9cb-469f-a165-70867728950e'), a)
})

test('only root may speak to libvirtd', () => {
  const text = libvirtdConf({ uuid: 'x', address: null })
  assert.match(text, /^unix_sock_rw_perms = "0600"$/m)
  assert.doesNotMatch(text, /listen_t/)
})

test('hosts that move VMs to one another speak TLS at their own address, and nothing in the clear', () => {
  const text = libvirtdConf({ uuid: 'x', address: '10.1.2.3' })
  assert.match(text, /^listen_tls = 1$/m)
  assert.match(text, /^listen_tcp = 0$/m)
  assert.match(text, /^listen_addr = "10\.1\.2\.3"$/m)
  const qemu = qemuConf(
    { security: 'none', deviceNamespaces: true, cgroups: true },
    { name: 'a', group: 'b' },
    '10.1.2.3',
  )
  assert.match(qemu, /^migration_address = "10\.1\.2\.3"$/m)
})

test('QEMU gets every fence that the machine has', () => {
  const user = { name: 'libvirt-qemu', group: 'kvm' }
  const all = qemuConf({ security: 'apparmor', deviceNamespaces: true, cgroups: true }, user, null)
  assert.match(all, /^security_driver = "apparmor"$/m)
  assert.match(all, /^namespaces = \[ "mount" \]$/m)
  assert.doesNotMatch(all, /cgroup_controllers/)
  const none = { security: 'none', deviceNamespaces: false, cgroups: false } as const
  assert.match(qemuConf(none, user, null), /^namespaces = \[ {2}\]$/m)
  assert.match(qemuConf(none, user, null), /^cgroup_controllers = \[ {2}\]$/m)
  assert.equal(confinementNotes(none).length, 3)
  assert.deepEqual(confinementNotes({ security: 'apparmor', deviceNamespaces: true, cgroups: true }), [])
})

test('a guest that never stops writing to its console fills eight megabytes, not the disk', () => {
  assert.match(virtlogdConf(), /^max_size = 2097152$/m)
  assert.match(virtlogdConf(), /^max_backups = 3$/m)
  assert.match(
    qemuConf({ security: 'none', deviceNamespaces: true, cgroups: true }, { name: 'a', group: 'b' }, null),
    /^stdio_handler = "logd"$/m,
  )
})

test('the namespace shares no mount with the outside', () => {
  assert.deepEqual(inNamespace(['x']), ['/usr/bin/unshare', '--mount', '--propagation=private', '--', 'x'])
})
