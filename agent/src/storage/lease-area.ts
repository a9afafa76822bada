import { randomUUID } from 'node:crypto'
import { RookeryError } from '@rookery/model'
import type { StorageConnection } from '@rookery/protocol'
import { makeAreaFile, openAreaFile } from '../lease/area-file.ts'
import { defaultTimes } from '../lease/times.ts'
import type { Owner } from './files.ts'
import type { DomainPaths } from './layout/paths.ts'

/** Whether hosts take the images of a domain that is reached so before they write to them. */
export const isLeased = (connection: StorageConnection | undefined): boolean =>
  connection?.type === 'posixfs' && connection.lease === true

/** Where a domain keeps its leases. */
export const leaseArea = (paths: DomainPaths): string => `${paths.metadataFolder}/rookery_leases`

/** How many hosts there may be, and how their entries are spread: 66 MiB, of which only what is used takes room. */
const size = { slots: 256, buckets: 64 } as const

/**
 * Makes the lease area of a domain unless it has one, and looks whether it can be used here. Hosts may do this at once.
 * @throws RookeryError as `openAreaFile`
 */
export async function ensureLeaseArea(paths: DomainPaths, storageDomainId: string, owner: Owner): Promise<string> {
  const path = leaseArea(paths)
  try {
    await makeAreaFile(path, { areaId: randomUUID(), storageDomainId, ...size, times: defaultTimes }, owner)
  } catch (error) {
    if (!(error instanceof RookeryError) || error.code !== 'lease.area_exists') throw error
  }
  const { file } = await openAreaFile(path, storageDomainId)
  await file.close()
  return path
}
