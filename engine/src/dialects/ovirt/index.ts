import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { followers } from './followers.ts'
import type { EngineHandle } from '../../engine.ts'
import { correlationId } from '../../http/correlation.ts'
import { version } from '../../version.ts'
import { apiBase, parseAddress } from './http/address.ts'
import { type Authenticated, authenticate } from './http/authenticate.ts'
import { answerFormat } from './http/format.ts'
import { createRouter } from './http/router.ts'
import { dispatch, faultAnswer, type HttpAnswer } from './kernel/dispatch.ts'
import type { OvirtPort } from './kernel/services.ts'
import { pkiRoutes } from './pki/pki-routes.ts'
import { ovirtPort } from './port.ts'
import { routes } from './routes.ts'
import { ssoRoutes } from './sso/sso-routes.ts'

export type { OvirtPort } from './kernel/services.ts'

/** Longest body that the API reads; images go another way. */
const bodyLimit = 4 * 1024 * 1024

/** Header values by lower-case name, the last one where several came. */
function headersOf(request: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  )
}

function send(reply: FastifyReply, answer: HttpAnswer): FastifyReply {
  return reply.code(answer.status).headers(answer.headers).send(answer.body)
}

/**
 * oVirt's REST API v4 with its sign-on, certificates and health page, over the engine's operations and queries.
 * One Fastify plugin; its body parser and error answers do not reach other dialects.
 */
export async function addOvirtApi(app: FastifyInstance, port: OvirtPort): Promise<void> {
  const find = createRouter(routes)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_, body, done) => done(null, body))

  app.setErrorHandler((error: { statusCode?: number; message?: string }, request, reply) => {
    // What Fastify itself refuses before a route is reached: a body that is too long, a broken header.
    const address = parseAddress(request.url)
    const status = error.statusCode ?? 500
    const answer = faultAnswer(error, answerFormat(address, headersOf(request)['accept']))
    if (status >= 500) request.log.error({ err: error }, 'a request failed')
    return send(reply, { ...answer, status })
  })

  ssoRoutes(app, port)
  pkiRoutes(app, port)

  const handle = async (request: FastifyRequest, reply: FastifyReply) => {
    const headers = headersOf(request)
    const address = parseAddress(request.url)
    if (address === undefined) return reply.callNotFound()
    const wanted = headers['correlation-id'] ?? address.parameters.get('correlation_id')
    const id = correlationId(wanted)
    reply.header('correlation-id', id)
    let who: Authenticated
    try {
      who = await authenticate(port, headers, request.ip)
    } catch (error) {
      return send(reply, faultAnswer(error, answerFormat(address, headers['accept'])))
    }
    if (who.setCookie !== undefined) reply.header('set-cookie', who.setCookie)
    try {
      const body = typeof request.body === 'string' ? request.body : ''
      const origin = `https://${headers['host'] ?? port.services.fqdn}`
      const env = port.envFor(who.actor, id)
      const answer = await dispatch(
        { method: request.method, address, headers, body, env, origin },
        find,
        followers,
        port.services,
      )
      return await send(reply, answer)
    } finally {
      if (who.endAfter !== undefined) await port.signOut(who.endAfter)
    }
  }

  // Matrix parameters (`/api;max=1`) and the bare base do not match one pattern.
  for (const url of [apiBase, `${apiBase};*`, `${apiBase}/*`])
    app.route({
      method: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'],
      url,
      handler: handle,
      exposeHeadRoute: true,
    })
}

/** The dialect on a running engine. */
export const ovirtDialect = async (app: FastifyInstance, engine: EngineHandle): Promise<void> =>
  addOvirtApi(app, await ovirtPort(engine, version))
