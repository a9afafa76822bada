import type { StorageDomainStatus, StorageDomainType, StorageType } from '@rookery/model'
import { StorageConnection } from '@rookery/protocol'
import { z } from 'zod'
import { id, seenVersion, text } from '../../inventory/input.ts'

/** A storage domain as queries return it. Sizes are bytes. */
export interface StorageDomainRow {
  id: string
  dataCenterId: string | null
  name: string
  description: string
  comment: string
  type: StorageDomainType
  storageType: StorageType
  connection: StorageConnection
  storageFormat: string
  status: StorageDomainStatus
  master: boolean
  available: number
  used: number
  /** Sum of the capacities of its disks. */
  committed: number
  wipeAfterDelete: boolean
  discardAfterDelete: boolean
  backup: boolean
  warningLowSpace: number
  criticalSpaceGib: number
  createdAt: Date
  version: number
}

/** A file of an ISO domain, as the hosts list it. */
export interface IsoFileRow {
  storageDomainId: string
  /** Path below the image directory; oVirt's id and name of the file. */
  name: string
  size: number
}

const domainName = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[A-Za-z0-9_-]+$/, 'may hold letters, digits, - and _ only')

const changeable = {
  description: text().optional(),
  comment: text().optional(),
  wipeAfterDelete: z.boolean().optional(),
  discardAfterDelete: z.boolean().optional(),
  backup: z.boolean().optional(),
  /** Percent. */
  warningLowSpace: z.int().min(0).max(100).optional(),
  criticalSpaceGib: z.int().min(0).optional(),
}

/** Input of `storageDomain.add`: makes an empty domain, unattached. Starts a job. */
export const AddStorageDomain = z.strictObject({
  name: domainName,
  type: z.enum(['data', 'iso', 'export']),
  hostId: id,
  connection: z.union([StorageConnection, z.object({ type: z.enum(['nfs', 'iscsi', 'fcp', 'glusterfs']) })]),
  storageFormat: z.enum(['v1', 'v2', 'v3', 'v4', 'v5']).optional(),
  /** Chosen by bootstrap only. */
  id: id.optional(),
  ...changeable,
})
export type AddStorageDomain = z.infer<typeof AddStorageDomain>

/** Input of `storageDomain.update`. */
export const UpdateStorageDomain = z.strictObject({
  id,
  version: seenVersion,
  name: domainName.optional(),
  /** Whether hosts take its images on the domain itself before they write to them; changed only while nobody uses it. */
  lease: z.boolean().optional(),
  ...changeable,
})
export type UpdateStorageDomain = z.infer<typeof UpdateStorageDomain>

/** Input of `storageDomain.attach`. */
export const AttachStorageDomain = z.strictObject({ id, dataCenterId: id })
export type AttachStorageDomain = z.infer<typeof AttachStorageDomain>
/** Input of `storageDomain.activate`, `.detach`. */
export const OneStorageDomain = z.strictObject({ id })
/** Input of `storageDomain.deactivate`. */
export const DeactivateStorageDomain = z.strictObject({ id, force: z.boolean().default(false) })
/** Input of `storageDomain.remove`. `destroy` forgets it without touching the storage; then no host is needed. */
export const RemoveStorageDomain = z.strictObject({
  id,
  hostId: id.optional(),
  format: z.boolean().default(false),
  destroy: z.boolean().default(false),
})
export type RemoveStorageDomain = z.infer<typeof RemoveStorageDomain>
