import { randomUUID } from 'node:crypto'
import { conflict, notFound, zeroUuid } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { systemRef } from '../../core/kinds.ts'
import { operation } from '../../core/operation.ts'
import { find, lockWord, mustBeSeen } from '../access.ts'
import { AddTag, AssignTag, RemoveTag, type TagRow, UpdateTag } from './types.ts'

const Done = z.object({ id: z.string() })
const permit = { action: 'tag_management', on: () => systemRef } as const

async function freeName(ctx: Ctx, verb: string, name: string, except: string | null): Promise<void> {
  await lockWord(ctx.sql, 'tags')
  const rows =
    await ctx.sql`select 1 from tag where lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  if (rows.length > 0) throw conflict('tag.name_taken', `Cannot ${verb} Tag. The Tag name is already in use.`)
}

/** Makes a tag. */
export const add = operation({
  name: 'tag.add',
  input: AddTag,
  output: Done,
  permit,
  async run(ctx, i) {
    await freeName(ctx, 'add', i.name, null)
    const parentId = i.parentId ?? zeroUuid
    await find(ctx, 'tag', parentId)
    const id = randomUUID()
    await ctx.sql`insert into tag (id, name, description, parent_id) values (${id}, ${i.name}, ${i.description}, ${parentId})`
    ctx.changed('tag', id)
    ctx.event('tag.added', { refs: [{ kind: 'tag', id, name: i.name }], args: { tag: i.name } })
    return { id }
  },
})

/** Renames, describes or moves a tag. */
export const update = operation({
  name: 'tag.update',
  input: UpdateTag,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<TagRow>(ctx, 'tag', i.id)
    mustBeSeen(row, i.version)
    if (row.parentId === null && (i.name !== undefined || i.parentId !== undefined))
      throw conflict('tag.root', 'Cannot edit Tag. The root tag can neither be renamed nor moved.')
    if (i.name !== undefined) await freeName(ctx, 'edit', i.name, i.id)
    if (i.parentId !== undefined) {
      await find(ctx, 'tag', i.parentId)
      const below = await ctx.sql<{ id: string }>`
        with recursive tree as (select id from tag where id = ${i.id}::uuid
          union select t.id from tag t join tree on t.parent_id = tree.id) select id from tree`
      if (below.some(t => t.id === i.parentId))
        throw conflict('tag.cycle', 'Cannot edit Tag. A tag cannot hang below itself.')
    }
    const name = i.name ?? row.name
    await ctx.sql`update tag set name = ${name}, description = ${i.description ?? row.description},
      parent_id = ${i.parentId ?? row.parentId}, version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('tag', i.id)
    ctx.event('tag.updated', { refs: [{ kind: 'tag', id: i.id, name }], args: { tag: name } })
    return { id: i.id }
  },
})

/** Removes a tag with the tags below it, from wherever they were put. */
export const remove = operation({
  name: 'tag.remove',
  input: RemoveTag,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<TagRow>(ctx, 'tag', i.id)
    if (row.parentId === null) throw conflict('tag.root', 'Cannot remove Tag. The root tag cannot be removed.')
    const gone = await ctx.sql<{ id: string }>`
      with recursive tree as (select id from tag where id = ${i.id}::uuid
        union select t.id from tag t join tree on t.parent_id = tree.id)
      select id from tree`
    const ids = gone.map(t => t.id)
    for (const id of ids) ctx.changed('tag', id, { gone: true })
    await ctx.sql`update tag set parent_id = null where id = any (${ids}::uuid[])`
    await ctx.sql`delete from tag where id = any (${ids}::uuid[])`
    ctx.event('tag.removed', { refs: [{ kind: 'tag', id: i.id, name: row.name }], args: { tag: row.name } })
    return { id: i.id }
  },
})

/** Puts a tag on an object; again is nothing new. */
export const assign = operation({
  name: 'tag.assign',
  input: AssignTag,
  output: Done,
  permit,
  async run(ctx, i) {
    const tag = await find<TagRow>(ctx, 'tag', i.tagId)
    const object = await find<{ id: string; name: string }>(ctx, i.objectKind, i.objectId)
    const added = await ctx.sql.run`insert into tag_assignment (tag_id, object_kind, object_id)
      values (${i.tagId}, ${i.objectKind}, ${i.objectId}) on conflict do nothing`
    if (added > 0) {
      ctx.changed(i.objectKind, i.objectId)
      const refs = [
        { kind: 'tag' as const, id: i.tagId },
        { kind: i.objectKind, id: i.objectId, name: object.name },
      ]
      ctx.event(`tag.attached.${i.objectKind}`, { refs, args: { tag: tag.name, object: object.name } })
    }
    return { id: i.tagId }
  },
})

/** Takes a tag from an object. */
export const unassign = operation({
  name: 'tag.unassign',
  input: AssignTag,
  output: Done,
  permit,
  async run(ctx, i) {
    const tag = await find<TagRow>(ctx, 'tag', i.tagId)
    const object = await find<{ id: string; name: string }>(ctx, i.objectKind, i.objectId)
    const removed = await ctx.sql.run`delete from tag_assignment
      where tag_id = ${i.tagId}::uuid and object_kind = ${i.objectKind} and object_id = ${i.objectId}::uuid`
    if (removed === 0) throw notFound('tag.not_assigned', `${object.name} does not carry the tag ${tag.name}.`)
    ctx.changed(i.objectKind, i.objectId)
    const refs = [
      { kind: 'tag' as const, id: i.tagId },
      { kind: i.objectKind, id: i.objectId, name: object.name },
    ]
    ctx.event(`tag.detached.${i.objectKind}`, { refs, args: { tag: tag.name, object: object.name } })
    return { id: i.tagId }
  },
})
