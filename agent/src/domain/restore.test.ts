import assert from 'node:assert/strict'
import { test } from 'node:test'
import { child, childrenOf } from '../xml/node.ts'
import { parseXml } from '../xml/parse.ts'
import { readMetadata } from './metadata.ts'
import { restoredXml } from './restore.ts'
import type { DomainEnv } from './xml-env.ts'

const saved = `<domain type='qemu'><name>rookery-v</name>
<metadata><rookery:run xmlns:rookery='urn:rookery:run:1' engine='e' run='old' generation='1' grace='60' started='1' seed=''/></metadata>
<devices>
<disk type='file' device='disk'><source file='/old/disk'/><backingStore/><target dev='vda' bus='virtio'/><alias name='ua-d'/>
<address type='pci' slot='0x05'/></disk>
<disk type='file' device='cdrom'><source file='/some/medium.iso'/><target dev='hdc' bus='ide'/><alias name='ua-cd-medium'/></disk>
<serial type='unix'><source mode='bind' path='/old/tty'/><log file='/old/log' append='on'/></serial>
<graphics type='vnc' socket='/old/vnc' passwd='old'><listen type='socket' socket='/old/vnc'/></graphics>
<channel type='unix'><source mode='bind' path='/libvirts/own'/></channel>
</devices></domain>`

const metadata = { engineId: 'e', runId: 'new', generation: 2, graceSeconds: 30, startedAt: 5, seed: '' }
const env = {
  volumePath: () => '/new/disk',
  isoPath: () => '/new/medium.iso',
  seedFile: null,
  vncSocket: '/new/vnc',
  vncPassword: 'fresh',
  serialSocket: '/new/tty',
  serialLog: '/new/log',
  metadata,
} as unknown as DomainEnv

test("a restored guest keeps its devices, and gets this run's identity and this host's paths", () => {
  const spec = { disks: [{ diskId: 'd', volume: {} }], cdrom: { medium: null } } as unknown as Parameters<
    typeof restoredXml
  >[1]
  const root = parseXml(restoredXml(saved, spec, env))
  const devices = child(root, 'devices')
  assert.deepEqual(readMetadata(root), metadata)
  assert.deepEqual(
    childrenOf(devices, 'disk').map(d => child(d, 'source')?.attrs.file),
    ['/new/disk', '/some/medium.iso'],
  )
  for (const disk of childrenOf(devices, 'disk'))
    assert.deepEqual(child(child(disk, 'source'), 'seclabel')?.attrs, { model: 'dac', relabel: 'no' })
  assert.equal(child(childrenOf(devices, 'disk')[0], 'address')?.attrs.slot, '0x05')
  const serial = child(devices, 'serial')
  assert.deepEqual([child(serial, 'source')?.attrs.path, child(serial, 'log')?.attrs.file], ['/new/tty', '/new/log'])
  const graphics = child(devices, 'graphics')
  assert.deepEqual([graphics?.attrs.passwd, child(graphics, 'listen')?.attrs.socket], ['fresh', '/new/vnc'])
  assert.equal(child(child(devices, 'channel'), 'source')?.attrs.path, '/libvirts/own')
})

test('a medium that the specification names is looked for where it is now', () => {
  const spec = { disks: [], cdrom: { medium: { storageDomainId: 's', file: 'medium.iso' } } }
  const root = parseXml(restoredXml(saved, spec as unknown as Parameters<typeof restoredXml>[1], env))
  const drive = childrenOf(child(root, 'devices'), 'disk')[1]
  assert.equal(child(drive, 'source')?.attrs.file, '/new/medium.iso')
})
