import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withStorageGroup } from './storage-group.ts'

test("QEMU's user joins the group of storage, which is made where it is missing", () => {
  const debian = 'root:x:0:\nkvm:x:107:\n'
  const made = withStorageGroup(debian, 'libvirt-qemu')
  assert.equal(made, 'root:x:0:\nkvm:x:107:\nrookery-storage:x:36:libvirt-qemu\n')
  assert.equal(withStorageGroup(made, 'libvirt-qemu'), made)
  assert.equal(withStorageGroup('root:x:0:', 'q'), 'root:x:0:\nrookery-storage:x:36:q\n')
})

test('a group that has the number keeps its name and members', () => {
  assert.equal(withStorageGroup('kvm:x:36:qemu\nx:x:1:\n', 'vdsm'), 'kvm:x:36:qemu,vdsm\nx:x:1:\n')
  assert.equal(withStorageGroup('kvm:x:36:\n', 'qemu'), 'kvm:x:36:qemu\n')
})
