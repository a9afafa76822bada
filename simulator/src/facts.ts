import { cpuType } from '@rookery/model'
import { taskKinds, type HostFacts } from '@rookery/protocol'
import type { Fleet } from './fleet.ts'

const GiB = 1024 ** 3

const processors = [
  {
    vendor: 'GenuineIntel',
    model: 'Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz',
    guest: 'Icelake-Server',
    type: 'Intel Icelake Server Family',
    mhz: 2000,
    cores: 32,
  },
  {
    vendor: 'GenuineIntel',
    model: 'Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz',
    guest: 'Cascadelake-Server',
    type: 'Intel Cascadelake Server Family',
    mhz: 3000,
    cores: 24,
  },
  {
    vendor: 'GenuineIntel',
    model: 'Intel(R) Xeon(R) CPU E5-2690 v3 @ 2.60GHz',
    guest: 'Haswell-noTSX',
    type: 'Intel Haswell-noTSX Family',
    mhz: 2600,
    cores: 12,
  },
  {
    vendor: 'AuthenticAMD',
    model: 'AMD EPYC 7763 64-Core Processor',
    guest: 'EPYC-Milan',
    type: 'AMD EPYC Milan',
    mhz: 2450,
    cores: 64,
  },
] as const

/** Flags that every processor has, beside those of its type. */
const flags = ['fpu', 'tsc', 'msr', 'pae', 'cx8', 'apic', 'sse', 'sse2', 'constant_tsc']

/** What a host of this number is, as far as it never changes: computed when asked, so that an idle host takes no room. */
export function nature({ random, cpus }: Pick<Fleet, 'random' | 'cpus'>, index: number) {
  const pick = <T>(from: readonly T[], what: string): T =>
    from[Math.floor(random.of('host', index, what) * from.length)] ?? (from[0] as T)
  // A fleet is bought at once, unless it is to show how a cluster lives with what differs.
  const processor = cpus === 'mixed' ? pick(processors, 'processor') : processors[0]
  return {
    hostUuid: random.uuid('host', index),
    hostname: `sim-${String(index).padStart(4, '0')}`,
    processor,
    sockets: 2,
    cpus: 2 * processor.cores * 2,
    memory: pick([128, 256, 512], 'memory') * GiB,
  }
}

/** The facts that a host tells. */
export function hostFacts(
  fleet: Pick<Fleet, 'random' | 'cpus'>,
  index: number,
  now: { incarnation: number; boot: number },
): HostFacts {
  const { hostUuid, hostname, processor, sockets, memory } = nature(fleet, index)
  const { random } = fleet
  const at = [Math.floor(index / 65_536) % 256, Math.floor(index / 256) % 256, index % 256] as const
  const mac = `52:54:00:${at.map(n => n.toString(16).padStart(2, '0')).join(':')}`
  return {
    protocol: 1,
    agentVersion: '0.1.0',
    hostname,
    hostUuid,
    bootId: random.uuid('boot', index, now.boot),
    incarnation: now.incarnation,
    acceleration: { kind: 'kvm', reason: 'Pretended: this host is simulated and runs nothing.' },
    cpu: {
      architecture: 'x86_64',
      vendor: processor.vendor,
      model: processor.model,
      guestModel: processor.guest,
      flags: [...flags, ...(cpuType(processor.type)?.flags ?? []), processor.vendor === 'GenuineIntel' ? 'vmx' : 'svm'],
      sockets,
      cores: processor.cores,
      threads: 2,
      mhz: processor.mhz,
    },
    memory,
    os: { name: 'Debian GNU/Linux', version: '12' },
    kernel: '6.1.0-18-amd64',
    libvirtVersion: '9.0.0',
    qemuVersion: '7.2.9',
    nics: [
      { name: 'lo', mac: null, mtu: 65_536, up: true, speed: null, addresses: ['127.0.0.1/8'] },
      { name: 'eno1', mac, mtu: 1500, up: true, speed: 10_000_000_000, addresses: [`10.${at[0]}.${at[1]}.${at[2]}/8`] },
    ],
    taskKinds: [...taskKinds],
    machines: ['pc', 'q35'],
    firmware: ['bios', 'uefi', 'uefi_secure'],
    migration: { address: `10.${at[0]}.${at[1]}.${at[2]}`, port: 16_514 },
  }
}
