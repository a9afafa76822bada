import { unsupported } from '@rookery/model'
import type { DomainSpec } from '@rookery/protocol'
import { type Element, el, writeXml } from '../xml/node.ts'
import { metadataElement } from './metadata.ts'
import { cdromElement, DiskSlots, diskElement, mediumPath } from './xml-disk.ts'
import type { DomainEnv } from './xml-env.ts'
import { nicElement } from './xml-nic.ts'

/** Ports of a q35 guest that stay free for what is plugged while it runs. */
const spareRootPorts = 6
/** QEMU's cache of translated code grows to a fourth of the guest's memory and more if it is not held. */
const translationCacheMiB = 128

/** The name of a VM's domain: made of ids only, so no name that a user chose reaches a path or a command line. */
export const domainName = (vmId: string): string => `rookery-${vmId}`

/**
 * The domain of a specification on a host, as libvirt's XML. Pure: the golden files in agent/golden show what comes out.
 * Everything a device needs is said (format, bus, address where it matters), so nothing is probed and nothing surprises.
 */
export function domainXml(spec: DomainSpec, env: DomainEnv): string {
  return writeXml(
    el(
      'domain',
      { type: env.accel === 'kvm' ? 'kvm' : 'qemu' },
      el('name', {}, domainName(spec.vmId)),
      el('uuid', {}, spec.vmId),
      el('title', {}, spec.name.replace(/[\r\n]/g, ' ')),
      el('metadata', {}, metadataElement(env.metadata)),
      ...memory(spec),
      el('vcpu', { placement: 'static' }, String(vcpus(spec))),
      os(spec),
      features(spec, env),
      cpu(spec, env),
      clock(spec),
      el('on_poweroff', {}, 'destroy'),
      el('on_reboot', {}, 'restart'),
      el('on_crash', {}, 'destroy'),
      el('pm', {}, el('suspend-to-mem', { enabled: 'no' }), el('suspend-to-disk', { enabled: 'no' })),
      devices(spec, env),
    ),
  )
}

const vcpus = (spec: DomainSpec): number => spec.cpu.sockets * spec.cpu.cores * spec.cpu.threads
const canGrow = (spec: DomainSpec): boolean => spec.maxMemory > spec.memory
const kib = (bytes: number): string => String(Math.floor(bytes / 1024))

function memory(spec: DomainSpec): (Element | null)[] {
  return [
    canGrow(spec) ? el('maxMemory', { slots: 16, unit: 'KiB' }, kib(spec.maxMemory)) : null,
    el('memory', { unit: 'KiB' }, kib(spec.memory)),
    el('currentMemory', { unit: 'KiB' }, kib(spec.memory)),
  ]
}

function os(spec: DomainSpec): Element {
  if (spec.firmware === 'uefi_secure' && spec.machine !== 'q35')
    throw unsupported('vm.firmware', 'Secure boot needs the machine type q35.')
  const secure = spec.firmware === 'uefi_secure' ? 'yes' : 'no'
  const efi = spec.firmware !== 'bios'
  return el(
    'os',
    { firmware: efi ? 'efi' : undefined },
    el('type', { arch: 'x86_64', machine: spec.machine }, 'hvm'),
    efi &&
      el(
        'firmware',
        {},
        el('feature', { enabled: secure, name: 'secure-boot' }),
        el('feature', { enabled: secure, name: 'enrolled-keys' }),
      ),
    el('bootmenu', { enable: spec.bootMenu ? 'yes' : 'no', timeout: spec.bootMenu ? 10_000 : undefined }),
  )
}

function features(spec: DomainSpec, env: DomainEnv): Element {
  return el(
    'features',
    {},
    el('acpi'),
    el('apic'),
    spec.firmware === 'uefi_secure' && el('smm', { state: 'on' }),
    env.accel === 'tcg' && el('tcg', {}, el('tb-cache', { unit: 'MiB' }, String(translationCacheMiB))),
  )
}

function cpu(spec: DomainSpec, env: DomainEnv): Element {
  const { sockets, cores, threads, model } = spec.cpu
  const inside = [
    el('topology', { sockets, dies: 1, cores, threads }),
    // Memory can only be plugged into a NUMA cell.
    canGrow(spec)
      ? el('numa', {}, el('cell', { id: 0, cpus: `0-${vcpus(spec) - 1}`, memory: kib(spec.memory), unit: 'KiB' }))
      : null,
  ]
  if (model !== null)
    // Emulation lacks some features of every newer model: it gives what it has instead of refusing the guest.
    return el(
      'cpu',
      { mode: 'custom', match: 'exact', check: env.accel === 'kvm' ? 'partial' : 'none' },
      el('model', { fallback: env.accel === 'kvm' ? 'forbid' : 'allow' }, model),
      ...inside,
    )
  if (env.accel === 'kvm') return el('cpu', { mode: 'host-passthrough', check: 'none', migratable: 'on' }, ...inside)
  // Five-level page tables make every emulated memory access dearer and gain nothing.
  return el(
    'cpu',
    { mode: 'maximum', check: 'none', migratable: 'on' },
    ...inside.slice(0, 1),
    el('feature', { policy: 'disable', name: 'la57' }),
    ...inside.slice(1),
  )
}

