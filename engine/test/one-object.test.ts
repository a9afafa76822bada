import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isRowKind } from '../src/core/kinds.ts'
import { idOf, type OvirtClient, ovirtClient, textOf, untilStatus } from './ovirt.ts'
import { startWorld, type World } from './small-world.ts'

let world: World
let ovirt: OvirtClient
before(async () => {
  world = await startWorld()
  ovirt = await ovirtClient(world.one)
})
after(() => world?.stop())

const post = async (path: string, body: unknown) => {
  const answer = await world.one.http('POST', path, { token: ovirt.token, body })
  assert.equal(answer.status, 200, answer.text)
  return answer.json.result
}

async function aDisk(): Promise<string> {
  const domain = await ovirt.good('GET', '/storagedomains?search=type%3Ddata')
  const made = await ovirt.good(
    'POST',
    '/disks',
    `<disk><name>os</name><format>raw</format><provisioned_size>1048576</provisioned_size><storage_domains><storage_domain id="${idOf(domain.children[0])}"/></storage_domains></disk>`,
  )
  await untilStatus(ovirt, `/disks/${idOf(made)}`, 'ok')
  return idOf(made)
}

test('a virtual machine is one object with one id and one name, whoever speaks of it: guest, instance, server or VM (R119)', async () => {
  const made = await ovirt.good(
    'POST',
    '/vms',
    '<vm><name>web</name><memory>67108864</memory><cluster><name>Default</name></cluster><template><name>Blank</name></template></vm>',
  )
  const id = idOf(made)
  await untilStatus(ovirt, `/vms/${id}`, 'down')
  await ovirt.good(
    'POST',
    `/vms/${id}/diskattachments`,
    `<disk_attachment><bootable>true</bootable><active>true</active><interface>virtio</interface><disk id="${await aDisk()}"/></disk_attachment>`,
  )
  const [native] = await post('/api/query/vm.list', { ids: [id] })
  assert.deepEqual([native.id, native.name], [id, textOf(made, 'name')])
  await ovirt.good('POST', `/vms/${id}/start`, '<action/>')
  await untilStatus(ovirt, `/vms/${id}`, 'up')
  const [run] = [...world.sim.host(0).runs.values()]
  assert.deepEqual([run?.spec.vmId, run?.spec.name], [id, 'web'], 'the host knows it by the same id and name')
  const events = await post('/api/query/event.list', { max: 100 })
  const about = events.filter((event: { refs: { kind: string; id: string }[] }) =>
    event.refs.some(ref => ref.id === id),
  )
  assert.ok(about.length > 0)
  for (const { refs } of about)
    for (const ref of refs) if (ref.id === id) assert.equal(ref.kind, 'vm', 'events call it what everybody calls it')
  await ovirt.good('POST', `/vms/${id}/stop`, '<action/>')
})

test('an image is a disk, and there is no second thing beside either (R119)', async () => {
  const id = await aDisk()
  const transfer = await ovirt.good(
    'POST',
    '/imagetransfers',
    `<image_transfer><disk id="${id}"/><direction>upload</direction></image_transfer>`,
  )
  await untilStatus(ovirt, `/imagetransfers/${idOf(transfer)}`, 'transferring')
  const [native] = await post('/api/query/disk.list', { ids: [id] })
  assert.deepEqual([native.id, native.alias], [id, 'os'])
  const [row] = await post('/api/query/imageTransfer.list', { ids: [idOf(transfer)] })
  assert.equal(row.diskId, id, 'what is uploaded is the disk itself')
  for (const word of ['guest', 'instance', 'server', 'image', 'volume'])
    assert.equal(isRowKind(word), false, `${word} is a name, not a kind of its own`)
})
