import { fragment, ident, join, type Sql, type SqlFragment } from '../db/index.ts'
import type { Permit } from '../identity/permits.ts'
import type { Actor } from './ctx.ts'
import { type KindSpec, kindSpec, type Ref, type RowKind } from './kinds.ts'

/** The objects above the row `x` from which a permission `p` reaches it, itself included. */
function reaches(kind: RowKind, spec: KindSpec, forSeeing: boolean): SqlFragment {
  const above = Object.entries(spec.parents).map(
    ([parent, ids]) => fragment`(p.object_kind = ${parent} and p.object_id in (${ids}))`,
  )
  const inherited = join([...above, fragment`p.object_kind = 'system'`], ' or ')
  const gate = forSeeing ? fragment`r.sees_children and (${inherited})` : fragment`(${inherited})`
  if (spec.ownPermissions === false) return gate
  return fragment`((p.object_kind = ${kind} and p.object_id = x.id) or ${gate})`
}

/** The condition that the row `x` may be seen by the user. */
export function seenBy(kind: RowKind, userId: string): SqlFragment {
  const spec = kindSpec(kind)
  const user = fragment`${userId}::uuid`
  const direct = fragment`exists (select 1 from permission p join role r on r.id = p.role_id
    where p.user_id = ${user} and ${reaches(kind, spec, true)})`
  const common = spec.common ? [fragment`exists (select 1 from permission q where q.user_id = ${user})`] : []
  const byRefs = spec.byRefs ? [seenByRefs(userId)] : []
  return fragment`(${join([direct, ...(spec.also ? [spec.also(user)] : []), ...common, ...byRefs], ' or ')})`
}

const refKinds = [
  'vm',
  'disk',
  'template',
  'host',
  'cluster',
  'data_center',
  'storage_domain',
  'network',
  'vnic_profile',
] as const

/** The condition that one of the entities in `x.refs` may be seen. The inner selects do not depend on the row: they run once. */
function seenByRefs(userId: string): SqlFragment {
  const each = refKinds.map(
    kind => fragment`(ref.kind = ${kind} and ref.id in (
      select x.id from ${ident(kindSpec(kind).table)} x where ${seenBy(kind, userId)}))`,
  )
  return fragment`exists (
    select 1 from jsonb_to_recordset(x.refs) as ref(kind text, id uuid) where ${join(each, ' or ')})`
}

/**
 * A table expression with every column of the kind's view and only the rows that the actor may see:
 * ``sql`select * from ${visible(ctx, 'vm')} v where v.id = ${id}` ``. Every read that answers a person starts from it.
 */
export function visible(who: { readonly actor: Actor }, kind: RowKind): SqlFragment {
  const spec = kindSpec(kind)
  const { actor } = who
  if (actor.kind === 'system' || actor.everything) return ident(spec.table)
  return fragment`(select x.* from ${ident(spec.table)} x where ${seenBy(kind, actor.userId)})`
}

/** Whether the actor may see this object. Asking for `system` is true for everybody: it has no properties. */
export async function canSee(sql: Sql, actor: Actor, ref: Ref): Promise<boolean> {
  if (ref.kind === 'system') return true
  const rows = await sql`select 1 from ${visible({ actor }, ref.kind)} v where v.id = ${ref.id}::uuid`
  return rows.length > 0
}

/** Whether the actor holds this permit on the object or on one above it. */
export async function holds(sql: Sql, actor: Actor, permit: Permit, ref: Ref): Promise<boolean> {
  if (actor.kind === 'system') return true
  const held = fragment`p.user_id = ${actor.userId}::uuid and ${permit} = any (r.permits)`
  const rows =
    // What has no permissions of its own is covered by those on the system.
    ref.kind === 'system'
      ? await sql`select 1 from permission p join role r on r.id = p.role_id
                   where ${held} and p.object_kind = 'system' limit 1`
      : await sql`select 1 from permission p join role r on r.id = p.role_id, ${ident(kindSpec(ref.kind).table)} x
                   where x.id = ${ref.id}::uuid and ${held} and ${reaches(ref.kind, kindSpec(ref.kind), false)} limit 1`
  return rows.length > 0
}

/** Ids of users who may see the object without seeing everything; for telling them that it is gone. */
export async function viewers(sql: Sql, ref: { kind: RowKind; id: string }): Promise<string[]> {
  const spec = kindSpec(ref.kind)
  const rows = await sql<{ userId: string }>`
    select distinct p.user_id from permission p join role r on r.id = p.role_id, ${ident(spec.table)} x
     where x.id = ${ref.id}::uuid and ${reaches(ref.kind, spec, true)}`
  return rows.map(row => row.userId)
}
