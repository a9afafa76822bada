import { z } from 'zod'
import { id } from '../../inventory/input.ts'

/** The one CD drive of a VM: what is in it at each start, and what is in it now. */
export interface CdromRow {
  vmId: string
  /** File name on the ISO domain, or the id of an ISO disk; null: empty. */
  stored: string | null
  /** The same for the running VM; null also without a run. */
  current: string | null
}

/** Input of `cdrom.update`. */
export const UpdateCdrom = z.strictObject({
  vmId: id,
  /** File name on an active ISO domain, or the id of an ISO disk; null ejects. */
  file: z.string().min(1).max(255).nullable(),
  /** Only the running VM; without it only what is stored. */
  current: z.boolean().default(false),
})
export type UpdateCdrom = z.infer<typeof UpdateCdrom>
