import { z } from 'zod'
import { DiskSpec, DomainSpec, NicSpec } from '../domain-spec.ts'
import { IsoRef, uuid, VolumeRef } from '../refs.ts'

const run = { vmId: uuid, runId: uuid }

/** Boots a new domain from a complete specification. Doing it again for the same run finds the domain and is content. */
export const VmCreate = z.strictObject({ kind: z.literal('vm.create'), spec: DomainSpec })
/** Powers off at once and forgets the domain. Content when the run is not (or no longer) there. */
export const VmDestroy = z.strictObject({ kind: z.literal('vm.destroy'), ...run })
/** Presses the power button (guest agent where it answers, ACPI otherwise). Done when pressed; the watch says what came of it. */
export const VmShutdown = z.strictObject({ kind: z.literal('vm.shutdown'), ...run })
/** Asks the guest to restart; `force` resets when the guest cannot be asked. */
export const VmReboot = z.strictObject({ kind: z.literal('vm.reboot'), ...run, force: z.boolean() })
/** Presses the reset button. */
export const VmReset = z.strictObject({ kind: z.literal('vm.reset'), ...run })
/** Lets a paused guest go on. Content when it is running. */
export const VmResume = z.strictObject({ kind: z.literal('vm.resume'), ...run })
/** Writes the memory to the volume and ends the run. Content when the run is gone and the volume was completely written. */
export const VmSave = z.strictObject({ kind: z.literal('vm.save'), ...run, to: VolumeRef })
/** Puts a medium into the running guest's drive, or takes it out. */
export const VmChangeCd = z.strictObject({
  kind: z.literal('vm.cdrom'),
  ...run,
  medium: z.union([IsoRef, VolumeRef]).nullable(),
})
/** Plugs a card into the running guest. Content when a card with this MAC is there. */
export const VmPlugNic = z.strictObject({ kind: z.literal('vm.nic.plug'), ...run, nic: NicSpec })
/** Pulls a card out of the running guest. Content when there is none with this MAC. */
export const VmUnplugNic = z.strictObject({ kind: z.literal('vm.nic.unplug'), ...run, mac: z.string().max(17) })
/** Plugs a disk into the running guest. Content when it is there. */
export const VmPlugDisk = z.strictObject({ kind: z.literal('vm.disk.plug'), ...run, disk: DiskSpec })
/** Pulls a disk out of the running guest. Content when it is not there. */
export const VmUnplugDisk = z.strictObject({ kind: z.literal('vm.disk.unplug'), ...run, diskId: uuid })
/**
 * Opens one console for one visitor. The ticket is the secret; the agent keeps only its hash.
 * `stream`: the engine fetches it at `/v1/console/{ticket}`. `listen` (VNC only): a TCP listener for a native viewer that takes
 * one connection until the ticket expires, RFB-authenticated by QEMU with `password`. Result: `ConsoleResult`.
 */
export const VmConsole = z.strictObject({
  kind: z.literal('vm.console'),
  ...run,
  protocol: z.enum(['vnc', 'serial']),
  ticket: z.string().min(22).max(128),
  mode: z.enum(['stream', 'listen']),
  /** At most 8 characters: RFB's own limit. Only with `listen`. */
  password: z.string().min(1).max(8).nullable(),
  expiresInSeconds: z.int().min(1).max(86_400),
  /** The address to listen on; only with `listen`. */
  address: z.string().max(255).nullable(),
})
/** Where a `listen` console waits; nulls for `stream`. */
export const ConsoleResult = z.strictObject({ address: z.string().nullable(), port: z.int().nullable() })
export type ConsoleResult = z.infer<typeof ConsoleResult>

export const vmTasks = [
  VmCreate,
  VmDestroy,
  VmShutdown,
  VmReboot,
  VmReset,
  VmResume,
  VmSave,
  VmChangeCd,
  VmPlugNic,
  VmUnplugNic,
  VmPlugDisk,
  VmUnplugDisk,
  VmConsole,
] as const
