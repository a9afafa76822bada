import { invalid, unsupported } from '@rookery/model'
import type { CdromSpec, DiskSpec, DomainSpec } from '@rookery/protocol'
import { type Element, el } from '../xml/node.ts'
import type { DomainEnv } from './xml-env.ts'

type Machine = DomainSpec['machine']
type Bus = 'virtio' | 'scsi' | 'sata' | 'ide'

const letters = (index: number): string =>
  (index >= 26 ? letters(Math.floor(index / 26) - 1) : '') + String.fromCharCode(97 + (index % 26))

/**
 * Hands out the places on a guest's buses. IDE has four, of which the third and fourth are the two CD drives'. SCSI devices get
 * a target number each, so that no second controller is ever made up by libvirt. `taken` are target names already in use.
 */
export class DiskSlots {
  readonly #taken: Set<string>
  readonly #machine: Machine

  constructor(machine: Machine, taken: Iterable<string> = []) {
    this.#machine = machine
    this.#taken = new Set(taken)
  }

  /** The bus of a disk: q35 has no IDE, there its disks are SATA. */
  busOf(disk: Pick<DiskSpec, 'interface'>): Bus {
    if (disk.interface === 'virtio_scsi') return 'scsi'
    return disk.interface === 'ide' && this.#machine === 'q35' ? 'sata' : disk.interface
  }

  /** The next free target of a bus with its address where one must be said. */
  place(bus: Bus): { target: Element; address: Element | null } {
    const prefix = bus === 'virtio' ? 'vd' : bus === 'ide' ? 'hd' : 'sd'
    const end = bus === 'ide' ? 2 : 200
    for (let i = 0; i < end; i++) if (!this.#taken.has(prefix + letters(i))) return this.at(bus, i)
    throw unsupported(
      'vm.ide_full',
      'A guest has two IDE disks at most; use VirtIO, VirtIO-SCSI or SATA for the others.',
    )
  }

  /** The given place of a bus. */
  at(bus: Bus, index: number): { target: Element; address: Element | null } {
    const dev = `${bus === 'virtio' ? 'vd' : bus === 'ide' ? 'hd' : 'sd'}${letters(index)}`
    this.#taken.add(dev)
    const address =
      bus === 'scsi' ? el('address', { type: 'drive', controller: 0, bus: 0, target: index, unit: 0 }) : null
    return { target: el('target', { dev, bus }), address }
  }
}

/** The alias that ties a device of the domain to the engine's id of it. */
export const userAlias = (id: string): string => `ua-${id}`

/**
 * What libvirt is told of a file that lies on a storage domain: leave its owner alone, QEMU has access through its group (the decision
 * page about storage ownership). Files of the agent's own, like seeds, do without.
 */
export const keepOwner: Element = el('seclabel', { model: 'dac', relabel: 'no' })

const storageSource = (file: string): Element => el('source', { file }, keepOwner)

/** A disk. The format is said and the chain ends here, so QEMU and libvirt never look into the content to find one. */
export function diskElement(
  disk: DiskSpec,
  slots: DiskSlots,
  env: Pick<DomainEnv, 'volumePath' | 'cache'>,
  bootOrder: number | undefined,
): Element {
  if (disk.readOnly && (disk.interface === 'ide' || disk.interface === 'sata'))
    throw invalid(
      'vm.disk_read_only',
      `Disk ${disk.diskId} cannot be read-only on ${disk.interface}; use VirtIO or VirtIO-SCSI.`,
    )
  const file = env.volumePath(disk.volume)
  const bus = slots.busOf(disk)
  const { target, address } = slots.place(bus)
  return el(
    'disk',
    { type: 'file', device: 'disk' },
    el('driver', {
      name: 'qemu',
      type: disk.format,
      cache: env.cache(file),
      io: 'threads',
      error_policy: 'stop',
      rerror_policy: 'stop',
      discard: disk.discard ? 'unmap' : 'ignore',
    }),
    storageSource(file),
    el('backingStore'),
    target,
    disk.readOnly && el('readonly'),
    disk.shareable && el('shareable'),
    el('serial', {}, disk.diskId.slice(0, 20)),
    bootOrder !== undefined && el('boot', { order: bootOrder }),
    el('alias', { name: userAlias(disk.diskId) }),
    address,
  )
}

/** Which of the two CD drives: `medium` is the visible one, `seed` holds the files for cloud-init. */
export type Drive = 'medium' | 'seed'
/** The alias of a drive. */
export const driveAlias = (drive: Drive): string => `ua-cd-${drive}`
/** SCSI target numbers of the drives: above any disk's. */
const driveTarget = { medium: 254, seed: 255 } as const

/**
 * A CD drive. IDE on `pc`; virtio-scsi on `q35`, because small kernels (Debian's cloud kernel) come without AHCI while SeaBIOS,
 * OVMF and they all know virtio-scsi.
 */
export function cdromElement(
  drive: Drive,
  file: string | null,
  machine: Machine,
  slots: DiskSlots,
  bootOrder?: number,
): Element {
  const { target, address } =
    machine === 'pc' ? slots.at('ide', drive === 'medium' ? 2 : 3) : slots.at('scsi', driveTarget[drive])
  return el(
    'disk',
    { type: 'file', device: 'cdrom' },
    el('driver', { name: 'qemu', type: 'raw', error_policy: 'report' }),
    file !== null && (drive === 'medium' ? storageSource(file) : el('source', { file })),
    file !== null && el('backingStore'),
    target,
    el('readonly'),
    bootOrder !== undefined && el('boot', { order: bootOrder }),
    el('alias', { name: driveAlias(drive) }),
    address,
  )
}

/** The file of a medium: an ISO file of an ISO domain, or a volume of a data domain. */
export function mediumPath(medium: CdromSpec['medium'], env: Pick<DomainEnv, 'volumePath' | 'isoPath'>): string | null {
  if (medium === null) return null
  return 'file' in medium ? env.isoPath(medium) : env.volumePath(medium)
}
