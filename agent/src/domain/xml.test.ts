import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DomainSpec } from '@rookery/protocol'
import { parseXml } from '../xml/parse.ts'
import { readLive } from './live.ts'
import { tapName } from './places.ts'
import { domainXml } from './xml.ts'
import type { DomainEnv } from './xml-env.ts'

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const volume = (n: number) => ({ storageDomainId: id(900), imageId: id(n), volumeId: id(n + 100) })
const disk = (n: number, change: Partial<DomainSpec['disks'][number]> = {}): DomainSpec['disks'][number] => ({
  diskId: id(n),
  volume: volume(n),
  format: 'qcow2',
  interface: 'virtio',
  readOnly: false,
  shareable: false,
  discard: false,
  bootable: true,
  ...change,
})
const nic = (n: number, change: Partial<DomainSpec['nics'][number]> = {}): DomainSpec['nics'][number] => ({
  nicId: id(n),
  name: `nic${n}`,
  mac: `56:6f:00:00:00:${String(n).padStart(2, '0')}`,
  model: 'virtio',
  networkId: id(800),
  linked: true,
  noMacSpoofing: true,
  ...change,
})

const plain: DomainSpec = {
  runId: id(2),
  vmId: id(1),
  engineId: id(3),
  name: 'web1',
  memory: 512 * 1024 * 1024,
  maxMemory: 512 * 1024 * 1024,
  guaranteedMemory: 256 * 1024 * 1024,
  ballooning: true,
  cpu: { sockets: 1, cores: 2, threads: 1, model: null },
  machine: 'pc',
  firmware: 'bios',
  boot: ['hd'],
  bootMenu: false,
  disks: [disk(10)],
  cdrom: { medium: null },
  seed: null,
  nics: [nic(20)],
  graphics: ['vnc'],
  keyboardLayout: null,
  serialConsole: true,
  clockOffsetSeconds: null,
  startPaused: false,
  restoreFrom: null,
  guestAgentGraceSeconds: 60,
}

const env: DomainEnv = {
  accel: 'tcg',
  emulator: '/usr/bin/qemu-system-x86_64',
  volumePath: ref => `/run/rookery/mnt/data/${ref.storageDomainId}/images/${ref.imageId}/${ref.volumeId}`,
  isoPath: ref => `/run/rookery/mnt/iso/${ref.storageDomainId}/images/${ref.file}`,
  cache: () => 'none',
  bridge: () => ({ name: 'rk1a2b3c0123456', mtu: 1500 }),
  tap: nicId => tapName('rk1a2b3c', nicId),
  vncSocket: '/run/rookery/vm/1/vnc',
  vncPassword: 'nobodys1',
  serialSocket: '/run/rookery/vm/1/tty',
  serialLog: '/var/lib/rookery/serial/1.log',
  seedFile: null,
  metadata: { engineId: id(3), runId: id(2), generation: 4, graceSeconds: 60, startedAt: 1_700_000_000_000, seed: '' },
}

const cases: Record<string, { spec: DomainSpec; env?: Partial<DomainEnv> }> = {
  plain: { spec: plain },
  'q35-uefi-secure': {
    spec: {
      ...plain,
      machine: 'q35',
      firmware: 'uefi_secure',
      boot: ['cdrom', 'hd', 'network'],
      bootMenu: true,
      maxMemory: 2048 * 1024 * 1024,
      cpu: { sockets: 2, cores: 2, threads: 2, model: 'Haswell-noTSX' },
      disks: [
        disk(10, { interface: 'virtio_scsi', discard: true, bootable: false }),
        disk(11, { interface: 'sata', format: 'raw' }),
        disk(12, { readOnly: true, shareable: true }),
      ],
      cdrom: { medium: { storageDomainId: id(901), file: 'debian 12.iso' } },
      seed: { label: 'cidata', files: [] },
      nics: [nic(20), nic(21, { networkId: null, model: 'e1000e' }), nic(22, { linked: false, model: 'rtl8139' })],
      keyboardLayout: 'ko',
      clockOffsetSeconds: 32_400,
    },
    env: { accel: 'kvm', seedFile: '/run/rookery/vm/1/seed.iso', cache: () => 'writeback' },
  },
  'headless-hostile-name': {
    spec: {
      ...plain,
      name: `</title><script>'"&\u0000\u001b[31m\n웹 서버`,
      graphics: [],
      serialConsole: false,
      ballooning: false,
      nics: [],
      disks: [disk(10, { interface: 'ide' })],
      cdrom: { medium: volume(11) },
    },
  },
}

for (const [name, { spec, env: change }] of Object.entries(cases))
  test(`the XML of ${name} is as its golden file shows`, () => {
    const file = join(import.meta.dirname, `../../golden/${name}.xml`)
    const xml = domainXml(DomainSpec.parse(spec), { ...env, ...change })
    parseXml(xml)
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(file, xml)
    assert.equal(xml, readFileSync(file, 'utf8'))
  })

test('what the agent writes into a domain it reads back', () => {
  const live = readLive(domainXml(cases['q35-uefi-secure']?.spec ?? plain, env))
  assert.deepEqual(live?.metadata, env.metadata)
  assert.equal(live?.vmId, id(1))
  assert.deepEqual(
    live?.disks.map(d => d.diskId),
    [id(10), id(11), id(12), null],
  )
  assert.deepEqual(
    live?.nics.map(n => n.mac),
    ['56:6f:00:00:00:20', '56:6f:00:00:00:21', '56:6f:00:00:00:22'],
  )
  assert.equal(live?.vncSocket, env.vncSocket)
  assert.deepEqual(live?.serial, { socket: env.serialSocket, log: env.serialLog })
})

test('a domain without our metadata is nobody to us', () => {
  assert.equal(readLive('<domain><uuid>x</uuid><devices/></domain>'), null)
})

test('secure boot on the machine type pc is refused with the way out', () => {
  assert.throws(() => domainXml({ ...plain, firmware: 'uefi_secure' }, env), {
    kind: 'unsupported',
    code: 'vm.firmware',
  })
})

test('a third IDE disk is refused', () => {
  const disks = [10, 11, 12].map(n => disk(n, { interface: 'ide' }))
  assert.throws(() => domainXml({ ...plain, disks }, env), { code: 'vm.ide_full' })
})
