import type { ErrorRecord, RunStatus, VmStatus } from '@rookery/model'
import type { GuestReport, IsoRef, MigrationProgress, VolumeRef } from '@rookery/protocol'
import { z } from 'zod'
import { id, seenVersion, text } from '../../inventory/input.ts'
import { NewDisk } from '../../storage/disk/types.ts'
import type { Viewer } from '../console/types.ts'
import { BootDevice, VmConfig, VmConfigPatch } from './config.ts'
import { Initialization } from './initialization.ts'

/** What run once changes, for one run only. */
export const RunOverlay = z.strictObject({
  boot: z.array(BootDevice).min(1).max(3).optional(),
  bootMenu: z.boolean().optional(),
  /** Null: an empty drive for this run; absent: what the VM says. */
  cdrom: VmConfig.shape.cdrom.unwrap().optional(),
  /** Hosts that may run it; one of them is the destination. */
  hostIds: z.array(id).max(1000).optional(),
  keyboardLayout: z.string().max(16).optional(),
  customModel: z.string().max(64).optional(),
  customMachine: z.string().max(64).optional(),
  customProperties: VmConfig.shape.customProperties.unwrap().optional(),
  initialization: Initialization.optional(),
})
export type RunOverlay = z.infer<typeof RunOverlay>

/** A VM as queries return it: what people configured, and its run where it has one. */
export interface VmRow {
  id: string
  projectId: string
  clusterId: string
  dataCenterId: string
  templateId: string
  name: string
  description: string
  comment: string
  /** With the values that follow from others filled in (`guaranteed`, `max`), and no password. */
  config: VmConfig
  /** Not null: a configuration waits for the next start. */
  nextRun: VmConfig | null
  status: VmStatus
  standing: 'normal' | 'failed' | 'shelved' | 'verify_resize' | 'rescued'
  fault: ErrorRecord | null
  initialized: boolean
  stopReason: string
  startedAt: Date | null
  stoppedAt: Date | null
  creatorId: string | null
  createdAt: Date
  version: number
  /** From here on: of its run, null without one. */
  runId: string | null
  hostId: string | null
  runOverlay: RunOverlay | null
  /** Whether it was started with run once. */
  runOnce: boolean
  runConfig: VmConfig | null
  runStatus: RunStatus | null
  pauseReason: string | null
  guestAgent: boolean
  guest: GuestReport | null
  runMedium: IsoRef | VolumeRef | null
  /** Where a native viewer finds it, while the time of the last ticket runs. */
  runViewer: Viewer | null
  runStartedAt: Date | null
  /** The host that it migrates to. */
  targetHostId: string | null
  /** How far its migration is, as the host says that it leaves. */
  migration: MigrationProgress | null
  /** Whether one of its disks is illegal. */
  hasIllegalImages: boolean
}

/** A disk attachment in the body of a new VM. */
export const NewAttachment = z.strictObject({
  /** An existing disk; else `disk` says what to make. */
  diskId: id.optional(),
  disk: NewDisk.optional(),
  interface: z.enum(['virtio', 'virtio_scsi', 'sata', 'ide']).default('virtio'),
  bootable: z.boolean().default(false),
  /** Absent: a new disk of a stopped VM is plugged, an existing one is not. */
  active: z.boolean().optional(),
  readOnly: z.boolean().default(false),
  passDiscard: z.boolean().default(false),
})
export type NewAttachment = z.infer<typeof NewAttachment>

const vmName = z
  .string()
  .min(1)
  .max(64, 'must be at most 64 characters')
  .regex(/^[\p{L}\p{N}_.+-]+$/u, 'may hold letters, digits and - _ . + only')

/** Input of `vm.add`. Disks make it start a job. */
export const AddVm = z.strictObject({
  name: vmName,
  clusterId: id,
  /** Blank is the only one of this release. */
  templateId: id.default('00000000-0000-0000-0000-000000000000'),
  description: text().default(''),
  comment: text().default(''),
  config: VmConfigPatch.prefault({}),
  disks: z.array(NewAttachment).max(64).default([]),
})
export type AddVm = z.infer<typeof AddVm>

/** Input of `vm.update`; what is absent stays. On a running VM what a guest cannot take now waits for the next start. */
export const UpdateVm = z.strictObject({
  id,
  version: seenVersion,
  name: vmName.optional(),
  description: text().optional(),
  comment: text().optional(),
  clusterId: id.optional(),
  config: VmConfigPatch.optional(),
  /** Everything waits for the next start, also what could be done now. */
  nextRun: z.boolean().default(false),
})
export type UpdateVm = z.infer<typeof UpdateVm>

/** Input of `vm.remove`. With `detachOnly` the disks stay. */
export const RemoveVm = z.strictObject({
  id,
  detachOnly: z.boolean().default(false),
  force: z.boolean().default(false),
})
export type RemoveVm = z.infer<typeof RemoveVm>

/** Input of `vm.start`; from `paused` it resumes, from `suspended` it restores. */
export const StartVm = z.strictObject({
  id,
  pause: z.boolean().optional(),
  /** Present: run once. */
  runOnce: RunOverlay.optional(),
  /** True: seed even when it was initialized before; false: no seed; absent: at the first start only. */
  useInitialization: z.boolean().optional(),
})
export type StartVm = z.infer<typeof StartVm>

/** Input of `vm.stop`, `vm.shutdown`. */
export const StopVm = z.strictObject({ id, reason: text(1000).default('') })
export type StopVm = z.infer<typeof StopVm>
/** Input of `vm.reboot`. */
export const RebootVm = z.strictObject({ id, force: z.boolean().default(false) })
/** Input of `vm.reset`, `vm.suspend`. */
export const OneVm = z.strictObject({ id })
