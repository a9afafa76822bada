import { z } from 'zod'
import { id, seenVersion, text } from '../input.ts'

/** A tag as queries return it; the root has the all-zero id and no parent. */
export interface TagRow {
  id: string
  name: string
  description: string
  parentId: string | null
  version: number
}

/** A tag on an object. */
export interface TagAssignmentRow extends TagRow {
  objectKind: 'vm' | 'host' | 'template' | 'user'
  objectId: string
}

const tagName = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[^,\n]+$/, 'must not hold a comma')
const object = { objectKind: z.enum(['vm', 'host', 'template', 'user']), objectId: id }

/** Input of `tag.add`; without a parent it hangs below the root. */
export const AddTag = z.strictObject({ name: tagName, description: text().default(''), parentId: id.optional() })
/** Input of `tag.update`. */
export const UpdateTag = z.strictObject({
  id,
  version: seenVersion,
  name: tagName.optional(),
  description: text().optional(),
  parentId: id.optional(),
})
/** Input of `tag.remove`: its children go with it. */
export const RemoveTag = z.strictObject({ id })
/** Input of `tag.assign` and `tag.unassign`. */
export const AssignTag = z.strictObject({ tagId: id, ...object })
