import { errorKinds } from '@rookery/model'
import { z } from 'zod'
import { uuid } from './refs.ts'
import { Task } from './tasks/index.ts'

/** Body of `PUT /v1/tasks/{id}`. */
export const TaskRequest = z.strictObject({
  /** When the engine's job was created (epoch milliseconds): ids are kept 7 days, older requests get 410. */
  jobCreatedAt: z.int().nonnegative(),
  task: Task,
})
export type TaskRequest = z.infer<typeof TaskRequest>

/** An error as it crosses the wire (model's ErrorRecord). */
export const WireError = z.strictObject({
  kind: z.enum(errorKinds),
  code: z.string(),
  message: z.string(),
  detail: z.unknown().optional(),
  ref: z.strictObject({ kind: z.string(), id: z.string() }).optional(),
})
export type WireError = z.infer<typeof WireError>

/**
 * How a task stands. `finished` carries the result and the (incarnation, seq) at which its effect was visible: a listing
 * that is newer and lacks the run means that the run ended. `cancelled`: it was not done, or what was done was undone.
 */
export const TaskState = z.discriminatedUnion('state', [
  z.object({ id: uuid, state: z.literal('running'), progress: z.number().min(0).max(100).nullable() }),
  z.object({ id: uuid, state: z.literal('finished'), result: z.unknown(), incarnation: z.int(), seq: z.int() }),
  z.object({ id: uuid, state: z.literal('failed'), error: WireError, incarnation: z.int(), seq: z.int() }),
  z.object({ id: uuid, state: z.literal('cancelled') }),
])
export type TaskState = z.infer<typeof TaskState>
