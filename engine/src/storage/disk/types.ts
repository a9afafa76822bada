import { type DiskStatus, TiB } from '@rookery/model'
import { z } from 'zod'
import { id, seenVersion, text } from '../../inventory/input.ts'

/** A disk as queries return it. Sizes are bytes. */
export interface DiskRow {
  id: string
  projectId: string
  alias: string
  description: string
  storageDomainId: string
  dataCenterId: string | null
  imageId: string
  volumeId: string
  format: 'raw' | 'qcow2'
  sparse: boolean
  contentType: 'data' | 'iso' | 'memory_dump_volume'
  capacity: number
  actualSize: number
  shareable: boolean
  wipeAfterDelete: boolean
  propagateErrors: boolean
  backup: 'none' | 'incremental'
  status: DiskStatus
  createdAt: Date
  modifiedAt: Date
  version: number
  /** VMs that it is attached to. */
  vmIds: string[]
}

/** Capacities that a disk may have (bytes). */
export const diskCapacity = z
  .int()
  .min(1)
  .max(500 * TiB)

const alias = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}]+$/u, 'must not hold control characters')

/** What a new disk is, without the place. */
export const NewDisk = z.strictObject({
  /** Chosen by the client; taken ids are a conflict. */
  id: id.optional(),
  /** A client's wish for the volume's id. */
  volumeId: id.optional(),
  alias: alias.optional(),
  description: text().default(''),
  storageDomainId: id.optional(),
  capacity: diskCapacity,
  format: z.enum(['raw', 'qcow2']),
  /** Default: qcow2 is sparse, raw is not. */
  sparse: z.boolean().optional(),
  contentType: z.enum(['data', 'iso']).default('data'),
  shareable: z.boolean().default(false),
  wipeAfterDelete: z.boolean().optional(),
  propagateErrors: z.boolean().default(false),
  backup: z.enum(['none', 'incremental']).default('none'),
  /** Understood and, on files, without effect: space is taken when written. */
  initialSize: z.int().nonnegative().optional(),
})
export type NewDisk = z.infer<typeof NewDisk>

/** Input of `disk.add`: makes the disk; starts a job. */
export const AddDisk = NewDisk
export type AddDisk = NewDisk

/** Input of `disk.update`. A larger capacity starts a job, a smaller one is refused. */
export const UpdateDisk = z.strictObject({
  id,
  version: seenVersion,
  alias: alias.optional(),
  description: text().optional(),
  capacity: diskCapacity.optional(),
  shareable: z.boolean().optional(),
  wipeAfterDelete: z.boolean().optional(),
  propagateErrors: z.boolean().optional(),
  backup: z.enum(['none', 'incremental']).optional(),
})
export type UpdateDisk = z.infer<typeof UpdateDisk>

/** Input of `disk.remove`. */
export const OneDisk = z.strictObject({ id })
