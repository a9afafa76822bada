import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { invalid } from '@rookery/model'
import Fastify, { type FastifyInstance } from 'fastify'

/** PEM files of the server. */
export interface ServerTls {
  cert: string
  key: string
}

const bodyless = new Set(['GET', 'HEAD', 'DELETE'])

/**
 * Lets GET, HEAD and DELETE be answered from their headers. Clients send bodies with them that mean nothing, and libgovirt,
 * on its retry after 401, a `Content-Length` whose bytes never come (fact sheet, rule 8). Such a connection is closed
 * after the answer, since nobody knows where the next request in it begins.
 */
function answerFromHeaders(request: IncomingMessage, response: ServerResponse): void {
  if (!bodyless.has(request.method ?? '')) return
  const { headers } = request
  const announced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  delete headers['content-length']
  delete headers['transfer-encoding']
  delete headers['content-type']
  if (!announced) return
  response.shouldKeepAlive = false
  request.resume()
}

async function pem(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw invalid('config.tls', `The ${what} ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

/** The Fastify server over TLS, without routes. It logs nothing by itself; see `hooks.ts`. */
export async function createHttpServer(tls: ServerTls): Promise<FastifyInstance> {
  const [cert, key] = await Promise.all([pem(tls.cert, 'certificate'), pem(tls.key, 'key')])
  const app = Fastify({
    logger: false,
    bodyLimit: 1 << 20,
    // Ids and names travel in paths and searches in queries; beyond this it is an attack or a mistake.
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
    forceCloseConnections: true,
    serverFactory: handler => {
      const handle = (request: IncomingMessage, response: ServerResponse) => {
        answerFromHeaders(request, response)
        handler(request, response)
      }
      const server = createServer({ cert, key, minVersion: 'TLSv1.2' }, handle)
      // `Expect: 201-created` is how clients ask to wait (fact sheet 1.4); Node alone would answer 417.
      server.on('checkExpectation', handle)
      server.headersTimeout = 30_000
      // Uploads take as long as they take; each consumer of a body has its own time limit.
      server.requestTimeout = 0
      server.keepAliveTimeout = 30_000
      return server
    },
  })
  return app as unknown as FastifyInstance
}
