import { z } from 'zod'
import { uuid } from '../refs.ts'

/**
 * Makes a logical network present on this host; again with other settings changes it. `nat`: a bridge of the agent's own
 * with DHCP and a way out through the host, on the subnet of the agent's configuration. `bridged`: a bridge with the host's own card
 * (`network.uplink` of the agent's configuration) in it, so that guests of all hosts are on one wire; refused (`conflict`, code
 * `network.no_uplink`) on a host without one. `isolated`: a bridge that leads nowhere.
 */
export const NetworkEnsure = z.strictObject({
  kind: z.literal('network.ensure'),
  networkId: uuid,
  name: z.string().min(1).max(256),
  mode: z.enum(['nat', 'bridged', 'isolated']),
  /** Bytes; 0 is the default of 1500. */
  mtu: z.int().min(0).max(65_520),
})
/** Takes a logical network away. Refused (`conflict`) while a guest is plugged into it. Content when it is gone. */
export const NetworkRemove = z.strictObject({ kind: z.literal('network.remove'), networkId: uuid })

export const networkTasks = [NetworkEnsure, NetworkRemove] as const
