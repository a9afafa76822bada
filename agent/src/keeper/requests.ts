import { z } from 'zod'

const resource = z.uuid()
const generation = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')

/** What an agent asks its host's keeper, one JSON a line on the socket, each answered by one line `{ id, ok } | { id, error }`. */
export const KeeperRequest = z.discriminatedUnion('do', [
  /** The host's lease and everything that it holds. */
  z.strictObject({ id: z.int(), do: z.literal('status') }),
  /** Takes a resource; answers when it is decided. */
  z.strictObject({ id: z.int(), do: z.literal('claim'), resource, timed: z.boolean() }),
  /** The process that now uses a resource that was granted. Refused when the lease ended meanwhile: then end the process. */
  z.strictObject({ id: z.int(), do: z.literal('start'), resource, pid: z.int().positive() }),
  /** Lets go of what was granted and is not used. What is used is let go by itself when its process is gone. */
  z.strictObject({ id: z.int(), do: z.literal('release'), resource }),
  z.strictObject({
    id: z.int(),
    do: z.literal('declare'),
    of: generation,
    cause: z.enum(['expired', 'fenced', 'confirmed', 'rebooted']),
  }),
])
export type KeeperRequest = z.infer<typeof KeeperRequest>

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
