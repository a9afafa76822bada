import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpError } from './http-error.ts'

/** Lets pages of other origins use the transfer: browsers upload straight to this server. */
export function allowOrigins(req: IncomingMessage, res: ServerResponse): void {
  let asked = false
  const answer = (header: string, name: string, value: string) => {
    if (!req.headers[header]) return
    res.setHeader(name, value)
    asked = true
  }
  answer('origin', 'Access-Control-Allow-Origin', '*')
  answer('access-control-request-headers', 'Access-Control-Allow-Headers', '*')
  answer(
    'access-control-request-method',
    'Access-Control-Allow-Methods',
    req.method === 'OPTIONS' ? 'OPTIONS,GET,PUT' : '*',
  )
  if (asked) res.setHeader('Access-Control-Max-Age', '86400')
}

/** Keeps the connection open for the next request for this many seconds (0: as long as the client wants), then closes it. */
export function keepAlive(req: IncomingMessage, res: ServerResponse, seconds: number): void {
  const { socket } = req
  // Saying it ourselves also keeps the HTTP server from promising its own, shorter time.
  if (!res.hasHeader('Connection') && req.headers.connection?.toLowerCase() !== 'close' && req.httpVersion === '1.1')
    res.setHeader('Connection', 'keep-alive')
  // While the request runs: no longer without a single byte. Afterwards the HTTP server sets its own time, which this replaces.
  socket.setTimeout(seconds * 1000)
  res.once('finish', () => socket.setTimeout(seconds * 1000))
}

/** Sends a JSON document and a newline. */
export function sendJson(res: ServerResponse, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`, 'utf8')
  res.setHeader('Content-Type', 'application/json')
  res.setHeader('Content-Length', body.length)
  res.end(body)
}

/** Sends 200 without a body. */
export function sendEmpty(res: ServerResponse): void {
  res.setHeader('Content-Length', 0)
  res.end()
}

/** Most bytes of an unwanted body that are read so that the client gets to see our answer, and for how long (ms). */
const lingering = { bytes: 4 * 1024 * 1024, time: 2000 }

/**
 * Sends an error as one line of text. The connection is closed afterwards when the client is not welcome (403) or has not yet
 * sent its whole body; then some of the rest is read first, because closing on unread bytes would take the answer away again.
 */
export function sendError(req: IncomingMessage, res: ServerResponse, error: HttpError): void {
  if (res.headersSent) {
    // Too late for another status: only a broken connection tells the client that something is missing.
    req.socket.destroy()
    return
  }
  const body = Buffer.from(`${error.message.replace(/\s+/g, ' ')}\n`, 'utf8')
  const close = error.status === 403 || !req.complete
  res.statusCode = error.status
  for (const [name, value] of Object.entries(error.headers)) res.setHeader(name, value)
  res.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  res.setHeader('Content-Length', body.length)
  if (close) res.setHeader('Connection', 'close')
  if (req.complete || req.destroyed) {
    res.end(body)
    return
  }
  res.write(body)
  let left = lingering.bytes
  const finish = () => {
    clearTimeout(timer)
    req.off('data', count)
    res.end()
  }
  const count = (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) finish()
  }
  const timer = setTimeout(finish, lingering.time)
  req.on('data', count)
  req.once('end', finish)
  req.once('close', finish)
}
