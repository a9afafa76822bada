import type { ErrorRecord, TransferPhase } from '@rookery/model'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'

/** An image transfer as queries return it. */
export interface TransferRow {
  id: string
  diskId: string
  projectId: string
  hostId: string | null
  userId: string | null
  /** The secret of the data URL; only its owner and administrators see the row. */
  ticket: string
  direction: 'upload' | 'download'
  format: 'raw' | 'cow'
  phase: TransferPhase
  /** Size of the ticket in bytes. */
  size: number
  transferred: number
  inactivityTimeout: number
  timeoutPolicy: 'legacy' | 'pause' | 'cancel'
  /** What the client calls the file. */
  filename: string | null
  /** The host's data URL with the ticket; null before `transferring`. The proxy has the same path. */
  url: string | null
  /** Whether a client is connected. */
  active: boolean
  lastActiveAt: Date
  error: ErrorRecord | null
  createdAt: Date
  endedAt: Date | null
  version: number
}

/** Input of `imageTransfer.add`. Starts a job. */
export const AddTransfer = z.strictObject({
  diskId: id,
  direction: z.enum(['upload', 'download']).default('upload'),
  /** `raw`: the guest-visible bytes, converted on the way; `cow`: the volume's own bytes. Absent: the volume's own bytes. */
  format: z.enum(['raw', 'cow']).optional(),
  inactivityTimeout: z.int().min(0).max(86_400).default(60),
  timeoutPolicy: z.enum(['legacy', 'pause', 'cancel']).default('legacy'),
  /** Default: the SPM. */
  hostId: id.optional(),
  filename: z.string().max(255).optional(),
})
export type AddTransfer = z.infer<typeof AddTransfer>

/** Input of `imageTransfer.pause`, `.resume`, `.cancel`, `.finalize`, `.extend`. */
export const OneTransfer = z.strictObject({ id })
