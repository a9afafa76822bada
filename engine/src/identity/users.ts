import { z } from 'zod'
import { query } from '../core/query.ts'
import { visible } from '../core/visible.ts'
import { fragment, join, SqlFragment } from '../db/index.ts'
import type { SearchTable } from '../search/index.ts'

/** A user as queries return it; never the hash. */
export interface UserRow {
  id: string
  name: string
  namespace: string
  profile: string
  firstName: string
  lastName: string
  email: string
  department: string
  enabled: boolean
  createdAt: Date
  version: number
}

const columns = fragment`v.id, v.name, v.namespace, v.profile, v.first_name, v.last_name, v.email, v.department, v.enabled,
  v.created_at, v.version`

const search = z.custom<{ where?: SqlFragment; orderBy?: SqlFragment }>(
  value =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(v => v === undefined || v instanceof SqlFragment),
)

/** Users that the asker may see, by name. Ordinary users see themselves. */
export const listUsers = query({
  name: 'user.list',
  input: z.strictObject({
    ids: z.array(z.guid()).max(10_000).optional(),
    max: z.int().min(0).optional(),
    search: search.optional(),
  }),
  run(ctx, i): Promise<UserRow[]> {
    const conditions = [
      i.ids === undefined ? fragment`true` : fragment`v.id = any (${i.ids}::uuid[])`,
      ...(i.search?.where === undefined ? [] : [fragment`(${i.search.where})`]),
    ]
    const order = i.search?.orderBy === undefined ? fragment`lower(v.name)` : i.search.orderBy
    const statement = fragment`select ${columns} from ${visible(ctx, 'user')} v where ${join(conditions, ' and ')}
      order by ${order}, v.id limit ${i.max ?? null}::bigint`
    return i.search === undefined ? ctx.sql<UserRow>`${statement}` : ctx.sql.unnamed<UserRow>(statement)
  },
})

/** What users can be searched by (fact sheet 1.8). */
export const userFields: SearchTable = {
  fields: {
    usrname: { sql: fragment`v.name || '@' || v.profile || '-authz'`, type: 'text' },
    user_and_domain: { sql: fragment`v.name || '@' || v.profile || '-authz'`, type: 'text' },
    login: { sql: fragment`v.name`, type: 'text' },
    name: { sql: fragment`v.first_name`, type: 'text' },
    lastname: { sql: fragment`v.last_name`, type: 'text' },
    directory: { sql: fragment`v.profile || '-authz'`, type: 'text' },
    department: { sql: fragment`v.department`, type: 'text' },
    email: { sql: fragment`v.email`, type: 'text' },
    id: { sql: fragment`v.id::text`, type: 'text' },
  },
  default: ['usrname', 'name', 'lastname'],
  prefixes: ['user', 'users'],
}

/** A role with its permits. */
export interface RoleRow {
  id: string
  name: string
  description: string
  administrative: boolean
  mutable: boolean
  seesChildren: boolean
  permits: string[]
}

/** Every role, by name; whoever has nothing here sees none. */
export const listRoles = query({
  name: 'role.list',
  input: z.strictObject({ ids: z.array(z.guid()).max(1000).optional(), max: z.int().min(0).optional() }),
  run: (ctx, i): Promise<RoleRow[]> =>
    ctx.sql<RoleRow>`
      select v.* from ${visible(ctx, 'role')} v
       where ${i.ids === undefined ? fragment`true` : fragment`v.id = any (${i.ids}::uuid[])`}
       order by v.name limit ${i.max ?? null}::bigint`,
})

/** Who the asker is, for clients that greet him. */
export const whoAmI = query({
  name: 'user.self',
  input: z.strictObject({}),
  run: async ctx => {
    const { userId, name, admin, everything } = ctx.actor
    const rows = await ctx.sql<UserRow>`select ${columns} from users v where v.id = ${userId}::uuid`
    return { userId, name, admin, everything, user: rows[0] ?? null }
  },
})
