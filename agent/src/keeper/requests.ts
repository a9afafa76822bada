import { z } from 'zod'

const resource = z.uuid()
const generation = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
const id = z.int()
const pid = z.int().positive()

/** What an agent asks its host's keeper, one JSON a line on the socket, each answered by one line `{ id, ok } | { id, error }`. */
export const KeeperRequest = z.discriminatedUnion('do', [
  /** The host's lease, everything that it holds, and what it sees of other hosts: `KeeperStatus`. */
  z.strictObject({ id, do: z.literal('status') }),
  /** Takes a resource; answers when it is decided. Content when it is held here and nothing uses it yet, or that very process. */
  z.strictObject({ id, do: z.literal('claim'), resource, timed: z.boolean(), pid: pid.nullable().default(null) }),
  /**
   * The process that now uses a resource that was granted. Refused when the lease ended meanwhile: then end the process. Content when it is
   * told again.
   */
  z.strictObject({ id, do: z.literal('start'), resource, pid }),
  /** Its process goes on, but uses this resource no longer: it is let go. */
  z.strictObject({ id, do: z.literal('leave'), resource }),
  /** Looks now whether the processes are gone, and answers once what nobody uses any more is let go. */
  z.strictObject({ id, do: z.literal('settle'), resources: z.array(resource).max(64) }),
  /** Lets go of what was granted and is not used. What is used is let go by itself when its process is gone. */
  z.strictObject({ id, do: z.literal('release'), resource }),
  /** Target of a migration: waits for a resource that another host holds. Answers `{ from }`. Content when it waits already. */
  z.strictObject({ id, do: z.literal('receive'), resource, timed: z.boolean() }),
  /** Target: the process that will use it is here and stands still. */
  z.strictObject({ id, do: z.literal('arrived'), resource, pid }),
  /** Target: whether it was given. Answers `{ gift: 'given' | 'waiting' | 'lost' }`; with `given` the guest may run. */
  z.strictObject({ id, do: z.literal('gift'), resource }),
  /** Source: when the process that uses it is gone, it goes over to this generation. Null: it does not leave after all. */
  z.strictObject({ id, do: z.literal('handover'), resource, to: generation.nullable() }),
  /** Calls a host dead by one of its generations; answers `{ dead }` when that is decided. */
  z.strictObject({
    id,
    do: z.literal('declare'),
    of: generation,
    cause: z.enum(['expired', 'fenced', 'confirmed', 'rebooted']),
  }),
  /** Leaves the area for good and ends; refused while something is held. */
  z.strictObject({ id, do: z.literal('end') }),
])
export type KeeperRequest = z.infer<typeof KeeperRequest>
/** The same as it is asked. */
export type KeeperQuestion = z.input<typeof KeeperRequest>

/** What a keeper says of itself. */
export const KeeperStatus = z.object({
  generation,
  slot: z.int(),
  counter: z.int(),
  /** It has joined, renews, and was not declared dead. */
  valid: z.boolean(),
  expired: z.boolean(),
  /** Seconds since the last renewal that counts. */
  age: z.number(),
  /** Whether things may be held in a way that time frees. */
  watchdog: z.boolean(),
  resources: z.array(
    z.object({
      resource,
      at: z.string(),
      guest: z.string(),
      timed: z.boolean(),
      epoch: z.int(),
      pid: z.int().nullable(),
    }),
  ),
  /** Other generations that are not over, and how long each was seen not to move. */
  others: z.array(
    z.object({
      generation,
      hostId: z.uuid(),
      unmoved: z.number().nullable(),
      looksDead: z.boolean(),
      dead: z.boolean(),
    }),
  ),
})
export type KeeperStatus = z.infer<typeof KeeperStatus>

/** What the keeper is started with. */
export const KeeperConfig = z.strictObject({
  /** The unix socket for the agent; only root can reach it. */
  socket: z.string().min(1).max(100),
  /** File that the next keeper of this boot goes on from. */
  state: z.string().min(1),
  area: z.string().min(1),
  storageDomainId: z.uuid(),
  hostId: z.uuid(),
  /** What is written to every second as long as nothing is overdue, `/dev/watchdog` say; without one nothing may be held that time frees. */
  watchdog: z.string().nullable(),
})
export type KeeperConfig = z.infer<typeof KeeperConfig>
