import { z } from 'zod'
import { bytes, uuid, VolumeFormat, VolumeRef } from './refs.ts'

/** Things that a host makes for itself and nobody else knows of. `found` beside what there should be, or `missing` of it. */
export const hostThings = [
  /** A QEMU of this host's that its hypervisor does not know. */
  'guest_process',
  /** Sockets and seed of a guest that is not there. */
  'guest_folder',
  /** What a guest that is not there wrote to its serial line. */
  'serial_log',
  /** A bridge of this host's; `about` is its network. */
  'bridge',
  /** A card that is plugged into one of the bridges and belongs to no guest. */
  'tap',
  /** The DHCP server of a bridge. */
  'dhcp_server',
  /** The packet filter rules of this host, as a whole. */
  'firewall_table',
  /** The rule that keeps a card to its own MAC. */
  'firewall_guard',
  /** A process that serves an image to nobody. */
  'image_server',
  /** The folder of such a process. */
  'image_server_folder',
  /** A file that was to replace another one. */
  'temporary_file',
  /** An image that is being removed. */
  'removed_image',
  /** A volume without its metadata, or a folder without a volume. */
  'half_volume',
  /** A storage domain that is being made or removed. */
  'half_domain',
] as const

const HostThing = z.object({
  kind: z.enum(hostThings),
  /** What a person finds it by: a path, an interface, a process. */
  name: z.string(),
  /** Id of the VM, network or storage domain that it belongs or belonged to, where that is known. */
  about: uuid.nullable(),
})
export type HostThing = z.infer<typeof HostThing>

const run = { vmId: uuid, runId: uuid }
const task = { id: uuid, kind: z.string() }

/**
 * Answer of `GET /v1/inventory?volumes=<storage domain ids>`: everything of this engine's that is on the host, looked at now and not
 * remembered, for a comparison with what the engine knows. Volumes are those of the named domains, as far as they are connected.
 * The host goes on working meanwhile, so one answer proves nothing; what two of them show stands.
 */
export const HostInventory = z.object({
  /** Epoch milliseconds of the host's clock. */
  at: z.number(),
  incarnation: z.int(),
  /** What the hypervisor has. */
  domains: z.array(z.object({ ...run, state: z.string() })),
  /** What the watch says. */
  runs: z.array(z.object(run)),
  storage: z.array(z.object({ storageDomainId: uuid, poolId: uuid.nullable() })),
  volumes: z.array(
    z.object({
      volume: VolumeRef,
      capacity: bytes,
      format: VolumeFormat,
      legal: z.boolean(),
      purpose: z.enum(['data', 'iso', 'memory', 'other']),
    }),
  ),
  /** By the SHA-256 of the ticket in lower case, hexadecimal: the ticket itself is a secret. */
  imageTickets: z.array(z.object({ hash: z.string(), volume: VolumeRef, expired: z.boolean() })),
  /** Consoles that wait for their visitor; `expiresAt` in epoch milliseconds. */
  consoles: z.array(z.object({ runId: uuid, mode: z.enum(['stream', 'listen']), expiresAt: z.number() })),
  networks: z.array(uuid),
  tasks: z.object({
    running: z.array(z.object(task)),
    /** Ended, and no engine has said that it knows: they are kept for ever. */
    unacknowledged: z.array(z.object({ ...task, endedAt: z.number() })),
    /** Acknowledged although they have no end: never, or the journal was tampered with. */
    acknowledgedRunning: z.array(z.object(task)),
  }),
  found: z.array(HostThing),
  missing: z.array(HostThing),
})
export type HostInventory = z.infer<typeof HostInventory>
