import { openDatabase } from '@rookery/engine/db/index'
import { verifyPassword } from '@rookery/engine/identity/passwords'
import { createSession, endSession, sessionOf } from '@rookery/engine/identity/sessions'
import type { Bench, Figure } from '../bench.ts'
import { bareServer } from '../measure/bare-server.ts'
import { load, type LoadResult } from '../measure/load.ts'
import { quantile, ratios, summary } from '../measure/stats.ts'
import { inTurns } from '../measure/turns.ts'
import { apiBase, authorized, connect, signIn } from '../target.ts'

const sso = '/ovirt-engine/sso/oauth'
const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }

/**
 * Tokens: issue over HTTPS with the password's hash, issue of the session alone, and validation. Validation is `token-info`, the
 * call by which others ask whether a token holds: TLS, HTTP, the look at the session and nothing else. The API's root is beside it:
 * the cheapest request of a client that is signed in, with the summary that an administrator gets.
 */
export const tokens: Bench = {
  name: 'tokens',
  title: 'Tokens: issue and validation',
  real: false,
  async run(ctx) {
    const target = await ctx.target()
    const api = await connect(target)
    ctx.onEnd(() => api.close())
    const db = openDatabase(target.database)
    ctx.onEnd(() => db.close())
    const { id: userId } = await db.sql.one<{ id: string }>`
      select id from users where name = ${target.user.split('@')[0] ?? ''} and profile = 'internal'`
    const { hash } = await db.sql.one<{
      hash: string
    }>`select password_hash as hash from users where id = ${userId}::uuid`
    const own = await createSession(db, { userId, scope: 'bench', kind: 'native' })
    ctx.onEnd(() => endSession(db, own.id))

    const { ca, origin } = target
    const info = {
      origin,
      ca,
      path: `${sso}/token-info`,
      method: 'POST' as const,
      headers: form,
      body: `token=${api.token}`,
    }
    const { bytes } = await load(info, { connections: 1, ms: 1 })
    const bare = await bareServer(ctx, bytes)
    const root = { origin, ca, path: apiBase, headers: { ...authorized(api.token), accept: 'application/xml' } }
    const { loadMs } = ctx.size
    const cases: Record<string, () => Promise<LoadResult>> = {
      'bare.c16': () => load({ origin: bare.origin, ca: bare.ca, path: '/' }, { connections: 16, ms: loadMs }),
      'bare.c1': () => load({ origin: bare.origin, ca: bare.ca, path: '/' }, { connections: 1, ms: loadMs }),
      'validate.c1': () => load(info, { connections: 1, ms: loadMs }),
      'validate.c16': () => load(info, { connections: 16, ms: loadMs }),
      'root.c16': () => load(root, { connections: 16, ms: loadMs }),
      'session.look': () => repeat(16, loadMs, () => sessionOf(db, own.token)),
      'session.make': () =>
        repeat(4, loadMs, async () => {
          const { id } = await createSession(db, { userId, scope: 'bench', kind: 'native' })
          await db.sql`delete from session where id = ${id}::uuid`
        }),
      'hash.c1': () => repeat(1, loadMs, () => verifyPassword(target.password, hash)),
      'issue.c1': () => repeat(1, loadMs, () => signIn(target, api.agent)),
      'issue.c4': () => repeat(4, loadMs, () => signIn(target, api.agent)),
    }
    const step = ctx.progress.step('tokens')
    const found = await inTurns(cases, { ...ctx.size, tell: text => step.note(text) })
    step.done()
    const rates = (name: string) => (found[name] ?? []).map(run => run.rate)
    const figure = (name: string, title: string, more: Partial<Figure> = {}): Figure => ({
      key: `tokens.${name}`,
      title,
      unit: '/s',
      ...summary(rates(name)),
      p99: quantile(
        (found[name] ?? []).flatMap(run => run.latencies),
        0.99,
      ),
      ...more,
    })
    return [
      figure('issue.c1', 'token issued by name and password over HTTPS, one at a time'),
      figure('issue.c4', 'token issued by name and password over HTTPS, 4 at once'),
      figure('hash.c1', 'password hash alone (argon2id)'),
      figure('session.make', 'session made and removed without a password, in process, 4 at once'),
      figure('validate.c1', 'token validated over HTTPS (token-info), one at a time'),
      figure('validate.c16', 'token validated over HTTPS (token-info), 16 at once', { aim: { least: 3000 } }),
      {
        key: 'tokens.validate.c16.bare',
        title: 'token validated, by a bare Node HTTPS server sending the same bytes, 16 at once',
        unit: 'x',
        ...summary(ratios(rates('validate.c16'), rates('bare.c16'))),
      },
      figure('root.c16', 'root of the API with its summary, 16 at once'),
      figure('session.look', 'session looked up in the database, in process, 16 at once'),
    ]
  },
}

/** Does it over and over, so many at once, for a while. */
async function repeat(lanes: number, ms: number, work: () => Promise<unknown>): Promise<LoadResult> {
  const latencies: number[] = []
  const began = performance.now()
  const lane = async () => {
    for (let at = performance.now(); at - began < ms; ) {
      await work()
      const now = performance.now()
      latencies.push(now - at)
      at = now
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { rate: latencies.length / ((performance.now() - began) / 1000), latencies, bytes: 0 }
}
