import { type RookeryError, unauthenticated } from '@rookery/model'
import { inTransaction } from '../core/call.ts'
import type { Env } from '../core/ctx.ts'
import type { Db } from '../db/index.ts'
import { verifyPassword } from './passwords.ts'
import { createSession, principal } from './sessions.ts'

/** Who wants in, and from where. */
export interface LoginRequest {
  name: string
  /** `internal` unless said. */
  profile: string
  password: string
  /** The client's address, for limits and events. */
  address: string
  scope: string
  kind: string
  /** What the client calls itself. */
  client?: string
  csrf?: boolean
  idleSeconds?: number
}

/** `name@profile`, split at the last `@`; without one the profile is `internal`. `-authz` after it is accepted. */
export function splitUserName(text: string): { name: string; profile: string } {
  const at = text.lastIndexOf('@')
  if (at <= 0) return { name: text, profile: 'internal' }
  return { name: text.slice(0, at), profile: text.slice(at + 1).replace(/-authz$/, '') }
}

/** After so many failures in a row the next try has to wait: 15 s, doubled with each, at most 15 minutes. */
const free = { account: 5, address: 30 }
const limits = { firstSeconds: 15, mostSeconds: 900, forgetSeconds: 1800 }

/** Counted for an account from one address, so a stranger cannot lock others out, and for an address whatever the name. */
const keysOf = (o: LoginRequest) => [
  { key: `account ${o.name.toLowerCase().slice(0, 128)}@${o.profile.slice(0, 64)} ${o.address}`, free: free.account },
  { key: `address ${o.address}`, free: free.address },
]

/**
 * Checks a password and makes a session. Wrong name, wrong password and disabled account look the same and take the same
 * time; too many tries are refused before the password is looked at.
 *
 * @throws `unauthenticated`: `login.failed` or `login.limited`
 */
export async function login(env: Env, o: LoginRequest): Promise<{ token: string; sessionId: string; userId: string }> {
  const { db } = env
  const keys = keysOf(o)
  await mustNotWait(db, keys, o)
  const user = await db.sql.maybe<{ id: string; hash: string | null; enabled: boolean; profile: string }>`
    select id, password_hash as hash, enabled, profile from users where name = ${o.name.slice(0, 255)} and profile = ${o.profile.slice(0, 255)}`
  const right = await verifyPassword(o.password.slice(0, 1024), user?.hash ?? null)
  if (user === undefined || !right || !user.enabled) {
    await countFailure(db, keys)
    await inTransaction(env, async ctx =>
      ctx.event('user.login.failed', {
        refs: user === undefined ? [] : [{ kind: 'user', id: user.id }],
        args: {
          name: `${o.name.slice(0, 64)}@${o.profile.slice(0, 64)}`,
          address: o.address,
          reason: 'wrong name or password',
        },
      }),
    )
    throw failed(o)
  }
  await db.sql`delete from login_failure where key = ${keys[0]?.key ?? ''}`
  const { id, token } = await createSession(db, { ...o, userId: user.id })
  const actor = { ...env.actor, kind: 'user' as const, userId: user.id as never, name: principal(o.name, user.profile) }
  if (o.kind !== 'basic')
    await inTransaction({ ...env, actor }, async ctx =>
      ctx.event('user.login', { refs: [{ kind: 'user', id: user.id }], args: { address: o.address } }),
    )
  return { token, sessionId: id, userId: user.id }
}

const failed = (o: LoginRequest): RookeryError =>
  unauthenticated(
    'login.failed',
    `Cannot authenticate user '${o.name}@${o.profile}': the name or the password is wrong.`,
  )

async function mustNotWait(db: Db, keys: readonly { key: string }[], o: LoginRequest): Promise<void> {
  const rows = await db.sql<{ seconds: number }>`
    select ceil(extract(epoch from blocked_until - now()))::int as seconds from login_failure
     where key = any (${keys.map(k => k.key)}) and blocked_until > now()`
  const seconds = Math.max(0, ...rows.map(row => row.seconds))
  if (seconds > 0)
    throw unauthenticated(
      'login.limited',
      `Cannot authenticate user '${o.name}@${o.profile}': too many failed tries; wait ${seconds} seconds.`,
      { detail: { retryAfterSeconds: seconds } },
    )
}

async function countFailure(db: Db, keys: readonly { key: string; free: number }[]): Promise<void> {
  for (const { key, free: allowed } of keys)
    await db.sql`
      insert into login_failure as f (key, failures, last_at) values (${key}, 1, now())
      on conflict (key) do update
        set failures = case when f.last_at < now() - make_interval(secs => ${limits.forgetSeconds}) then 1 else f.failures + 1 end,
            last_at = now(),
            blocked_until = case when f.failures + 1 >= ${allowed} and f.last_at > now() - make_interval(secs => ${limits.forgetSeconds})
              then now() + make_interval(secs => least(${limits.mostSeconds},
                     ${limits.firstSeconds} * power(2, least(f.failures + 1 - ${allowed}, 10)))) end`
}

/** Forgets old failures. */
export const sweepFailures = (db: Db): Promise<number> =>
  db.sql.run`delete from login_failure where last_at < now() - make_interval(secs => ${limits.forgetSeconds})`
