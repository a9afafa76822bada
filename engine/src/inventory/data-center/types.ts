import { z } from 'zod'
import { id, name, seenVersion, text } from '../input.ts'

/** Every status of a data center; oVirt's words. Derived from its storage and its SPM, never stored. */
export const dataCenterStatuses = [
  'uninitialized',
  'up',
  'maintenance',
  'not_operational',
  'problematic',
  'contend',
] as const
export type DataCenterStatus = (typeof dataCenterStatuses)[number]

/** A data center as queries return it. */
export interface DataCenterRow {
  id: string
  name: string
  description: string
  comment: string
  /** Storage lives on the hosts themselves. */
  local: boolean
  quotaMode: 'disabled' | 'audit' | 'enabled'
  levelMajor: number
  levelMinor: number
  defaultProjectId: string
  createdAt: Date
  version: number
  status: DataCenterStatus
  /** Format of its data domains; null while it has none. */
  storageFormat: string | null
  macPoolId: string
}

const level = z.strictObject({ major: z.literal(4), minor: z.int().min(2).max(8) })

/** Input of `dataCenter.add`. */
export const AddDataCenter = z.strictObject({
  name: name(40),
  local: z.boolean(),
  description: text().default(''),
  comment: text().default(''),
  quotaMode: z.enum(['disabled', 'audit', 'enabled']).default('disabled'),
  level: level.default({ major: 4, minor: 7 }),
})
export type AddDataCenter = z.infer<typeof AddDataCenter>

/** Input of `dataCenter.update`; what is absent stays. */
export const UpdateDataCenter = z.strictObject({
  id,
  version: seenVersion,
  name: name(40).optional(),
  local: z.boolean().optional(),
  description: text().optional(),
  comment: text().optional(),
  quotaMode: z.enum(['disabled', 'audit', 'enabled']).optional(),
  level: level.optional(),
})
export type UpdateDataCenter = z.infer<typeof UpdateDataCenter>

/** Input of `dataCenter.remove`. `force` forgets its storage domains without touching them. */
export const RemoveDataCenter = z.strictObject({ id, force: z.boolean().default(false) })
export type RemoveDataCenter = z.infer<typeof RemoveDataCenter>
