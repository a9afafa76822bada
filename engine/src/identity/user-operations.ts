import { randomUUID } from 'node:crypto'
import { conflict, forbidden, internal, invalid, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../core/ctx.ts'
import { type Ref, systemRef } from '../core/kinds.ts'
import { operation } from '../core/operation.ts'
import { canSee, holds } from '../core/visible.ts'
import { isUniqueViolation } from '../db/index.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import { roleId } from './roles.ts'
import { endSessionsOfUser, principal } from './sessions.ts'
import type { UserRow } from './users.ts'

const word = z.string().max(255)
/** Characters that a sign-in or a search could not carry are refused; `@` inside is fine, it splits at the last. */
const UserName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\s\p{Cc}"'`<>;:,/\\]+$/u, 'must not hold blanks, quotes, or any of < > ; : , / \\')
const Password = z.string().min(8, 'must have at least 8 characters').max(1024)

const AddUser = z.strictObject({
  name: UserName,
  profile: z.literal('internal').default('internal'),
  firstName: word.default(''),
  lastName: word.default(''),
  email: word.default(''),
  department: word.default(''),
  /** Without one the user cannot sign in until one is set. */
  password: Password.optional(),
  /** What is done when there is no such user: clients that mean to pick one from a directory do not want one made by a slip of the pen. */
  unknown: z.enum(['add', 'refuse']).default('add'),
})

/** Adds a user. One who is there already is the answer, as the original's directory users are. */
export const addUser = operation({
  name: 'user.add',
  input: AddUser,
  permit: { action: 'manipulate_users', on: () => systemRef },
  run: async (ctx, i): Promise<{ id: string; added: boolean }> => {
    const there = await ctx.sql.maybe<{ id: string }>`
      select id from users where name = ${i.name} and profile = ${i.profile}`
    if (there !== undefined) return { id: there.id, added: false }
    if (i.unknown === 'refuse')
      throw invalid(
        'user.unknown',
        `No such user: ${i.name} in directory ${i.profile}-authz. Give a password with the name to make one.`,
      )
    const id = randomUUID()
    const hash = i.password === undefined ? null : await hashPassword(i.password)
    await insert(ctx, i, id, hash)
    ctx.event('user.added', {
      refs: [{ kind: 'user', id, name: i.name }],
      args: { name: principal(i.name, i.profile) },
    })
    ctx.changed('user', id)
    return { id, added: true }
  },
})

async function insert(ctx: Ctx, i: z.infer<typeof AddUser>, id: string, hash: string | null): Promise<void> {
  try {
    await ctx.sql`
      insert into users (id, name, profile, first_name, last_name, email, department, password_hash)
      values (${id}::uuid, ${i.name}, ${i.profile}, ${i.firstName}, ${i.lastName}, ${i.email}, ${i.department}, ${hash})`
  } catch (error) {
    if (isUniqueViolation(error)) throw conflict('user.name_taken', `A user named ${i.name} was added at this moment.`)
    throw error
  }
}

const UserInput = z.strictObject({ userId: z.guid() })
const userRef = (i: { userId: string }): Ref => ({ kind: 'user', id: i.userId })

async function lockUser(ctx: Ctx, id: string): Promise<UserRow> {
  return ctx.sql.one<UserRow>`select * from users where id = ${id}::uuid for update`
}

/** Changes what is known of a user; disabling one ends his sessions. */
export const updateUser = operation({
  name: 'user.update',
  input: UserInput.extend({
    firstName: word.optional(),
    lastName: word.optional(),
    email: word.optional(),
    department: word.optional(),
    enabled: z.boolean().optional(),
    version: z.int().optional(),
  }),
  permit: { action: 'manipulate_users', on: userRef },
  run: async (ctx, i) => {
    const user = await lockUser(ctx, i.userId)
    if (i.version !== undefined && i.version !== user.version)
      throw conflict('version.changed', `${user.name} was changed by someone else. Look again and repeat.`, {
        detail: { seen: i.version, now: user.version },
      })
    if (i.enabled === false) await mustKeepAnAdministrator(ctx, i.userId)
    await ctx.sql`
      update users set first_name = ${i.firstName ?? user.firstName}, last_name = ${i.lastName ?? user.lastName},
             email = ${i.email ?? user.email}, department = ${i.department ?? user.department},
             enabled = ${i.enabled ?? user.enabled}, version = version + 1
       where id = ${i.userId}::uuid`
    if (i.enabled === false) await endSessionsOfUser(txOf(ctx), i.userId)
    ctx.event('user.updated', {
      refs: [{ ...userRef(i), name: user.name }],
      args: { name: principal(user.name, user.profile) },
    })
    ctx.changed('user', i.userId)
  },
})

/** Removes a user with permissions and sessions. */
export const removeUser = operation({
  name: 'user.remove',
  input: UserInput,
  permit: { action: 'manipulate_users', on: userRef },
  run: async (ctx, i) => {
    const user = await lockUser(ctx, i.userId)
    if (user.name === 'admin' && user.profile === 'internal')
      throw conflict('user.built_in', 'The user admin@internal belongs to the installation and cannot be removed.')
    await mustKeepAnAdministrator(ctx, i.userId)
    await endSessionsOfUser(txOf(ctx), i.userId)
    ctx.changed('user', i.userId, { gone: true })
    await ctx.sql`delete from users where id = ${i.userId}::uuid`
    ctx.event('user.removed', {
      refs: [{ ...userRef(i), name: user.name }],
      args: { name: principal(user.name, user.profile) },
    })
  },
})

/** Sets a password: one's own (the old one is needed) or, with the permit, another's. Every session of the user ends. */
export const setPassword = operation({
  name: 'user.password',
  input: UserInput.extend({ password: Password, oldPassword: z.string().max(1024).optional() }),
  permit: 'signedIn',
  run: async (ctx, i) => {
    const own = ctx.actor.userId === i.userId
    const ref = userRef(i)
    if (!own && !(await canSee(ctx.sql, ctx.actor, ref))) throw missingUser(i.userId)
    if (!own && !(await holds(ctx.sql, ctx.actor, 'manipulate_users', ref)))
      throw forbidden('permit.missing', `${ctx.actor.name} may not change the password of others.`, { ref })
    const user = await ctx.sql.maybe<UserRow & { passwordHash: string | null }>`
      select * from users where id = ${i.userId}::uuid for update`
    if (user === undefined) throw missingUser(i.userId)
    if (own && ctx.actor.kind === 'user' && !(await verifyPassword(i.oldPassword ?? '', user.passwordHash)))
      throw invalid('user.password.old', 'The old password is wrong.')
    const hash = await hashPassword(i.password)
    await ctx.sql`update users set password_hash = ${hash}, version = version + 1 where id = ${i.userId}::uuid`
    await endSessionsOfUser(txOf(ctx), i.userId)
    ctx.event('user.password.changed', {
      refs: [{ ...ref, name: user.name }],
      args: { name: principal(user.name, user.profile) },
    })
    ctx.changed('user', i.userId)
  },
})

const missingUser = (id: string) =>
  notFound('user.not_found', `There is no user with id ${id}.`, { ref: { kind: 'user', id } })

/** Refuses to leave the installation without anyone who may do everything. */
export async function mustKeepAnAdministrator(ctx: Ctx, leavingUserId: string): Promise<void> {
  // One at a time: two who remove each other would both see the other one stay.
  await ctx.sql`select pg_advisory_xact_lock(hashtextextended('identity administrators', 0))`
  const rows = await ctx.sql<{ userId: string; enabled: boolean }>`
    select p.user_id, u.enabled from permission p join users u on u.id = p.user_id
     where p.role_id = ${roleId('SuperUser')}::uuid and p.object_kind = 'system'`
  const leaves = rows.some(row => row.userId === leavingUserId)
  if (leaves && !rows.some(row => row.enabled && row.userId !== leavingUserId))
    throw conflict(
      'user.last_administrator',
      'This is the last user who may do everything; give another one SuperUser first.',
    )
}

const txOf = (ctx: Ctx) => {
  if (ctx.scope === undefined) throw internal('ctx.outside', 'Sessions end inside a transaction.')
  return ctx.scope.tx
}
