import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { DomainSpec } from '@rookery/protocol'
import { VmConfig } from './config.ts'
import { Initialization } from './initialization.ts'
import { type RunPlan, runSpec } from './run-spec.ts'
import { offsetSeconds } from './time-zone.ts'

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const plan = (changes: Partial<RunPlan> = {}): RunPlan => ({
  runId: id(1),
  vm: { id: id(2), name: 'web1', initialized: false },
  engineId: id(3),
  config: VmConfig.parse({}),
  overlay: {},
  pause: false,
  useInitialization: undefined,
  cluster: { biosType: 'q35_sea_bios', overcommit: 100, ballooning: true, cpuModel: 'Nehalem' },
  host: { acceleration: { kind: 'kvm', reason: '' } },
  disks: [],
  nics: [],
  medium: null,
  restoreFrom: null,
  now: new Date('2026-07-01T00:00:00Z'),
  ...changes,
})

/** Compares with `golden/<name>.json`; `GOLDEN=write` writes it anew. */
async function golden(name: string, spec: DomainSpec): Promise<void> {
  const file = join(import.meta.dirname, 'golden', `${name}.json`)
  const text = `${JSON.stringify(spec, null, 2)}\n`
  if (process.env.GOLDEN === 'write') {
    await mkdir(join(import.meta.dirname, 'golden'), { recursive: true })
    await writeFile(file, text)
  }
  assert.equal(text, await readFile(file, 'utf8'))
  DomainSpec.parse(spec) // the contract takes it
}

const volume = { storageDomainId: id(5), imageId: id(6), volumeId: id(7) }

test('a VM as it was made', () => golden('plain', runSpec(plan())))

test('a VM with everything', () =>
  golden(
    'full',
    runSpec(
      plan({
        config: VmConfig.parse({
          memory: 2 ** 31,
          memoryPolicy: { guaranteed: 2 ** 30, max: 2 ** 33 },
          cpu: { sockets: 2, cores: 2, threads: 2 },
          os: { boot: ['network', 'hd'] },
          bios: { type: 'q35_ovmf', bootMenu: true },
          display: { keyboardLayout: 'de' },
          timeZone: 'Asia/Seoul',
        }),
        disks: [
          {
            diskId: id(6),
            volume,
            format: 'qcow2',
            interface: 'virtio_scsi',
            readOnly: false,
            shareable: false,
            discard: true,
            bootable: true,
          },
        ],
        nics: [
          {
            nicId: id(8),
            name: 'nic1',
            mac: '56:6f:00:00:00:01',
            model: 'virtio',
            networkId: id(9),
            linked: true,
            noMacSpoofing: true,
          },
        ],
        medium: { storageDomainId: id(10), file: 'tiny.iso' },
      }),
    ),
  ))

test('run once changes boot order, pause and model for this run', () =>
  golden(
    'run-once',
    runSpec(plan({ overlay: { boot: ['cdrom', 'hd'], bootMenu: true, customModel: 'EPYC' }, pause: true })),
  ))

const withSeed = VmConfig.parse({
  initialization: Initialization.parse({
    hostName: 'web1',
    domain: 'example.org',
    rootPasswordHash: '$6$salt$hash',
    authorizedKeys: ['ssh-ed25519 AAAA me'],
    dnsServers: ['192.0.2.53'],
    nics: [
      {
        name: 'eth0',
        ipv4: { method: 'static', address: '192.0.2.10', netmask: '255.255.255.0', gateway: '192.0.2.1' },
      },
    ],
    customScript: '#cloud-config\nruncmd:\n  - echo hello\n',
  }),
})

test('the first start brings the seed', () => golden('seed', runSpec(plan({ config: withSeed }))))

test('later starts bring no seed unless it is asked for', () => {
  const vm = { ...plan().vm, initialized: true }
  assert.equal(runSpec(plan({ config: withSeed, vm })).seed, null)
  assert.notEqual(runSpec(plan({ config: withSeed, vm, useInitialization: true })).seed, null)
  assert.equal(runSpec(plan({ config: withSeed, useInitialization: false })).seed, null)
})

test('a restored VM gets no seed: it remembers', () => {
  assert.equal(runSpec(plan({ config: withSeed, restoreFrom: volume })).seed, null)
})

test('an emulated CPU gets no model', () => {
  const host = { acceleration: { kind: 'tcg' as const, reason: '' } }
  assert.equal(runSpec(plan({ host })).cpu.model, null)
  assert.equal(runSpec(plan()).cpu.model, 'Nehalem')
})

test('guaranteed memory follows the over-commit of the cluster', () => {
  const cluster = { ...plan().cluster, overcommit: 200 }
  assert.equal(runSpec(plan({ cluster })).guaranteedMemory, 2 ** 29)
})

test('the clock of a zone is ahead of UTC by what it is on that day', () => {
  assert.equal(offsetSeconds('Europe/Berlin', new Date('2026-07-01T00:00:00Z')), 7200)
  assert.equal(offsetSeconds('W. Europe Standard Time', new Date('2026-01-01T00:00:00Z')), 3600)
  assert.equal(offsetSeconds('Etc/GMT', new Date()), null)
  assert.equal(offsetSeconds('Nowhere/Else', new Date()), null)
})
