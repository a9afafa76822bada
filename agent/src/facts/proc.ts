import { readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { HostFacts, HostNic } from '@rookery/protocol'

/** A line of a `/proc` file like `MemTotal:  24650000 kB`, in bytes; 0 when it is not there. */
export function memoryLine(meminfo: string, name: string): number {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1]
  return kib === undefined ? 0 : Number(kib) * 1024
}

/** The processor as /proc/cpuinfo tells it. Cores and threads are per socket and per core. */
export function readCpu(cpuinfo: string): Omit<HostFacts['cpu'], 'guestModel' | 'architecture'> {
  const blocks = cpuinfo.split('\n\n').filter(b => b.startsWith('processor'))
  const value = (block: string | undefined, name: string): string =>
    new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(block ?? '')?.[1]?.trim() ?? ''
  const first = blocks[0]
  const sockets = new Set(blocks.map(b => value(b, 'physical id'))).size || 1
  const coreIds = new Set(blocks.map(b => `${value(b, 'physical id')}/${value(b, 'core id')}`)).size || 1
  return {
    vendor: value(first, 'vendor_id'),
    model: value(first, 'model name'),
    flags: value(first, 'flags')
      .split(' ')
      .filter(f => f !== ''),
    sockets,
    cores: Math.max(1, Math.round(coreIds / sockets)),
    threads: Math.max(1, Math.round(blocks.length / coreIds)),
    mhz: Number(value(first, 'cpu MHz')) || 0,
  }
}

/** Name and version of the operating system from os-release. */
export function readOs(release: string): HostFacts['os'] {
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(release)?.[1] ?? ''
  return { name: value('NAME') || 'Linux', version: value('VERSION_ID') }
}

const readSys = (nic: string, file: string): string | null => {
  try {
    return readFileSync(`/sys/class/net/${nic}/${file}`, 'utf8').trim()
  } catch {
    // Virtual interfaces do not have every file, and interfaces come and go.
    return null
  }
}

/** The host's own interfaces: taps of guests and the agent's bridges are not its hardware and stay out. */
export function readNics(skip: (name: string) => boolean): HostNic[] {
  const addresses = networkInterfaces()
  return readdirSync('/sys/class/net')
    .filter(name => readSys(name, 'ifindex') !== null && !skip(name))
    .map(name => {
      const speed = Number(readSys(name, 'speed') ?? '-1')
      return {
        name,
        mac: readSys(name, 'address') || null,
        mtu: Number(readSys(name, 'mtu') ?? 0),
        up: readSys(name, 'operstate') !== 'down',
        speed: speed > 0 ? speed * 1_000_000 : null,
        addresses: (addresses[name] ?? []).map(a => a.cidr ?? a.address),
      }
    })
}