function clock(spec: DomainSpec): Element {
  const offset = spec.clockOffsetSeconds
  return el(
    'clock',
    offset === null ? { offset: 'utc' } : { offset: 'variable', adjustment: offset, basis: 'utc' },
    el('timer', { name: 'rtc', tickpolicy: 'catchup' }),
    el('timer', { name: 'pit', tickpolicy: 'delay' }),
    el('timer', { name: 'hpet', present: 'no' }),
  )
}

/** Boot orders in the sequence of `spec.boot`: the first bootable disk, the CD drive, each card. */
function bootOrders(spec: DomainSpec): Map<string, number> {
  const orders = new Map<string, number>()
  for (const from of spec.boot) {
    const ids =
      from === 'hd'
        ? spec.disks
            .filter(d => d.bootable)
            .slice(0, 1)
            .map(d => d.diskId)
        : from === 'cdrom'
          ? ['cdrom']
          : spec.nics.map(n => n.nicId)
    for (const id of ids) if (!orders.has(id)) orders.set(id, orders.size + 1)
  }
  return orders
}

function devices(spec: DomainSpec, env: DomainEnv): Element {
  const orders = bootOrders(spec)
  const slots = new DiskSlots(spec.machine)
  const rom = spec.boot.includes('network')
  return el(
    'devices',
    {},
    el('emulator', {}, env.emulator),
    ...controllers(spec),
    ...spec.disks.map(disk => diskElement(disk, slots, env, orders.get(disk.diskId))),
    cdromElement('medium', mediumPath(spec.cdrom.medium, env), spec.machine, slots, orders.get('cdrom')),
    env.seedFile !== null && cdromElement('seed', env.seedFile, spec.machine, slots),
    ...spec.nics.map(nic => nicElement(nic, env, { order: orders.get(nic.nicId), rom })),
    spec.serialConsole && serial(env),
    el('channel', { type: 'unix' }, el('target', { type: 'virtio', name: 'org.qemu.guest_agent.0' })),
    ...graphics(spec, env),
    spec.ballooning
      ? el('memballoon', { model: 'virtio' }, el('stats', { period: 5 }))
      : el('memballoon', { model: 'none' }),
    el('rng', { model: 'virtio' }, el('backend', { model: 'random' }, '/dev/urandom')),
    // By it a guest says that its kernel has panicked, which ends it as a crash; without, it would stand there as one that runs.
    el('panic', { model: 'isa' }),
  )
}

function controllers(spec: DomainSpec): Element[] {
  const scsi = el('controller', { type: 'scsi', index: 0, model: 'virtio-scsi' })
  if (spec.machine === 'pc') return [scsi]
  const plugged = spec.nics.length + spec.disks.filter(d => d.interface === 'virtio').length
  const ports = Math.min(plugged + spareRootPorts + spareRootPorts, 28)
  return [
    scsi,
    el('controller', { type: 'pci', index: 0, model: 'pcie-root' }),
    ...Array.from({ length: ports }, (_, i) =>
      el('controller', { type: 'pci', index: i + 1, model: 'pcie-root-port' }),
    ),
  ]
}

function serial(env: DomainEnv): Element {
  return el(
    'serial',
    { type: 'unix' },
    el('source', { mode: 'bind', path: env.serialSocket }),
    el('log', { file: env.serialLog, append: 'on' }),
    el('target', { type: 'isa-serial', port: 0 }),
  )
}

function graphics(spec: DomainSpec, env: DomainEnv): Element[] {
  if (spec.graphics.length === 0) return [el('video', {}, el('model', { type: 'none' }))]
  return [
    el('controller', { type: 'usb', index: 0, model: 'qemu-xhci' }),
    el('input', { type: 'tablet', bus: 'usb' }),
    graphicsElement(env, spec.keyboardLayout, '1970-01-01T00:00:01'),
    el('video', {}, el('model', { type: 'vga', vram: 16_384 })),
  ]
}

/** The display: VNC on a unix socket, never on a port. The password lives until `validTo` (UTC). */
export function graphicsElement(
  env: Pick<DomainEnv, 'vncSocket' | 'vncPassword'>,
  keymap: string | null,
  validTo: string,
): Element {
  return el(
    'graphics',
    { type: 'vnc', passwd: env.vncPassword, passwdValidTo: validTo, keymap: keymap ?? undefined },
    el('listen', { type: 'socket', socket: env.vncSocket }),
  )
}
