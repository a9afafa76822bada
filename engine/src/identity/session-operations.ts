import { notFound } from '@rookery/model'
import { z } from 'zod'
import { systemRef } from '../core/kinds.ts'
import { operation } from '../core/operation.ts'
import { query } from '../core/query.ts'
import { holds } from '../core/visible.ts'
import { principal } from './sessions.ts'

/** A live session as people recognise it; never its token. */
export interface SessionRow {
  id: string
  userId: string
  /** `admin@internal-authz`. */
  principal: string
  kind: string
  address: string | null
  /** What the client calls itself. */
  client: string
  createdAt: Date
  lastUsedAt: Date
  expiresAt: Date
  /** The one that asks. */
  current: boolean
}

/** One's own sessions; everybody's for who may manage users. The latest use first. */
export const listSessions = query({
  name: 'session.list',
  input: z.strictObject({}),
  async run(ctx): Promise<SessionRow[]> {
    const all = await holds(ctx.sql, ctx.actor, 'manipulate_users', systemRef)
    const rows = await ctx.sql<Omit<SessionRow, 'principal' | 'current'> & { name: string; profile: string }>`
      select s.id, s.user_id, u.name, u.profile, s.kind, s.address, s.client, s.created_at, s.last_used_at, s.expires_at
        from session s join users u on u.id = s.user_id
       where s.expires_at > now() and (${all}::boolean or s.user_id = ${ctx.actor.userId}::uuid)
       order by s.last_used_at desc, s.id limit 10000`
    return rows.map(({ name, profile, ...row }) => ({
      ...row,
      principal: principal(name, profile),
      current: row.id === ctx.actor.sessionId,
    }))
  },
})

/** Ends a session: one's own, or with the permit another's. Its token, event streams and consoles end within a second. */
export const endOneSession = operation({
  name: 'session.end',
  input: z.strictObject({ id: z.guid() }),
  permit: 'signedIn',
  async run(ctx, i) {
    const all = await holds(ctx.sql, ctx.actor, 'manipulate_users', systemRef)
    const gone = await ctx.sql.maybe<{ userId: string; name: string; profile: string }>`
      delete from session s using users u
       where s.id = ${i.id}::uuid and u.id = s.user_id and (${all}::boolean or s.user_id = ${ctx.actor.userId}::uuid)
      returning s.user_id, u.name, u.profile`
    if (gone === undefined)
      throw notFound('session.not_found', `There is no session with id ${i.id}; it may have ended.`)
    ctx.scope?.tx.notify(`session-end:${i.id}`)
    ctx.event('user.session.ended', {
      refs: [{ kind: 'user', id: gone.userId, name: gone.name }],
      args: { name: principal(gone.name, gone.profile) },
    })
  },
})
