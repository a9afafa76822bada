import { z } from 'zod'
import { id, seenVersion } from '../../inventory/input.ts'

/** A network card as queries return it. */
export interface NicRow {
  id: string
  vmId: string
  name: string
  mac: string
  interface: NicInterface
  vnicProfileId: string | null
  networkId: string | null
  linked: boolean
  plugged: boolean
  position: number
  version: number
}

const nicInterface = z.enum(['virtio', 'e1000', 'e1000e', 'rtl8139'])
export type NicInterface = z.infer<typeof nicInterface>
const nicName = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[A-Za-z0-9_.-]+$/, 'may hold letters, digits and - _ . only')
const mac = z
  .string()
  .regex(/^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/, 'must be a MAC address like 56:6f:00:00:00:01')
  .transform(m => m.toLowerCase().replaceAll('-', ':'))

/** Input of `nic.add`. On a running VM it is plugged at once when `plugged`. */
export const AddNic = z.strictObject({
  vmId: id,
  name: nicName,
  interface: nicInterface.default('virtio'),
  /** Null or absent: a card without a network. */
  vnicProfileId: id.nullable().default(null),
  /** Absent: one of the pool. */
  mac: mac.optional(),
  linked: z.boolean().default(true),
  plugged: z.boolean().default(true),
})
export type AddNic = z.infer<typeof AddNic>

/** Input of `nic.update`; what is absent stays. */
export const UpdateNic = z.strictObject({
  vmId: id,
  id,
  version: seenVersion,
  name: nicName.optional(),
  interface: nicInterface.optional(),
  vnicProfileId: id.nullable().optional(),
  mac: mac.optional(),
  linked: z.boolean().optional(),
  plugged: z.boolean().optional(),
})
export type UpdateNic = z.infer<typeof UpdateNic>

/** Input of `nic.remove`. */
export const OneNic = z.strictObject({ vmId: id, id })

/** A device that the guest agent told of. */
export interface ReportedDeviceRow {
  /** Derived from VM and device name; stable. */
  id: string
  vmId: string
  name: string
  mac: string | null
  addresses: string[]
  /** The card with this MAC, when there is one. */
  nicId: string | null
}
