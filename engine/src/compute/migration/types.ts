import { z } from 'zod'
import { id } from '../../inventory/input.ts'

/** Why a VM is moved; told in its events. */
export const MigrationReason = z.enum(['asked', 'maintenance', 'balance', 'upgrade'])
export type MigrationReason = z.infer<typeof MigrationReason>

/** Input of `vm.migrate`. Without a host one is chosen. */
export const MigrateVm = z.strictObject({
  id,
  hostId: id.optional(),
  /** Another cluster of the same data center. */
  clusterId: id.optional(),
  /** Also a VM that was said to stay where it is. */
  force: z.boolean().default(false),
})
export type MigrateVm = z.infer<typeof MigrateVm>

/** Input of the job. */
export const MigrateInput = z.strictObject({
  vmId: id,
  name: z.string(),
  /** Only these, when not empty. */
  hostIds: z.array(id).max(1000).default([]),
  clusterId: id.nullable().default(null),
  force: z.boolean().default(false),
  reason: MigrationReason.default('asked'),
})
export type MigrateInput = z.infer<typeof MigrateInput>
