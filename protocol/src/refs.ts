import { z } from 'zod'

/** A lower-case UUID; upper case is accepted and lowered. `guid`: oVirt has fixed ids that are no UUIDs by the RFC, such as 00000000-0000-0000-0000-000000000009. */
export const uuid = z.guid().transform(text => text.toLowerCase())

/** A count of bytes that a double holds exactly. */
export const bytes = z.int().nonnegative()

/** One volume (file) of an image on a storage domain, in oVirt's V5 layout: `images/<imageId>/<volumeId>`. */
export const VolumeRef = z.strictObject({ storageDomainId: uuid, imageId: uuid, volumeId: uuid })
export type VolumeRef = z.infer<typeof VolumeRef>

/** A file of an ISO domain, by its path below the domain's image directory; never absolute, never with `..`. */
export const IsoRef = z.strictObject({
  storageDomainId: uuid,
  file: z
    .string()
    .min(1)
    .max(255)
    .refine(
      f => !f.startsWith('/') && !f.split('/').includes('..') && !f.includes('\0'),
      'must be a relative path inside the domain',
    ),
})
export type IsoRef = z.infer<typeof IsoRef>

/** How the bytes of a volume are laid out. Always said, never guessed from the content. */
export const VolumeFormat = z.enum(['raw', 'qcow2'])
export type VolumeFormat = z.infer<typeof VolumeFormat>

/**
 * Who may change the storage of a data center now. A host remembers the highest epoch that it has seen of a pool
 * and refuses tasks of an older one with `conflict`, code `spm.stale_epoch`.
 */
export const SpmEpoch = z.strictObject({ poolId: uuid, epoch: z.int().positive() })
export type SpmEpoch = z.infer<typeof SpmEpoch>
