import { z } from 'zod'
import { id, seenVersion, text } from '../../inventory/input.ts'

export const networkUsages = ['vm', 'display', 'migration', 'management', 'gluster', 'default_route'] as const
export type NetworkUsage = (typeof networkUsages)[number]

/** A logical network as queries return it. */
export interface NetworkRow {
  id: string
  dataCenterId: string
  name: string
  description: string
  comment: string
  mode: 'nat' | 'bridged' | 'isolated'
  vlan: number | null
  mtu: number
  stp: boolean
  vmNetwork: boolean
  portIsolation: boolean
  createdAt: Date
  version: number
  /** Usages in any of its clusters; `vm` when it is a VM network. */
  usages: NetworkUsage[]
}

/** A network in a cluster. */
export interface ClusterNetworkRow extends NetworkRow {
  clusterId: string
  required: boolean
  /** Operational unless a host that is up lacks a required network. */
  status: 'operational' | 'non_operational'
}

const networkName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}/]+$/u, 'must not hold control characters or a slash')
const mtu = z.int().refine(n => n === 0 || (n >= 68 && n <= 65_520), 'must be 0 (default) or between 68 and 65520')

/** Input of `network.add`. Makes a vNIC profile of the same name unless told otherwise. */
export const AddNetwork = z.strictObject({
  name: networkName,
  dataCenterId: id,
  description: text().default(''),
  comment: text().default(''),
  mode: z.enum(['nat', 'bridged', 'isolated']).default('isolated'),
  vlan: z.int().min(0).max(4094).nullable().default(null),
  mtu: mtu.default(0),
  stp: z.boolean().default(false),
  vmNetwork: z.boolean().default(true),
  portIsolation: z.boolean().default(false),
  profileRequired: z.boolean().default(true),
})
export type AddNetwork = z.infer<typeof AddNetwork>

/** Input of `network.update`. */
export const UpdateNetwork = z.strictObject({
  id,
  version: seenVersion,
  name: networkName.optional(),
  description: text().optional(),
  comment: text().optional(),
  mode: z.enum(['nat', 'bridged', 'isolated']).optional(),
  vlan: z.int().min(0).max(4094).nullable().optional(),
  mtu: mtu.optional(),
  stp: z.boolean().optional(),
  vmNetwork: z.boolean().optional(),
  portIsolation: z.boolean().optional(),
})
export type UpdateNetwork = z.infer<typeof UpdateNetwork>

/** Input of `network.remove`. */
export const OneNetwork = z.strictObject({ id })

/** Input of `clusterNetwork.attach` and `.update`. Usages without `vm` mean nothing for a VM network: the network says that. */
export const AttachNetwork = z.strictObject({
  clusterId: id,
  networkId: id,
  required: z.boolean().optional(),
  usages: z.array(z.enum(networkUsages)).max(6).optional(),
})
export type AttachNetwork = z.infer<typeof AttachNetwork>
/** Input of `clusterNetwork.detach`. */
export const DetachNetwork = z.strictObject({ clusterId: id, networkId: id })
