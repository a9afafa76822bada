import { KiB, MiB } from '@rookery/model'

/** Files of a domain's `dom_md` folder: names, sizes in bytes and modes as oVirt's hosts make them (layout V5). */
export const specialFiles = {
  /** Lockspace of the domain: one slot of a sector for each of 2000 hosts. Valid and unused here. */
  ids: { size: MiB, mode: 0o660 },
  /** The lease of the pool's manager lives in the second MiB; the first stays a hole. */
  leases: { size: 2 * MiB, mode: 0o660 },
  inbox: { size: 16 * MiB, mode: 0o660 },
  outbox: { size: 16 * MiB, mode: 0o660 },
} as const

/** Mode of folders of the layout. */
export const folderMode = 0o755
/** Mode of `metadata` and `*.meta`. */
export const metadataMode = 0o644
/** Mode of volume data. */
export const volumeMode = 0o660

/** The folder below `images/` that holds the files of an ISO domain. */
export const isoImageId = '11111111-1111-1111-1111-111111111111'
/** Prefix of an image folder that is being removed. */
export const removePrefix = '_remove_me_'

/** Capacities of V5 volumes are multiples of this many bytes. */
export const capacityStep = 4 * KiB

/** User and group of everything in a domain: oVirt's `vdsm:kvm`, whatever these numbers are called on this host. */
export const layoutUid = 36
export const layoutGid = 36
