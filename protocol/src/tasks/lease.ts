import { z } from 'zod'
import { uuid } from '../refs.ts'

/**
 * Calls another host dead on a storage domain with leases, so that what it holds there can be taken by others; a word about a host that is seen
 * to renew its lease is refused. `fenced` and `confirmed` watch it for half a minute, `expired` wants it to have been watched for long
 * and frees only what time frees. Answers `LeaseDeclared`. Content when it was called dead already.
 */
export const LeaseDeclare = z.strictObject({
  kind: z.literal('lease.declare'),
  storageDomainId: uuid,
  /** The machine's own name for itself, as its facts say. */
  hostUuid: uuid,
  cause: z.enum(['fenced', 'confirmed', 'expired']),
})

/** Whether every life of that host is over on the domain. When not: how many seconds ago it was seen to move, where that is known. */
export const LeaseDeclared = z.object({ dead: z.boolean(), moved: z.number().nullable() })
export type LeaseDeclared = z.infer<typeof LeaseDeclared>

export const leaseTasks = [LeaseDeclare] as const
