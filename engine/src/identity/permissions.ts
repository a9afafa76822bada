import { randomUUID } from 'node:crypto'
import { forbidden, invalid, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Actor, Ctx } from '../core/ctx.ts'
import { type EntityKind, isRowKind, kindSpec, type Ref, type RowKind, systemRef } from '../core/kinds.ts'
import { operation } from '../core/operation.ts'
import { query } from '../core/query.ts'
import { holds, visible } from '../core/visible.ts'
import { fragment, ident, join, type Sql } from '../db/index.ts'
import { isPermit } from './permits.ts'
import { roleId } from './roles.ts'
import { principal } from './sessions.ts'
import { mustKeepAnAdministrator } from './user-operations.ts'
import type { RoleRow } from './users.ts'

/** Kinds of objects that permissions can be given on. */
export const permissionKinds = [
  'system',
  'data_center',
  'cluster',
  'host',
  'storage_domain',
  'disk',
  'network',
  'vnic_profile',
  'vm',
  'template',
  'mac_pool',
] as const satisfies readonly EntityKind[]

/** A permission as queries return it; `inherited` when it was given on an object above. */
export interface PermissionRow {
  id: string
  userId: string
  roleId: string
  objectKind: (typeof permissionKinds)[number]
  objectId: string
  createdAt: Date
}

const Target = z.strictObject({ objectKind: z.enum(permissionKinds), objectId: z.guid().default(systemRef.id) })
const target = (i: { objectKind: EntityKind; objectId: string }): Ref =>
  i.objectKind === 'system' ? systemRef : { kind: i.objectKind, id: i.objectId }

/** Gives a user a role on an object. Nobody can give what he does not hold himself there. */
export const addPermission = operation({
  name: 'permission.add',
  input: Target.extend({ userId: z.guid(), roleId: z.guid() }),
  permit: { action: 'manipulate_permissions', on: target },
  run: async (ctx, i) => {
    const role = await ctx.sql.maybe<RoleRow>`select * from role where id = ${i.roleId}::uuid`
    if (role === undefined) throw notFound('role.not_found', `Entity not found: Role: id=${i.roleId}`)
    const user = await ctx.sql.maybe<{ name: string; profile: string }>`
      select name, profile from users where id = ${i.userId}::uuid`
    if (user === undefined) throw notFound('user.not_found', `Entity not found: User: id=${i.userId}`)
    const on = target(i)
    for (const permit of role.permits)
      if (isPermit(permit) && !(await holds(ctx.sql, ctx.actor, permit, on)))
        throw forbidden(
          'permission.beyond_own',
          `${ctx.actor.name} cannot give ${role.name} here: it holds ${permit}, which ${ctx.actor.name} lacks.`,
        )
    const id = await insertPermission(ctx.sql, i.userId, i.roleId, on)
    ctx.event('permission.added', {
      refs: [on, { kind: 'user', id: i.userId, name: user.name }],
      args: { name: principal(user.name, user.profile), role: role.name, object: await nameOf(ctx, on) },
    })
    touched(ctx, id, i.userId)
    return { id }
  },
})

/** Takes a permission away. */
export const removePermission = operation({
  name: 'permission.remove',
  input: z.strictObject({ permissionId: z.guid() }),
  permit: {
    action: 'manipulate_permissions',
    on: async (i, sql) => {
      const row = await sql.maybe<PermissionRow>`select * from permission where id = ${i.permissionId}::uuid`
      return row === undefined ? { kind: 'permission', id: i.permissionId } : target(row)
    },
  },
  run: async (ctx, i) => {
    const row = await ctx.sql.maybe<PermissionRow & { role: string; name: string; profile: string }>`
      select p.*, r.name as role, u.name, u.profile from permission p join role r on r.id = p.role_id join users u on u.id = p.user_id
       where p.id = ${i.permissionId}::uuid for update of p`
    if (row === undefined) throw notFound('permission.not_found', `There is no permission with id ${i.permissionId}.`)
    if (row.roleId === roleId('SuperUser') && row.objectKind === 'system')
      await mustKeepAnAdministrator(ctx, row.userId)
    const on = target(row)
    ctx.changed('permission', row.id, { gone: true })
    await ctx.sql`delete from permission where id = ${row.id}::uuid`
    ctx.event('permission.removed', {
      refs: [on, { kind: 'user', id: row.userId, name: row.name }],
      args: { name: principal(row.name, row.profile), role: row.role, object: await nameOf(ctx, on) },
    })
    ctx.changed('user', row.userId)
  },
})

