import { z } from 'zod'
import { NicSpec, SeedSpec } from '../domain-spec.ts'
import { IsoRef, uuid, VolumeRef } from '../refs.ts'

const file = z.string().min(1).max(4096)

/**
 * Where a guest's things will be on the host that it migrates to, and how that host is reached. `vm.migrate.prepare` answers it, the
 * engine hands it on unread, and the host that the guest leaves writes it into the guest's definition.
 */
export const MigrationTarget = z.strictObject({
  runId: uuid,
  /** The incarnation of the target's agent. */
  generation: z.int(),
  /** Where its libvirt and its QEMUs are dialled; its certificate must be valid for it. */
  address: z.string().min(1).max(255),
  /** libvirt's port, always with TLS and a certificate of each side. */
  port: z.int().min(1).max(65_535),
  disks: z.array(z.strictObject({ diskId: uuid, file })).max(64),
  nics: z
    .array(z.strictObject({ nicId: uuid, bridge: z.string().nullable(), mtu: z.int().nullable(), tap: z.string() }))
    .max(28),
  medium: file.nullable(),
  seedFile: file.nullable(),
  vncSocket: file,
  serialSocket: file,
  serialLog: file,
  /** Images that the source has to give away on their storage domains, and the life of the target's keeper to which. */
  leases: z
    .array(z.strictObject({ storageDomainId: uuid, imageId: uuid, generation: z.string().regex(/^[0-9a-f]{32}$/) }))
    .max(64)
    .optional(),
})
export type MigrationTarget = z.infer<typeof MigrationTarget>

/** What is done when a migration has not come closer to its end for a while. */
export const ConvergenceAction = z.discriminatedUnion('kind', [
  /** Allows a longer pause, milliseconds. */
  z.strictObject({ kind: z.literal('downtime'), ms: z.int().min(1).max(2_000_000) }),
  /** The guest goes on at the target and fetches what it lacks. */
  z.strictObject({ kind: z.literal('post_copy') }),
  z.strictObject({ kind: z.literal('abort') }),
])
export type ConvergenceAction = z.infer<typeof ConvergenceAction>

/** How a guest is moved. */
export const MigrationPlan = z.strictObject({
  /** Most bytes a second; null: as many as go through. */
  bandwidth: z.int().min(1).nullable(),
  /** Connections beside the first; null: one does it all. */
  connections: z.int().min(1).max(255).nullable(),
  autoConverge: z.boolean(),
  compressed: z.boolean(),
  encrypted: z.boolean(),
  /** The longest pause that is allowed at first, milliseconds. */
  downtime: z.int().min(1).max(2_000_000),
  /** What is done at which stall, in order. A stall is a pass over the memory after which no less was left than ever before. */
  convergence: z.array(z.strictObject({ stalls: z.int().min(1).max(1000), action: ConvergenceAction })).max(32),
})
export type MigrationPlan = z.infer<typeof MigrationPlan>

/**
 * Makes room for a guest that will come from another host: folders, sockets, seed, guards of its cards. Answers a
 * `MigrationTarget`. Content when it was made already. What it made is taken away by `vm.migrate.finish`, or with the run.
 */
export const VmMigratePrepare = z.strictObject({
  kind: z.literal('vm.migrate.prepare'),
  vmId: uuid,
  runId: uuid,
  disks: z
    .array(
      z.strictObject({
        diskId: uuid,
        volume: VolumeRef,
        /** Absent from older engines: no. */
        readOnly: z.boolean().optional(),
        shareable: z.boolean().optional(),
      }),
    )
    .max(64),
  nics: z.array(NicSpec).max(28),
  medium: z.union([IsoRef, VolumeRef]).nullable(),
  seed: SeedSpec.nullable(),
})

/**
 * Moves a running guest to a host that has prepared for it. Fails only when the guest surely goes on here, also when it is cancelled.
 * Answers a `MigrateResult`. Content when the run is not (or no longer) here: then the target knows. A migration that is under way, from
 * before a restart of the agent, is followed to its end.
 */
export const VmMigrate = z.strictObject({
  kind: z.literal('vm.migrate'),
  vmId: uuid,
  runId: uuid,
  target: MigrationTarget,
  plan: MigrationPlan,
})

/** `left`: the run is not here any more. Otherwise it stands still here and only the target knows whether it goes on there. */
export const MigrateResult = z.object({
  left: z.boolean(),
  /** Milliseconds; null where nobody measured, after a restart in the middle. */
  downtimeMs: z.number().nullable(),
  durationMs: z.number().nullable(),
  /** Bytes that went over. */
  transferred: z.number().nullable(),
  postCopy: z.boolean(),
})
export type MigrateResult = z.infer<typeof MigrateResult>

/**
 * Waits until a guest that was to come is here or surely does not come, and answers which (`FinishResult`). What was prepared for one
 * that does not come is taken away. Content as often as it is asked.
 */
export const VmMigrateFinish = z.strictObject({
  kind: z.literal('vm.migrate.finish'),
  vmId: uuid,
  runId: uuid,
  nicIds: z.array(uuid).max(28),
})

/** Whether the guest runs here now. */
export const FinishResult = z.object({ runId: uuid, arrived: z.boolean() })
export type FinishResult = z.infer<typeof FinishResult>

export const migrationTasks = [VmMigratePrepare, VmMigrate, VmMigrateFinish] as const
