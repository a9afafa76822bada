import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from '../core/log.ts'
import { observers } from '../core/observe.ts'
import { retryAfterSeconds } from '../db/index.ts'
import { correlationId } from './correlation.ts'
import { asRookeryError, errorBody, statusOf } from './errors.ts'

/** The path as logs may show it: no query (sign-in forms may stand there), no tickets. */
export const shownPath = (url: string): string =>
  (url.split('?', 1)[0] ?? '').replace(/\/(images|console|consoles)\/[^/]+/g, '/$1/***').slice(0, 200)

/** The correlation id of a request: of its header, else of its parameter, else a new one. */
export function correlationOf(request: FastifyRequest): string {
  const query = request.query as Record<string, unknown> | undefined
  const sent = request.headers['correlation-id'] ?? query?.correlation_id
  return correlationId(typeof sent === 'string' ? sent : undefined)
}

/** Every request: security headers, one line in the log, one count in the metrics; and the errors that no dialect shapes. */
export function addRequestHooks(app: FastifyInstance, log: Logger): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('strict-transport-security', 'max-age=31536000')
    reply.header('x-content-type-options', 'nosniff')
    reply.header('x-frame-options', 'DENY')
  })
  app.addHook('onResponse', async (request, reply) => {
    const fields = {
      method: request.method,
      path: shownPath(request.url),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      address: request.ip,
    }
    log.debug(fields, 'request')
    const name = `${request.method} ${request.routeOptions.url ?? 'unknown'}`
    for (const tell of observers)
      tell({ what: 'request', name, seconds: reply.elapsedTime / 1000, outcome: String(reply.statusCode) })
  })
  app.setErrorHandler((thrown, request, reply) => {
    const error = asRookeryError(thrown)
    if (error.kind === 'internal') log.error({ err: thrown, path: shownPath(request.url) }, 'request failed')
    if (error.code === 'engine.busy') reply.header('retry-after', retryAfterSeconds)
    reply.code(statusOf[error.kind]).send(errorBody(error))
  })
  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send({
      error: { kind: 'notFound', code: 'path.not_found', message: `There is nothing at ${shownPath(request.url)}.` },
    })
  })
}
