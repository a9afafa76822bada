import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../input.ts'
import { listOf } from '../list.ts'
import type { TagAssignmentRow, TagRow } from './types.ts'

/** Every tag, the root first. Tags are labels of the whole installation: whoever has something here may read them. */
export const list = query({
  name: 'tag.list',
  input: listOf({}).omit({ search: true }),
  run: (ctx, i): Promise<TagRow[]> =>
    ctx.sql<TagRow>`select v.* from ${visible(ctx, 'tag')} v where ${i.ids ?? null}::uuid[] is null or v.id = any (${i.ids ?? null}::uuid[])
      order by v.parent_id is not null, v.name limit ${i.max ?? null}::bigint`,
})

/** Which tags are on which objects, among those that the asker may see. */
export const assignments = query({
  name: 'tag.assignments',
  input: z.strictObject({
    objectKind: z.enum(['vm', 'host', 'template', 'user']),
    objectIds: z.array(id).max(10_000).optional(),
    tagIds: z.array(id).max(10_000).optional(),
  }),
  run: (ctx, i): Promise<TagAssignmentRow[]> =>
    ctx.sql<TagAssignmentRow>`
      select t.*, a.object_kind, a.object_id
        from tag_assignment a join tag t on t.id = a.tag_id join ${visible(ctx, i.objectKind)} v on v.id = a.object_id
       where a.object_kind = ${i.objectKind}
         and ${i.objectIds === undefined ? fragment`true` : fragment`a.object_id = any (${i.objectIds}::uuid[])`}
         and ${i.tagIds === undefined ? fragment`true` : fragment`a.tag_id = any (${i.tagIds}::uuid[])`}
       order by t.name, a.object_id`,
})