function touched(ctx: Ctx, permissionId: string, userId: string): void {
  ctx.changed('permission', permissionId)
  ctx.changed('user', userId)
}

async function nameOf(ctx: Ctx, ref: Ref): Promise<string> {
  if (ref.kind === 'system') return 'the system'
  const column = ref.kind === 'disk' ? 'alias' : 'name'
  const row = await ctx.sql.maybe<{ name: string }>`
    select ${ident(column)} as name from ${ident(kindSpec(ref.kind).base)} where id = ${ref.id}::uuid`
  return `${kindSpec(ref.kind).word} ${row?.name ?? ref.id}`
}

/** Writes a permission; the same one again is the one that is there. */
async function insertPermission(sql: Sql, userId: string, role: string, on: Ref): Promise<string> {
  const rows = await sql<{ id: string }>`
    insert into permission (id, user_id, role_id, object_kind, object_id)
    values (${randomUUID()}::uuid, ${userId}::uuid, ${role}::uuid, ${on.kind}, ${on.id}::uuid)
    on conflict (user_id, role_id, object_kind, object_id) do update set role_id = excluded.role_id returning id`
  return (rows[0] as { id: string }).id
}

/**
 * Gives whoever creates something the role of its owner on it (`UserVmManager`, `DiskOperator`, `TemplateOwner`), so that he sees
 * and manages it. In the creator's transaction; the engine itself needs none.
 */
export async function grantCreator(
  sql: Sql,
  actor: Pick<Actor, 'kind' | 'userId'>,
  role: string,
  on: Ref,
): Promise<void> {
  if (actor.kind === 'user') await insertPermission(sql, actor.userId, roleId(role), on)
}

/** Removes the permissions on something that goes; in the transaction that deletes it, after `changed(…, { gone: true })`. */
export const dropPermissions = (sql: Sql, ref: Ref): Promise<number> =>
  sql.run`delete from permission where object_kind = ${ref.kind} and object_id = ${ref.id}::uuid`

/** The objects whose permissions reach this one, itself first. */
async function above(sql: Sql, kind: RowKind, id: string): Promise<{ kind: string; id: string }[]> {
  const spec = kindSpec(kind)
  const found: { kind: string; id: string }[] = [{ kind, id }]
  for (const [parent, ids] of Object.entries(spec.parents)) {
    const rows = await sql<{ id: string | null }>`
      select p.id from ${ident(spec.table)} x, lateral (select t.id from ${ident(parentTable(parent))} t where t.id in (${ids})) p
       where x.id = ${id}::uuid`
    for (const row of rows) if (row.id !== null) found.push({ kind: parent, id: row.id })
  }
  return found
}

function parentTable(word: string): string {
  if (!isRowKind(word)) throw invalid('kind', `${word} has no rows.`)
  return kindSpec(word).base
}

/** Permissions: of a user, on an object (with those inherited from above), or all that the asker may see. */
export const listPermissions = query({
  name: 'permission.list',
  input: z.strictObject({
    ids: z.array(z.guid()).max(10_000).optional(),
    userId: z.guid().optional(),
    object: Target.optional(),
    /** With `object`: also those given on objects above it. */
    inherited: z.boolean().default(true),
    max: z.int().min(0).optional(),
  }),
  run: async (ctx, i): Promise<PermissionRow[]> => {
    const conditions = [
      ...(i.ids === undefined ? [] : [fragment`v.id = any (${i.ids}::uuid[])`]),
      ...(i.userId === undefined ? [] : [fragment`v.user_id = ${i.userId}::uuid`]),
    ]
    let from = visible(ctx, 'permission')
    if (i.object !== undefined) {
      const on = target(i.object)
      // Whoever manages permissions here sees those of others.
      if (await holds(ctx.sql, ctx.actor, 'manipulate_permissions', on)) from = ident('permission')
      const objects = i.inherited && isRowKind(on.kind) ? await above(ctx.sql, on.kind, on.id) : [on]
      const clauses = objects.map(o => fragment`(v.object_kind = ${o.kind} and v.object_id = ${o.id}::uuid)`)
      if (i.inherited) clauses.push(fragment`v.object_kind = 'system'`)
      conditions.push(fragment`(${join(clauses, ' or ')})`)
    }
    const where = conditions.length === 0 ? fragment`true` : join(conditions, ' and ')
    return ctx.sql.unnamed<PermissionRow>(
      fragment`select v.* from ${from} v where ${where} order by v.created_at, v.id limit ${i.max ?? null}::bigint`,
    )
  },
})
