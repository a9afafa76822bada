import { isUuid } from '@rookery/model'
import { z } from 'zod'

/** An id in lower case; both cases are accepted. */
export const id = z
  .string()
  .refine(isUuid, 'must be a UUID')
  .transform(text => text.toLowerCase())

/** The name of an object that its data center knows by it: no blanks around it, no control characters. */
export const name = (max: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(max, `must be at most ${max} characters`)
    .regex(/^[\p{L}\p{N}_.+-]+$/u, 'may hold letters, digits and - _ . + only')

/** Free text on one or many lines. */
export const text = (max = 4000) => z.string().max(max, `must be at most ${max} characters`)

/** The version that the asker has seen; another one in the row is a conflict. Absent: no check. */
export const seenVersion = z.int().positive().optional()

/** What every list query takes. */
export const listInput = {
  /** Only these. */
  ids: z.array(id).max(10_000).optional(),
  /** At most so many rows. */
  max: z.int().min(0).max(1_000_000).optional(),
  /** Rows to leave out at the beginning. */
  skip: z.int().min(0).optional(),
}
