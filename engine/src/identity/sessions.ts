import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { unauthenticated, type UserId } from '@rookery/model'
import type { Actor } from '../core/ctx.ts'
import { gathered } from '../core/gather.ts'
import type { Db, Tx } from '../db/index.ts'

/** Idle time of a session unless its creator says another, seconds; oVirt's 30 minutes. */
export const defaultIdleSeconds = 30 * 60
/** How precisely the last use is kept: a session in use is written at most this often. */
const touchSeconds = 30

/** What a session is made with. */
export interface NewSession {
  userId: string
  /** Space-separated, as the client asked: `ovirt-app-api`. */
  scope: string
  /** `sso`, `basic`, `cookie`, `native`, `web`: who may end it, and whether an answer ends it. */
  kind: string
  /** The client's address, and what it calls itself: for its user to recognise the session by. */
  address?: string
  client?: string
  csrf?: boolean
  idleSeconds?: number
}

/** A live session. */
export interface Session {
  id: string
  userId: UserId
  scope: string
  kind: string
  csrf: boolean
  idleSeconds: number
  createdAt: Date
  expiresAt: Date
  actor: Actor
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Makes a session and its token: 64 random bytes, URL-safe base64. Only the hash is kept; nobody can show the token again. */
export async function createSession(db: Db, o: NewSession): Promise<{ id: string; token: string }> {
  const token = randomBytes(64).toString('base64url')
  const id = randomUUID()
  const idle = Math.max(60, Math.min(o.idleSeconds ?? defaultIdleSeconds, 7 * 24 * 3600))
  await db.sql`
    insert into session (id, token_hash, user_id, scope, kind, csrf, idle_seconds, address, client, expires_at)
    values (${id}::uuid, ${hashOf(token)}, ${o.userId}::uuid, ${o.scope}, ${o.kind}, ${o.csrf ?? false}, ${idle},
            ${o.address ?? null}, ${(o.client ?? '').slice(0, 200)},
            now() + make_interval(secs => ${idle}))`
  return { id, token }
}

interface Row extends Omit<Session, 'actor'> {
  name: string
  profile: string
  admin: boolean
  everything: boolean
  stale: boolean
}

/** Live sessions by the hash of their token or by id: as many as are asked for, in one statement. */
const select = (
  db: Db,
  by: { hashes: readonly string[]; ids: readonly string[] },
): Promise<(Row & { hash: string })[]> =>
  db.sql`
    select s.id, s.user_id, s.scope, s.kind, s.csrf, s.idle_seconds, s.created_at, s.expires_at, u.name, u.profile,
           encode(s.token_hash, 'hex') as hash,
           s.last_used_at < now() - make_interval(secs => least(${touchSeconds}, s.idle_seconds / 4)) as stale,
           coalesce(bool_or(r.administrative), false) as admin,
           coalesce(bool_or(r.sees_children and p.object_kind = 'system'), false) as everything
      from session s
      join users u on u.id = s.user_id and u.enabled
      left join permission p on p.user_id = u.id
      left join role r on r.id = p.role_id
     where s.expires_at > now()
       and (s.token_hash = any (${by.hashes.map(hash => `\\x${hash}`)}::bytea[]) or s.id = any (${by.ids}::uuid[]))
     group by s.id, u.id`

/**
 * The look at a token that every request begins with. Not kept from one request to the next: a session that ended, a user who was
 * disabled and a permission that was taken are over with the commit, on every engine.
 */
const looks = new WeakMap<Db, (hash: string) => Promise<Row | undefined>>()

function lookOf(db: Db): (hash: string) => Promise<Row | undefined> {
  let look = looks.get(db)
  if (look === undefined) {
    look = gathered(async hashes => new Map((await select(db, { hashes, ids: [] })).map(row => [row.hash, row])))
    looks.set(db, look)
  }
  return look
}

/** oVirt's way to write a user: name, and the profile's directory. */
export const principal = (name: string, profile: string): string => `${name}@${profile}-authz`

const toSession = (row: Row): Session => ({
  id: row.id,
  userId: row.userId,
  scope: row.scope,
  kind: row.kind,
  csrf: row.csrf,
  idleSeconds: row.idleSeconds,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  actor: {
    kind: 'user',
    userId: row.userId,
    name: principal(row.name, row.profile),
    admin: row.admin,
    everything: row.everything,
    sessionId: row.id,
    filter: false,
  },
})

/**
 * The session of a token, whose idle time begins anew unless the request does not count as use; `unauthenticated` when it is unknown,
 * over, or its user is disabled.
 */
export async function sessionOf(db: Db, token: string, o: { counts?: boolean } = {}): Promise<Session> {
  // Anything longer than our tokens is not one, and need not be hashed.
  const row = token.length > 0 && token.length <= 256 ? await lookOf(db)(hashOf(token).toString('hex')) : undefined
  if (row === undefined)
    throw unauthenticated('session.unknown', 'The token is not valid, or its session is over. Sign in again.')
  if (row.stale && o.counts !== false)
    await db.sql`
      update session set last_used_at = now(), expires_at = now() + make_interval(secs => idle_seconds)
       where id = ${row.id}::uuid and expires_at > now()`
  return toSession(row)
}

/** The session of an id without counting as use; undefined when it is over. For streams that ask whether they may go on. */
export async function peekSession(db: Db, id: string): Promise<Session | undefined> {
  const [row] = await select(db, { hashes: [], ids: [id] })
  return row && toSession(row)
}

/** Ends one session, and what hangs on it within a second. Content when it is over already. */
export const endSession = (db: Db, id: string): Promise<void> =>
  db.transaction(async tx => {
    const gone = await tx.sql<{ id: string }>`delete from session where id = ${id}::uuid returning id`
    for (const each of gone) tx.notify(`session-end:${each.id}`)
  })

/** Ends the session of a token; whether there was one. */
export async function endSessionOf(db: Db, token: string): Promise<boolean> {
  const row = await db.sql.maybe<{ id: string }>`select id from session where token_hash = ${hashOf(token)}::bytea`
  if (row === undefined) return false
  await endSession(db, row.id)
  return true
}

/** Ends every session of a user, within his transaction (password, removal, disabling); one may be spared. */
export async function endSessionsOfUser(tx: Tx, userId: string, except: string | null = null): Promise<void> {
  const gone = await tx.sql<{ id: string }>`
    delete from session where user_id = ${userId}::uuid and id is distinct from ${except}::uuid returning id`
  for (const each of gone) tx.notify(`session-end:${each.id}`)
}

/** Removes what is over. A session is dead at its time, swept or not; this tells those who hang on it. */
export const sweepSessions = (db: Db): Promise<void> =>
  db.transaction(async tx => {
    const gone = await tx.sql<{ id: string }>`delete from session where expires_at <= now() returning id`
    for (const each of gone) tx.notify(`session-end:${each.id}`)
  })
