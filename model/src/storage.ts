import { allowed } from './allowed.ts'

/** Every status of a storage domain in its data center; oVirt's words. */
export const storageDomainStatuses = [
  'unattached',
  'locked',
  'active',
  'inactive',
  'activating',
  'preparing_for_maintenance',
  'maintenance',
  'detaching',
  'unknown',
] as const
export type StorageDomainStatus = (typeof storageDomainStatuses)[number]

/** What a storage domain is for. */
export const storageDomainTypes = ['data', 'iso', 'export'] as const
export type StorageDomainType = (typeof storageDomainTypes)[number]

/** How hosts reach it. This release serves `localfs`; the others are known words. */
export const storageTypes = ['localfs', 'nfs', 'posixfs', 'iscsi'] as const
export type StorageType = (typeof storageTypes)[number]

/** From which status each action on a storage domain works. */
export const storageDomainCan = allowed<
  StorageDomainStatus,
  Record<'activate' | 'deactivate' | 'use' | 'detach', readonly StorageDomainStatus[]>
>('storageDomain', {
  activate: ['maintenance', 'inactive', 'unknown'],
  deactivate: ['active', 'inactive', 'unknown'],
  use: ['active'],
  detach: ['maintenance'],
})

/** Every status of a disk. */
export const diskStatuses = ['ok', 'locked', 'illegal'] as const
export type DiskStatus = (typeof diskStatuses)[number]

/** From which status each action on a disk works. */
export const diskCan = allowed<DiskStatus, Record<'use' | 'remove' | 'transfer' | 'extend', readonly DiskStatus[]>>(
  'disk',
  {
    use: ['ok'],
    remove: ['ok', 'illegal'],
    transfer: ['ok'],
    extend: ['ok'],
  },
)

/** Phases of an image transfer that this engine shows (fact sheet 2.4, Image transfers). */
export const transferPhases = [
  'initializing',
  'transferring',
  'resuming',
  'paused_system',
  'paused_user',
  'cancelled_system',
  'cancelled_user',
  'finalizing_success',
  'finalizing_failure',
  'finalizing_cleanup',
  'finished_success',
  'finished_failure',
  'finished_cleanup',
] as const
export type TransferPhase = (typeof transferPhases)[number]

/** From which phase each action on a transfer works. */
export const transferCan = allowed<
  TransferPhase,
  Record<'pause' | 'resume' | 'extend' | 'cancel' | 'finalize', readonly TransferPhase[]>
>('transfer', {
  pause: ['transferring'],
  resume: ['paused_system', 'paused_user'],
  extend: ['transferring', 'paused_system', 'paused_user'],
  cancel: ['initializing', 'transferring', 'resuming', 'paused_system', 'paused_user'],
  finalize: ['transferring', 'paused_system', 'paused_user'],
})
