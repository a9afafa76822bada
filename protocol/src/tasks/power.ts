import { z } from 'zod'

/** One line of what a fence agent is told: none of its values may end it and begin another. */
const word = z
  .string()
  .max(1000)
  .regex(/^[^\0\r\n]*$/, 'must be one line')

/** A fence agent: the program that switches a machine's power from outside, and how it reaches what it switches. */
export const FenceDevice = z.strictObject({
  /** `ipmilan` is the program `fence_ipmilan`. */
  type: z
    .string()
    .max(40)
    .regex(/^[a-z0-9_]+$/, 'must be the name of a fence agent without "fence_": lower-case letters, digits and _'),
  address: word.min(1),
  /** TCP port of the device; null: its usual one. */
  port: z.int().min(1).max(65_535).nullable(),
  username: word,
  /** Stays out of logs, arguments and errors. */
  password: word,
  /** Whether to speak to it over an encrypted connection. */
  secure: z.boolean(),
  /** What else its program takes, by its own names; `slot` is the outlet or blade (`plug`). */
  options: z.record(z.string().regex(/^[a-zA-Z0-9_-]{1,60}$/, 'must be the name of an option'), word),
})
export type FenceDevice = z.infer<typeof FenceDevice>

/**
 * Switches the power of another machine by a fence agent, or asks for it. Answers a `PowerState`: how the power is afterwards, as
 * the device says. Content when it is so already. An agent that fails, cannot be found or does not end within the time is an error that quotes it.
 */
export const PowerFence = z.strictObject({
  kind: z.literal('power.fence'),
  action: z.enum(['status', 'off', 'on']),
  device: FenceDevice,
  timeoutSeconds: z.int().min(1).max(600),
})

/** How the power of a machine is. */
export const PowerState = z.object({ power: z.enum(['on', 'off', 'unknown']) })
export type PowerState = z.infer<typeof PowerState>

export const powerTasks = [PowerFence] as const
