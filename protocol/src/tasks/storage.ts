import { z } from 'zod'
import { bytes, SpmEpoch, uuid, VolumeFormat, VolumeRef } from '../refs.ts'

/**
 * How a host reaches a storage domain. `localfs`: `path` is a directory of the one host that has it. `posixfs`: every host of the data
 * center mounts `path` (a device, an export, a directory) with `mount -t vfsType -o mountOptions`, as an administrator would; a directory
 * that all hosts see at the same place is `vfsType` "none" with `mountOptions` "bind".
 */
export const StorageConnection = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('localfs'), path: z.string().regex(/^\/[^\0\n]{0,1000}$/) }),
  z.strictObject({
    type: z.literal('posixfs'),
    path: z.string().regex(/^[^\0\n-][^\0\n]{0,1000}$/, 'must not be empty, nor begin with a hyphen'),
    vfsType: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
    mountOptions: z
      .string()
      .regex(/^[^\0\s]{0,500}$/, 'must not hold spaces')
      .default(''),
    /** Hosts take each image that they write to on the domain itself, so that no two ever write to one: docs/decisions/storage-lease.md. */
    lease: z.boolean().optional(),
  }),
])
export type StorageConnection = z.infer<typeof StorageConnection>

const at = { storageDomainId: uuid, connection: StorageConnection }

/**
 * Makes an empty storage domain in oVirt's layout (V5 for data, V1 for iso) below the path. Refuses (`conflict`, code
 * `storage.not_empty`) a path that holds another domain. Content when this very domain is there.
 */
export const DomainCreate = z.strictObject({
  kind: z.literal('storage.create'),
  ...at,
  type: z.enum(['data', 'iso']),
  name: z.string().min(1).max(50),
})
/** Makes the domain usable on this host and starts reporting its space in the watch. Result: `DomainInfo`. */
export const DomainConnect = z.strictObject({ kind: z.literal('storage.connect'), ...at })
/** Stops using the domain on this host. Content when it is not connected. */
export const DomainDisconnect = z.strictObject({ kind: z.literal('storage.disconnect'), storageDomainId: uuid })
/** Writes pool id and role into the domain's metadata. Refuses (`conflict`, `storage.attached_elsewhere`) another pool's. */
export const DomainAttach = z.strictObject({
  kind: z.literal('storage.attach'),
  storageDomainId: uuid,
  spm: SpmEpoch,
  poolName: z.string().max(255),
  role: z.enum(['Master', 'Regular']),
  /** Every domain of the pool, for the master's metadata. */
  poolDomains: z.array(uuid).max(1000),
})
/** Takes the pool id out of the domain's metadata. Content when none is in it. */
export const DomainDetach = z.strictObject({ kind: z.literal('storage.detach'), storageDomainId: uuid, spm: SpmEpoch })
/** Removes the domain's files. Refuses one that is attached. Content when nothing is there. */
export const DomainFormat = z.strictObject({ kind: z.literal('storage.format'), ...at })
/** What a domain says about itself. */
export const DomainInfo = z.strictObject({
  storageDomainId: uuid,
  type: z.enum(['data', 'iso']),
  name: z.string(),
  version: z.int(),
  poolId: uuid.nullable(),
  role: z.enum(['Master', 'Regular']),
})
export type DomainInfo = z.infer<typeof DomainInfo>

const volume = { volume: VolumeRef, spm: SpmEpoch }

/**
 * Makes the first volume of an image, with its metadata. Content when it is there with the same format and capacity.
 * `purpose` becomes DISKTYPE: a disk, an ISO kept on a data domain, or a guest's saved memory.
 */
