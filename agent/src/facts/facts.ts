import { existsSync, readFileSync } from 'node:fs'
import { arch, hostname, release } from 'node:os'
import { type HostFacts, taskKinds } from '@rookery/protocol'
import type { Acceleration } from '../accel/probe.ts'
import type { Hypervisor } from '../domain/hypervisor.ts'
import type { Owner } from '../domain/places.ts'
import type { HostState } from '../state/host-state.ts'
import { child, childrenOf, type Element, textOf } from '../xml/node.ts'
import { parseXml } from '../xml/parse.ts'
import { memoryLine, readCpu, readNics, readOs } from './proc.ts'

/** Version of this agent. */
export const agentVersion = '0.1.0'

/** What is asked of libvirt once per connection. */
export interface HypervisorFacts {
  readonly libvirtVersion: string
  readonly qemuVersion: string
  readonly guestModel: string | null
  /** Models that guests can be given here. */
  readonly models: string[]
  readonly machines: string[]
  readonly owner: Owner | null
}

/** QEMU's user, as libvirt's capabilities name it (`+64055:+107`); null when they do not. */
export function qemuOwner(capabilities: Element): Owner | null {
  const dac = childrenOf(child(capabilities, 'host'), 'secmodel').find(s => textOf(child(s, 'model')) === 'dac')
  const label = textOf(childrenOf(dac, 'baselabel')[0])
  const ids = /^\+?(\d+):\+?(\d+)$/.exec(label)
  return ids === null ? null : { uid: Number(ids[1]), gid: Number(ids[2]) }
}

/** Machine types of the contract that this QEMU has. */
function machinesOf(capabilities: Element): string[] {
  const names = childrenOf(capabilities, 'guest')
    .map(g => child(g, 'arch'))
    .filter(a => a?.attrs.name === 'x86_64')
    .flatMap(a => childrenOf(a, 'machine').map(textOf))
  return ['pc', 'q35'].filter(m => names.includes(m))
}

/** Models that libvirt says it can give guests, older spellings of the same one too. */
export const usableModels = (domainCapabilities: Element): string[] =>
  childrenOf(
    childrenOf(child(domainCapabilities, 'cpu'), 'mode').find(mode => mode.attrs.name === 'custom'),
    'model',
  )
    .filter(model => model.attrs.usable === 'yes')
    .map(textOf)

/** Asks libvirt. */
export async function hypervisorFacts(
  hypervisor: Hypervisor,
  emulator: string,
  accel: (owner: Owner | null) => Promise<Acceleration>,
): Promise<HypervisorFacts & { acceleration: Acceleration }> {
  const [capabilities, versions] = await Promise.all([hypervisor.capabilities(), hypervisor.versions()])
  const root = parseXml(capabilities)
  const owner = qemuOwner(root)
  const acceleration = await accel(owner)
  const domain = parseXml(await hypervisor.domainCapabilities(emulator, 'pc', acceleration.kind))
  const model = childrenOf(child(domain, 'cpu'), 'mode').find(m => m.attrs.name === 'host-model')
  return {
    acceleration,
    owner,
    libvirtVersion: versions.libvirt,
    qemuVersion: versions.qemu,
    guestModel: textOf(child(model, 'model')) || null,
    models: usableModels(domain),
    machines: machinesOf(root),
  }
}

/** Firmware that guests may ask for: UEFI by the files of Debian's package, found through the firmware descriptors by libvirt. */
function firmware(): string[] {
  return [
    'bios',
    ...(existsSync('/usr/share/OVMF/OVMF_CODE_4M.fd') ? ['uefi'] : []),
    ...(existsSync('/usr/share/OVMF/OVMF_CODE_4M.ms.fd') ? ['uefi_secure'] : []),
  ]
}

/** Facts of this host. Memory from /proc/meminfo: libvirt's node info reads one NUMA node's file and was wrong on such machines. */
export function hostFacts(
  state: HostState,
  found: HypervisorFacts & { acceleration: Acceleration },
  isOwnNic: (name: string) => boolean,
  migration: HostFacts['migration'],
): HostFacts {
  return {
    protocol: 1,
    agentVersion,
    hostname: hostname(),
    hostUuid: state.hostUuid,
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    incarnation: state.incarnation,
    acceleration: found.acceleration,
    cpu: {
      architecture: arch() === 'x64' ? 'x86_64' : arch(),
      ...readCpu(readFileSync('/proc/cpuinfo', 'utf8')),
      guestModel: found.guestModel,
      models: found.models,
    },
    memory: memoryLine(readFileSync('/proc/meminfo', 'utf8'), 'MemTotal'),
    os: readOs(existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''),
    kernel: release(),
    libvirtVersion: found.libvirtVersion,
    qemuVersion: found.qemuVersion,
    nics: readNics(isOwnNic),
    taskKinds: [...taskKinds],
    machines: found.machines,
    firmware: firmware(),
    migration,
  }
}
