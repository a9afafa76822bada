import { randomUUID } from 'node:crypto'
import { conflict, invalid } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../core/ctx.ts'
import { systemRef } from '../core/kinds.ts'
import { operation } from '../core/operation.ts'
import { isPermit, permits } from './permits.ts'
import type { RoleRow } from './users.ts'

const administrative = new Set(permits.filter(p => p.administrative).map(p => p.name as string))
const Permits = z.array(z.string().refine(isPermit, 'is no permit')).min(1).max(200)

const mustFit = (isAdministrative: boolean, list: readonly string[]): void => {
  const wrong = isAdministrative ? [] : list.filter(name => administrative.has(name))
  if (wrong.length > 0)
    throw invalid('role.permits', `Only administrative roles may hold ${wrong.join(', ')}.`, {
      detail: { permits: wrong },
    })
}

async function mustBeFree(ctx: Ctx, name: string, self: string | null): Promise<void> {
  const taken =
    await ctx.sql`select 1 from role where lower(name) = lower(${name}) and id is distinct from ${self}::uuid`
  if (taken.length > 0) throw conflict('role.name_taken', `A role named ${name} exists already; take another name.`)
}

/** Adds a role of one's own. */
export const addRole = operation({
  name: 'role.add',
  input: z.strictObject({
    name: z.string().min(1).max(126),
    description: z.string().max(4000).default(''),
    administrative: z.boolean().default(false),
    permits: Permits,
  }),
  permit: { action: 'manipulate_roles', on: () => systemRef },
  run: async (ctx, i) => {
    mustFit(i.administrative, i.permits)
    await mustBeFree(ctx, i.name, null)
    const id = randomUUID()
    await ctx.sql`
      insert into role (id, name, description, administrative, mutable, permits)
      values (${id}::uuid, ${i.name}, ${i.description}, ${i.administrative}, true, ${[...new Set(i.permits)]})`
    ctx.event('role.added', { refs: [{ kind: 'role', id, name: i.name }], args: { role: i.name } })
    ctx.changed('role', id)
    return { id }
  },
})

async function own(ctx: Ctx, id: string): Promise<RoleRow> {
  const role = await ctx.sql.one<RoleRow>`select * from role where id = ${id}::uuid for update`
  if (!role.mutable)
    throw conflict(
      'role.built_in',
      `The role ${role.name} belongs to the installation and cannot be changed. Add one of your own.`,
    )
  return role
}

/** Changes a role of one's own. */
export const updateRole = operation({
  name: 'role.update',
  input: z.strictObject({
    roleId: z.guid(),
    name: z.string().min(1).max(126).optional(),
    description: z.string().max(4000).optional(),
    permits: Permits.optional(),
  }),
  permit: [
    { action: 'manipulate_roles', on: () => systemRef },
    { action: 'manipulate_roles', on: i => ({ kind: 'role', id: i.roleId }) },
  ],
  run: async (ctx, i) => {
    const role = await own(ctx, i.roleId)
    mustFit(role.administrative, i.permits ?? role.permits)
    if (i.name !== undefined) await mustBeFree(ctx, i.name, role.id)
    await ctx.sql`
      update role set name = ${i.name ?? role.name}, description = ${i.description ?? role.description},
             permits = ${[...new Set(i.permits ?? role.permits)]}
       where id = ${role.id}::uuid`
    ctx.event('role.updated', {
      refs: [{ kind: 'role', id: role.id, name: role.name }],
      args: { role: i.name ?? role.name },
    })
    ctx.changed('role', role.id)
  },
})

/** Removes a role of one's own that nobody has. */
export const removeRole = operation({
  name: 'role.remove',
  input: z.strictObject({ roleId: z.guid() }),
  permit: { action: 'manipulate_roles', on: i => ({ kind: 'role', id: i.roleId }) },
  run: async (ctx, i) => {
    const role = await own(ctx, i.roleId)
    const used = await ctx.sql`select 1 from permission where role_id = ${role.id}::uuid limit 1`
    if (used.length > 0)
      throw conflict('role.in_use', `The role ${role.name} is given to somebody; take these permissions away first.`)
    ctx.changed('role', role.id, { gone: true })
    await ctx.sql`delete from role where id = ${role.id}::uuid`
    ctx.event('role.removed', { refs: [{ kind: 'role', id: role.id, name: role.name }], args: { role: role.name } })
  },
})