export const VolumeCreate = z.strictObject({
  kind: z.literal('volume.create'),
  ...volume,
  diskId: uuid,
  capacity: bytes,
  format: VolumeFormat,
  /** True: blocks are taken when written. False: all at once, raw only. */
  sparse: z.boolean(),
  alias: z.string().max(255),
  description: z.string().max(4096),
  purpose: z.enum(['data', 'iso', 'memory']),
})
/** Removes an image with all its volumes; with `wipe` the bytes are overwritten first. Content when it is gone. */
export const ImageRemove = z.strictObject({
  kind: z.literal('image.remove'),
  storageDomainId: uuid,
  imageId: uuid,
  spm: SpmEpoch,
  wipe: z.boolean(),
})
/** Grows a volume. Content when it is that large; smaller is refused. With a run: the running guest sees it too. */
export const VolumeExtend = z.strictObject({
  kind: z.literal('volume.extend'),
  ...volume,
  format: VolumeFormat,
  capacity: bytes,
  run: z.strictObject({ vmId: uuid, runId: uuid, diskId: uuid }).nullable(),
})
/** Reads size and facts of a volume. Result: `VolumeInfo`. */
export const VolumeMeasure = z.strictObject({
  kind: z.literal('volume.measure'),
  volume: VolumeRef,
  format: VolumeFormat,
})
/**
 * Judges a volume whose bytes a user wrote, confined: the format is what was said, no backing file, no data file, no
 * snapshots, no absurd tables, the virtual size no more than the capacity. Marks it legal and the result is `VolumeInfo`;
 * otherwise `invalid` (code `image.refused.<why>`) and it stays illegal.
 */
export const VolumeVerify = z.strictObject({
  kind: z.literal('volume.verify'),
  ...volume,
  format: VolumeFormat,
  capacity: bytes,
})
/** Renames what the metadata calls the disk. */
export const VolumeDescribe = z.strictObject({
  kind: z.literal('volume.describe'),
  ...volume,
  alias: z.string().max(255),
  description: z.string().max(4096),
})
/** Sizes of a volume in bytes: what the guest sees, and what the file takes. */
export const VolumeInfo = z.strictObject({
  capacity: bytes,
  actualSize: bytes,
  format: VolumeFormat,
  /** Length of the file, holes included: what a download of a qcow2's own bytes transfers. */
  fileSize: bytes.optional(),
})
export type VolumeInfo = z.infer<typeof VolumeInfo>

/**
 * Lets whoever holds the ticket read or write a volume by the imageio protocol, at the agent's data port and through
 * `/v1/images/{ticket}`. `serve`: `volume` are the file's own bytes; `raw` the guest-visible bytes, converted on the way.
 * While it lives, the volume of a write ticket is illegal. Again with the same ticket: renews the time. Result: `TicketResult`.
 */
export const ImageTicket = z.strictObject({
  kind: z.literal('image.ticket'),
  ...volume,
  ticket: uuid,
  ops: z.enum(['read', 'write']),
  format: VolumeFormat,
  serve: z.enum(['volume', 'raw']),
  size: bytes,
  expiresInSeconds: z.int().min(1).max(86_400),
  inactivityTimeoutSeconds: z.int().min(0).max(86_400),
  filename: z.string().max(255).nullable(),
})
/**
 * Where clients reach the data port, and how the ticket has been used: bytes transferred so far (each counted once), whether a request is
 * running now, and whole seconds since the last one ended.
 */
export const TicketResult = z.strictObject({
  url: z.string(),
  transferred: bytes.optional(),
  active: z.boolean().optional(),
  idleSeconds: z.int().nonnegative().optional(),
})
export type TicketResult = z.infer<typeof TicketResult>
/** Ends a ticket, waiting for its running requests; whatever was written is flushed. Content when unknown. */
export const ImageTicketEnd = z.strictObject({ kind: z.literal('image.ticket.end'), ticket: uuid })

export const storageTasks = [
  DomainCreate,
  DomainConnect,
  DomainDisconnect,
  DomainAttach,
  DomainDetach,
  DomainFormat,
  VolumeCreate,
  ImageRemove,
  VolumeExtend,
  VolumeMeasure,
  VolumeVerify,
  VolumeDescribe,
  ImageTicket,
  ImageTicketEnd,
] as const
