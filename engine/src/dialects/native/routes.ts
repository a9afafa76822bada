import { invalid, notFound } from '@rookery/model'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { ask, call, inTransaction, parse } from '../../core/call.ts'
import type { Actor } from '../../core/ctx.ts'
import type { EngineHandle } from '../../engine.ts'
import { type ChangeFeed, streamChanges } from '../../events/stream.ts'
import { csrfOf } from '../../http/bearer.ts'
import { correlationOf } from '../../http/requests.ts'
import { login, splitUserName } from '../../identity/login.ts'
import { endSession } from '../../identity/sessions.ts'
import { version } from '../../version.ts'
import { description } from './description.ts'
import {
  dropSessionCookie,
  mustComeFromHere,
  sessionAnswer,
  sessionOfRequest,
  setSessionCookie,
} from './web-session.ts'

const Login = z.strictObject({
  user: z.string().min(1).max(512),
  password: z.string().max(1024),
  /** Browsers: the token travels in a cookie that scripts cannot read. */
  cookie: z.boolean().default(false),
})

/**
 * The native dialect has no routes written by hand: it exposes each operation and query by name. `web` and `cli` speak it.
 *
 * | call | meaning |
 * |---|---|
 * | `POST /api/login` | `{ user, password, cookie? }` → `{ token }`; with `cookie` the token travels in a cookie, and `{ csrf }` is the proof that pages repeat in `x-csrf-token` with every POST |
 * | `GET /api/session` | who this is, until when, and `csrf` |
 * | `POST /api/logout` | ends the session |
 * | `POST /api/op/<name>` | input → `{ result }`; with `?plan=true` → `{ plan }` and nothing happens |
 * | `POST /api/query/<name>`, `GET …?input=<json>` | input → `{ result }` |
 * | `GET /api/events` | server-sent changes, resumed by `Last-Event-ID` |
 * | `GET /api/description` | names and JSON Schemas of everything above |
 */
export function nativeDialect(app: FastifyInstance, engine: EngineHandle, feed: ChangeFeed): void {
  const actorOf = async (request: FastifyRequest): Promise<Actor> =>
    (await sessionOfRequest(engine.db, request)).session.actor
  const envOf = async (request: FastifyRequest, reply: FastifyReply) => {
    const id = correlationOf(request)
    reply.header('correlation-id', id).header('cache-control', 'no-store')
    return engine.env(await actorOf(request), id)
  }

  app.post('/api/login', async (request, reply) => {
    const input = parse('login', Login, request.body)
    if (input.cookie) mustComeFromHere(request)
    const env = engine.env(undefined, correlationOf(request))
    const { token } = await login(env, {
      ...splitUserName(input.user),
      password: input.password,
      address: request.ip,
      scope: 'rookery',
      kind: input.cookie ? 'web' : 'native',
      client: request.headers['user-agent'] ?? '',
    })
    reply.header('cache-control', 'no-store')
    if (!input.cookie) return { token }
    setSessionCookie(reply, token)
    return { csrf: csrfOf(token) }
  })

  app.get('/api/session', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    return sessionAnswer(await sessionOfRequest(engine.db, request), version)
  })

  app.post('/api/logout', async (request, reply) => {
    const env = await envOf(request, reply)
    if (env.actor.sessionId !== undefined) await endSession(engine.db, env.actor.sessionId)
    await inTransaction(env, async ctx => ctx.event('user.logout', { refs: [{ kind: 'user', id: env.actor.userId }] }))
    dropSessionCookie(reply)
    return {}
  })

  app.post<{ Params: { name: string }; Querystring: { plan?: string } }>('/api/op/:name', async (request, reply) => {
    const env = await envOf(request, reply)
    const operation = engine.registry.operations.get(request.params.name)
    if (operation === undefined) throw unknownName('operation', request.params.name)
    if (request.query.plan === 'true') return { plan: await call(env, operation, request.body ?? {}, { plan: true }) }
    return { result: (await call(env, operation, request.body ?? {})) ?? null }
  })

  const answerQuery = async (request: FastifyRequest, reply: FastifyReply, name: string, input: unknown) => {
    const env = await envOf(request, reply)
    const query = engine.registry.queries.get(name)
    if (query === undefined) throw unknownName('query', name)
    return { result: (await ask(env, query, input)) ?? null }
  }
  app.post<{ Params: { name: string } }>('/api/query/:name', (request, reply) =>
    answerQuery(request, reply, request.params.name, request.body ?? {}),
  )
  app.get<{ Params: { name: string }; Querystring: { input?: string } }>('/api/query/:name', (request, reply) =>
    answerQuery(request, reply, request.params.name, jsonOf(request.query.input)),
  )

  app.get('/api/events', async (request, reply) => {
    const actor = await actorOf(request)
    const { db, notifications, stopping, log } = engine
    await streamChanges({ db, feed, notifications, stopping, log }, request, reply, actor)
  })

  app.get('/api/description', async (request, reply) => {
    await envOf(request, reply)
    return description(engine.registry)
  })
}

const unknownName = (what: string, name: string) =>
  notFound(`${what}.unknown`, `There is no ${what} "${name.slice(0, 64)}"; /api/description lists them.`)

function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid('query.input', 'The input in the address is no JSON.', { cause })
  }
}
