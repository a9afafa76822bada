import { z } from 'zod'
import { id } from '../../inventory/input.ts'

/** A graphics console of a VM. */
export interface ConsoleRow {
  vmId: string
  /** Hex of the protocol's name, as oVirt has it. */
  id: string
  protocol: 'vnc'
  /** While running: where a native viewer would look. */
  address: string | null
  /** The port that the last ticket opened there, while its time runs. */
  port: number | null
}

/** A listener for a native viewer, as its run remembers it. */
export interface Viewer {
  address: string
  port: number
}

/** Input of `console.ticket`: one visit to one console. */
export const ConsoleTicketInput = z.strictObject({
  vmId: id,
  protocol: z.enum(['vnc', 'serial']),
  /** `stream`: through the engine's WebSocket. `listen`: a listener at the host for a native viewer (VNC). */
  mode: z.enum(['stream', 'listen']),
  expiresInSeconds: z.int().min(1).max(86_400).default(7200),
  /** A password that the client chose (at most 8 characters count); absent: generated. Only with `listen`. */
  password: z.string().min(1).max(8).optional(),
})
export type ConsoleTicketInput = z.infer<typeof ConsoleTicketInput>

/** A ticket. `value` is the password for a viewer (`listen`), or the one-time ticket of the engine's WebSocket (`stream`). */
export interface ConsoleTicket {
  id: string
  vmId: string
  vmName: string
  protocol: 'vnc' | 'serial'
  value: string
  expiresInSeconds: number
  /** With `listen`: where the viewer connects. */
  address: string | null
  port: number | null
}
