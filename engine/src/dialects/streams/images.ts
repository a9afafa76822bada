import type { Readable } from 'node:stream'
import { toErrorRecord } from '@rookery/model'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { EngineHandle } from '../../engine.ts'
import { agentOf } from '../../inventory/watch/clients.ts'
import { hostOfTicket } from '../../storage/transfer/queries.ts'

/** Headers of a request that go on to the host, and of an answer that come back. */
const onward = [
  'content-length',
  'content-range',
  'content-type',
  'range',
  'accept',
  'origin',
  'access-control-request-method',
  'access-control-request-headers',
] as const
const back = [
  'allow',
  'content-length',
  'content-range',
  'content-type',
  'content-disposition',
  'access-control-allow-origin',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-max-age',
] as const

/**
 * `/images/<ticket>`: the imageio protocol for clients that reach the engine and not the host (`proxy_url`). Bytes pass through,
 * nothing is kept; the host judges the ticket.
 */
export async function imageProxy(app: FastifyInstance, engine: EngineHandle): Promise<void> {
  app.removeAllContentTypeParsers()
  // The body is handed on as it comes.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  const handle = async (request: FastifyRequest, reply: FastifyReply) => {
    const { ticket, '*': rest } = request.params as { ticket: string; '*'?: string }
    const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : ''
    const headers: Record<string, string> = {}
    for (const name of onward) {
      const value = request.headers[name]
      if (typeof value === 'string') headers[name] = value
    }
    try {
      const agent = await agentOf(engine, await hostOfTicket(engine.db.sql, ticket))
      const hasBody = request.method === 'PUT' || request.method === 'PATCH'
      const answer = await agent.images(ticket, {
        method: request.method,
        path: `${rest === undefined || rest === '' ? '' : `/${rest}`}${query}`,
        headers,
        ...(hasBody ? { body: request.raw as Readable } : {}),
      })
      reply.code(answer.status)
      for (const name of back) {
        const value = answer.headers[name]
        if (value !== undefined) reply.header(name, value)
      }
      return await reply.send(answer.body)
    } catch (error) {
      const { kind, message } = toErrorRecord(error)
      if (kind === 'internal') engine.log.error({ err: error }, 'an image request failed')
      // The protocol knows no 404 for tickets: what is not known is not allowed (fact sheet 4).
      return reply
        .code(kind === 'notFound' || kind === 'invalid' ? 403 : kind === 'unavailable' ? 503 : 500)
        .header('connection', 'close')
        .type('text/plain')
        .send(`${message}\n`)
    }
  }
  for (const url of ['/images/:ticket', '/images/:ticket/*'])
    app.route({ method: ['GET', 'PUT', 'PATCH', 'OPTIONS', 'DELETE', 'POST'], url, handler: handle })
}
