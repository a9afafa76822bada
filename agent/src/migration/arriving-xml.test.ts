import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MigrationTarget } from '@rookery/protocol'
import { readMetadata } from '../domain/metadata.ts'
import { child, childrenOf, type Element } from '../xml/node.ts'
import { parseXml } from '../xml/parse.ts'
import { arrivingXml } from './arriving-xml.ts'

const disk = '11111111-1111-4111-8111-111111111111'
const nic = '22222222-2222-4222-8222-222222222222'
const live = `<domain type='qemu'><name>rookery-v</name>
<metadata><rookery:run xmlns:rookery='urn:rookery:run:1' engine='e' run='old' generation='1' grace='60' started='7' seed='/old/seed.iso'/></metadata>
<devices>
<disk type='file' device='disk'><source file='/old/disk'/><backingStore/><target dev='vda' bus='virtio'/><alias name='ua-${disk}'/>
<address type='pci' slot='0x05'/></disk>
<disk type='file' device='cdrom'><source file='/old/medium.iso'/><backingStore/><target dev='hdc' bus='ide'/><alias name='ua-cd-medium'/></disk>
<disk type='file' device='cdrom'><source file='/old/seed.iso'/><target dev='hdd' bus='ide'/><alias name='ua-cd-seed'/></disk>
<interface type='bridge'><mac address='56:6f:00:00:00:01'/><source bridge='oldbridge'/><target dev='told'/><alias name='ua-${nic}'/></interface>
<serial type='unix'><source mode='bind' path='/old/tty'/><log file='/old/log' append='on'/></serial>
<graphics type='vnc' socket='/old/vnc' passwd='old'><listen type='socket' socket='/old/vnc'/></graphics>
<channel type='unix'><source mode='bind' path='/libvirts/own'/></channel>
</devices></domain>`

const target: MigrationTarget = {
  runId: 'new',
  generation: 9,
  address: 'h2',
  port: 16_514,
  disks: [{ diskId: disk, file: '/new/disk' }],
  nics: [{ nicId: nic, bridge: 'newbridge', mtu: 1500, tap: 'tnew' }],
  medium: '/new/medium.iso',
  seedFile: '/new/seed.iso',
  vncSocket: '/new/vnc',
  serialSocket: '/new/tty',
  serialLog: '/new/log',
}
const departure = { engineId: 'e', up: true, vncPassword: 'fresh' }
const devices = (xml: string) => child(parseXml(xml), 'devices')
const file = (element: Element) => child(element, 'source')?.attrs.file

test('an arriving guest keeps its devices, and gets the identity, files, sockets and cards of the other host', () => {
  const xml = arrivingXml(live, target, departure)
  assert.deepEqual(readMetadata(parseXml(xml)), {
    engineId: 'e',
    runId: 'new',
    generation: 9,
    graceSeconds: 60,
    startedAt: 7,
    seed: '/new/seed.iso',
    arrives: 'up',
  })
  const disks = childrenOf(devices(xml), 'disk')
  assert.deepEqual(disks.map(file), ['/new/disk', '/new/medium.iso', '/new/seed.iso'])
  assert.equal(child(disks[0], 'address')?.attrs.slot, '0x05')
  // Storage belongs to its layout's owner; the seed is the agent's own.
  assert.deepEqual(
    disks.map(d => child(child(d, 'source'), 'seclabel')?.attrs.relabel),
    ['no', 'no', undefined],
  )
  const card = child(devices(xml), 'interface')
  assert.deepEqual(
    [child(card, 'source')?.attrs.bridge, child(card, 'target')?.attrs.dev, child(card, 'mac')?.attrs.address],
    ['newbridge', 'tnew', '56:6f:00:00:00:01'],
  )
  const serial = child(devices(xml), 'serial')
  assert.deepEqual([child(serial, 'source')?.attrs.path, child(serial, 'log')?.attrs.file], ['/new/tty', '/new/log'])
  const graphics = child(devices(xml), 'graphics')
  assert.deepEqual([graphics?.attrs.passwd, child(graphics, 'listen')?.attrs.socket], ['fresh', '/new/vnc'])
  assert.doesNotMatch(xml, /old/)
})

test('a drive that is empty at the other host is empty when it arrives', () => {
  const xml = arrivingXml(live, { ...target, seedFile: null, medium: null }, departure)
  assert.deepEqual(childrenOf(devices(xml), 'disk').map(file), ['/new/disk', undefined, undefined])
})

test('a guest with a disk or a card that the other host does not know is not sent', () => {
  for (const less of [{ disks: [] }, { nics: [] }])
    assert.throws(() => arrivingXml(live, { ...target, ...less }, departure), { code: 'vm.migrate.devices' })
})
