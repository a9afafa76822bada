import { z } from 'zod'
import { bytes, IsoRef, uuid, VolumeFormat, VolumeRef } from './refs.ts'

const mac = z
  .string()
  .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'must be a MAC address in lower case, like 56:6f:00:00:00:01')

/** A disk of a guest. */
export const DiskSpec = z.strictObject({
  diskId: uuid,
  volume: VolumeRef,
  format: VolumeFormat,
  interface: z.enum(['virtio', 'virtio_scsi', 'sata', 'ide']),
  readOnly: z.boolean(),
  shareable: z.boolean(),
  /** Guests see it as the serial number: the first 20 characters of the disk's id. */
  discard: z.boolean(),
})
export type DiskSpec = z.infer<typeof DiskSpec>

/** The one CD-ROM drive of a guest. Always present, maybe empty, so that a medium can be put in while it runs. */
export const CdromSpec = z.strictObject({
  medium: z.union([IsoRef, VolumeRef]).nullable(),
})
export type CdromSpec = z.infer<typeof CdromSpec>

/** A network card of a guest. */
export const NicSpec = z.strictObject({
  nicId: uuid,
  name: z.string().min(1).max(255),
  mac,
  model: z.enum(['virtio', 'e1000', 'e1000e', 'rtl8139']),
  /** The logical network, which the host knows by `network.ensure`; null: a card whose cable leads nowhere. */
  networkId: uuid.nullable(),
  linked: z.boolean(),
  /** Drop frames with a source MAC other than the card's own. */
  noMacSpoofing: z.boolean(),
})
export type NicSpec = z.infer<typeof NicSpec>

/** Files of a NoCloud seed (label `cidata`), put on a CD of their own. Contents may hold secrets: never logged. */
export const SeedSpec = z.strictObject({
  label: z.enum(['cidata', 'config-2']),
  files: z
    .array(z.strictObject({ path: z.string().regex(/^[A-Za-z0-9._/-]{1,200}$/), content: z.string().max(256 * 1024) }))
    .max(32),
})
export type SeedSpec = z.infer<typeof SeedSpec>

/** Everything a host must know to boot one run of a VM. Pure data: the agent turns it into libvirt's XML and nothing else. */
export const DomainSpec = z.strictObject({
  runId: uuid,
  vmId: uuid,
  engineId: uuid,
  /** Shown by tools on the host; the domain itself is called by its VM's id so that hostile names stay data. */
  name: z.string().min(1).max(255),
  memory: bytes,
  /** Upper end of memory hot-plug; at least `memory`. */
  maxMemory: bytes,
  /** The balloon never goes below. */
  guaranteedMemory: bytes,
  ballooning: z.boolean(),
  cpu: z.strictObject({
    sockets: z.int().min(1).max(64),
    cores: z.int().min(1).max(64),
    threads: z.int().min(1).max(8),
    /** A libvirt model name, or null for the best that the accelerator offers by itself. */
    model: z.string().max(64).nullable(),
  }),
  machine: z.enum(['pc', 'q35']),
  firmware: z.enum(['bios', 'uefi', 'uefi_secure']),
  /** In this order; a device that the guest lacks is skipped. */
  boot: z
    .array(z.enum(['hd', 'cdrom', 'network']))
    .min(1)
    .max(3),
  bootMenu: z.boolean(),
  /** In order: `hd` boots the first bootable one. */
  disks: z.array(DiskSpec.extend({ bootable: z.boolean() })).max(64),
  cdrom: CdromSpec,
  seed: SeedSpec.nullable(),
  nics: z.array(NicSpec).max(28),
  graphics: z.array(z.enum(['vnc'])).max(1),
  keyboardLayout: z.string().max(16).nullable(),
  serialConsole: z.boolean(),
  /** Seconds ahead of UTC, or null for UTC. */
  clockOffsetSeconds: z.int().min(-86_400).max(86_400).nullable(),
  startPaused: z.boolean(),
  /** Memory that was saved by `vm.save`; the run goes on from there. The volume stays until the engine removes it. */
  restoreFrom: VolumeRef.nullable(),
  /** `powering_up` becomes `up` when the guest agent answers, or after this many seconds without one. */
  guestAgentGraceSeconds: z.int().min(1).max(3600),
})
export type DomainSpec = z.infer<typeof DomainSpec>
