import { z } from 'zod'
import { uuid } from './refs.ts'

/**
 * How a machine becomes a host by its own word: it makes a key, and sends this with a token that an administrator was given to the engine's
 * `POST /api/enroll`. The key itself never leaves the machine.
 */
export const EnrolmentRequest = z.strictObject({
  token: z.string().min(20).max(200),
  /** A certificate request (PEM). Only its key counts; what stands in the certificate, the engine decides. */
  request: z.string().min(1).max(10_000),
  hostUuid: uuid,
  hostname: z.string().min(1).max(255),
  /** Name or address by which the engine reaches the agent. */
  address: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, 'must be a host name or an address'),
  port: z.int().min(1).max(65_535),
  agentVersion: z.string().min(1).max(50),
  /** The machine's own clock, epoch milliseconds. */
  now: z.int().positive(),
})
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>

/** What the new host is told. */
export const EnrolmentAnswer = z.object({
  hostId: uuid,
  /** What people call it. */
  name: z.string(),
  /** This installation; the agent touches no domain of another. */
  engineId: uuid,
  /** The common name of the certificate by which the engine shows itself. */
  clientName: z.string(),
  certificate: z.string(),
  ca: z.string(),
})
export type EnrolmentAnswer = z.infer<typeof EnrolmentAnswer>
