import { GiB, TiB } from '@rookery/model'
import { z } from 'zod'
import { id, text } from '../../inventory/input.ts'
import { patchOf } from '../../inventory/patch.ts'
import { Initialization } from './initialization.ts'

/** Where a guest looks for something to boot; in this order. */
export const BootDevice = z.enum(['hd', 'cdrom', 'network'])
export type BootDevice = z.infer<typeof BootDevice>

const memorySize = z
  .int()
  .min(1024 * 1024)
  .max(16 * TiB)
const inherit = z.enum(['inherit', 'true', 'false'])
const zoneName = z.string().min(1).max(100)

/**
 * Everything that people configure on a VM, with a default for each word, so that `VmConfig.parse({})` is the Blank template.
 * Kept in `vm.config`; what a run was started with is kept in `vm_run.config`. Sizes are bytes. The wire's names and units
 * are the dialects' matter. The password of `initialization` is not in here: see `initialization.ts`.
 */
export const VmConfig = z.strictObject({
  type: z.enum(['desktop', 'server', 'high_performance']).default('server'),
  memory: memorySize.default(GiB),
  memoryPolicy: z
    .strictObject({
      /** What the guest keeps under pressure; never above `memory`. Null: memory × 100 / over-commit of the cluster. */
      guaranteed: memorySize.nullable().default(null),
      /** Upper end of hot-plug; null: four times the memory. */
      max: memorySize.nullable().default(null),
      ballooning: z.boolean().default(true),
    })
    .prefault({}),
  cpu: z
    .strictObject({
      sockets: z.int().min(1).max(64).default(1),
      cores: z.int().min(1).max(64).default(1),
      threads: z.int().min(1).max(8).default(1),
      mode: z.enum(['custom', 'host_model', 'host_passthrough']).default('custom'),
      shares: z.int().min(0).max(262_144).default(0),
      /** A libvirt model name; null: the cluster's. */
      customModel: z.string().max(64).nullable().default(null),
    })
    .prefault({}),
  /** A machine type such as pc-q35-7.2; null: the cluster's. */
  customMachine: z.string().max(64).nullable().default(null),
  os: z
    .strictObject({
      /** A name of the catalogue in `compute/os/catalogue.ts`. */
      type: z.string().max(64).default('other'),
      boot: z.array(BootDevice).min(1).max(3).default(['hd']),
    })
    .prefault({}),
  bios: z
    .strictObject({
      type: z
        .enum(['cluster_default', 'i440fx_sea_bios', 'q35_ovmf', 'q35_sea_bios', 'q35_secure_boot'])
        .default('cluster_default'),
      bootMenu: z.boolean().default(false),
    })
    .prefault({}),
  display: z
    .strictObject({
      /** Graphics consoles it has; empty: headless. */
      consoles: z
        .array(z.enum(['vnc']))
        .max(1)
        .default(['vnc']),
      monitors: z.int().min(1).max(4).default(1),
      videoType: z.enum(['bochs', 'cirrus', 'qxl', 'vga']).default('vga'),
      keyboardLayout: z.string().max(16).nullable().default(null),
      allowOverride: z.boolean().default(false),
      copyPaste: z.boolean().default(true),
      fileTransfer: z.boolean().default(true),
      smartcard: z.boolean().default(false),
      disconnectAction: z.string().max(64).default('LOCK_SCREEN'),
      disconnectActionDelay: z.int().min(0).default(0),
    })
    .prefault({}),
  /** A serial console that the engine serves. */
  serialConsole: z.boolean().default(true),
  highAvailability: z
    .strictObject({ enabled: z.boolean().default(false), priority: z.int().min(0).max(1000).default(1) })
    .prefault({}),
  placement: z
    .strictObject({
      affinity: z.enum(['migratable', 'pinned', 'user_migratable']).default('migratable'),
      /** Only these hosts, when not empty. */
      hostIds: z.array(id).max(1000).default([]),
    })
    .prefault({}),
  migration: z
    .strictObject({
      autoConverge: inherit.default('inherit'),
      compressed: inherit.default('inherit'),
      encrypted: inherit.default('inherit'),
      policyId: id.nullable().default(null),
      /** Milliseconds; null: the policy's. */
      downtime: z.int().min(0).nullable().default(null),
    })
    .prefault({}),
  startPaused: z.boolean().default(false),
  stateless: z.boolean().default(false),
  deleteProtected: z.boolean().default(false),
  /** A name of the IANA or the Windows list; null: UTC (shown as Etc/GMT). */
  timeZone: zoneName.nullable().default(null),
  usb: z.boolean().default(false),
  usbType: z.enum(['native', 'legacy']).nullable().default(null),
  soundcard: z.boolean().default(false),
  tpm: z.boolean().default(false),
  virtioScsi: z.boolean().default(true),
  ioThreads: z.int().min(0).max(16).default(0),
  multiQueues: z.boolean().default(true),
  rng: z.enum(['hwrng', 'random', 'urandom']).nullable().default('urandom'),
  serialNumber: z
    .strictObject({
      policy: z.enum(['custom', 'host', 'none', 'vm']),
      value: z.string().max(255).nullable().default(null),
    })
    .nullable()
    .default(null),
  customProperties: z
    .array(z.strictObject({ name: z.string().min(1).max(100), value: text(1000) }))
    .max(100)
    .default([]),
  storageErrorResume: z.enum(['auto_resume', 'kill', 'leave_paused']).default('auto_resume'),
  autoPinning: z.enum(['adjust', 'disabled', 'existing']).default('disabled'),
  cpuPinning: z.enum(['dedicated', 'isolate_threads', 'manual', 'none', 'resize_and_pin_numa']).default('none'),
  sso: z.enum(['guest_agent', 'none']).default('guest_agent'),
  initialization: Initialization.nullable().default(null),
  /** The medium that is in the drive at each start: a file of an ISO domain, or a disk of content type iso. */
  cdrom: z
    .union([z.strictObject({ storageDomainId: id, file: z.string().min(1).max(255) }), z.strictObject({ diskId: id })])
    .nullable()
    .default(null),
})
export type VmConfig = z.infer<typeof VmConfig>

/** What of a VmConfig clients may say: every word optional, nested ones too; what is absent stays or takes its default. */
export const VmConfigPatch = patchOf(VmConfig.omit({ initialization: true, cdrom: true })).extend({
  /** Replaces the whole initialization; null takes it away. */
  initialization: Initialization.nullable().optional(),
})
export type VmConfigPatch = z.infer<typeof VmConfigPatch>
