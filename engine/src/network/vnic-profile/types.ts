import { z } from 'zod'
import { id, seenVersion, text } from '../../inventory/input.ts'

/** The filter that lets a card send with its own MAC only; its id is the same in every oVirt. */
export const noMacSpoofing = { id: 'd2370ab4-fee3-11e9-a310-8c1645ce738e', name: 'vdsm-no-mac-spoofing' } as const

/** A vNIC profile as queries return it. */
export interface VnicProfileRow {
  id: string
  networkId: string
  dataCenterId: string
  name: string
  description: string
  /** Name of the filter; null: none. */
  networkFilter: string | null
  passThrough: boolean
  portMirroring: boolean
  migratable: boolean
  createdAt: Date
  version: number
}

const profileName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]+$/u, 'must not hold control characters')

/** Input of `vnicProfile.add`. */
export const AddVnicProfile = z.strictObject({
  name: profileName,
  networkId: id,
  description: text().default(''),
  /** Id or name of a filter of the catalogue; null: none; absent: vdsm-no-mac-spoofing. */
  networkFilter: z.string().max(100).nullable().optional(),
  passThrough: z.boolean().default(false),
  portMirroring: z.boolean().default(false),
  migratable: z.boolean().default(true),
})
export type AddVnicProfile = z.infer<typeof AddVnicProfile>

/** Input of `vnicProfile.update`. */
export const UpdateVnicProfile = z.strictObject({
  id,
  version: seenVersion,
  name: profileName.optional(),
  description: text().optional(),
  networkFilter: z.string().max(100).nullable().optional(),
  passThrough: z.boolean().optional(),
  portMirroring: z.boolean().optional(),
  migratable: z.boolean().optional(),
})
export type UpdateVnicProfile = z.infer<typeof UpdateVnicProfile>

/** Input of `vnicProfile.remove`. */
export const OneVnicProfile = z.strictObject({ id })
