import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ErrorKind, RookeryError } from '@rookery/model'
import type { Logger } from 'pino'
import { storageError } from '../storage/errors.ts'
import type { ImageBackend } from './backend.ts'
import { checksumAlgorithms, checksumBlocks, imageChecksum } from './checksum.ts'
import { flushBehind } from './flush-behind.ts'
import { HttpError, outOfRange } from './http-error.ts'
import { choice, contentLength, contentRangeStart, parseChange, parseRange, parseTarget, readBody } from './request.ts'
import { allowOrigins, keepAlive, sendEmpty, sendError, sendJson } from './respond.ts'
import { receive, send } from './move.ts'
import type { Operation, Ticket } from './ticket.ts'
import type { Tickets } from './tickets.ts'

/**
 * The imageio data protocol: clients of oVirt read and write images by it, knowing nothing but a ticket. One listener for
 * `/images/{ticket}` and its resources, also below `/v1`, and `/info/`.
 */

/** Bytes moved at once between image and connection. */
const step = 512 * 1024
/** Longest PATCH message; real ones are below 100 bytes. */
const longestMessage = 64 * 1024
/** Seconds that a connection may idle before it showed a ticket. */
const strangerSeconds = 60
/** What we call ourselves at `/info/`: clients only look whether it answers. */
const version = '2.5.0'

const baseFeatures = ['checksum', 'extents']
const allFeatures = [...baseFeatures, 'flush', 'zero']

/** The listener for a plain Node HTTP or HTTPS server. It answers everything itself and never throws. */
export function createImagesListener(
  tickets: Tickets,
  log: Logger,
): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    // A client that goes away shows up in whatever reads or writes; without a listener the event itself would end the process.
    req.on('error', () => {})
    res.on('error', () => {})
    answer(tickets, req, res).catch((error: unknown) => {
      const shown = httpError(error)
      if (shown.status >= 500) log.error({ err: error, method: req.method }, 'an image request failed')
      sendError(req, res, shown)
    })
  }
}

async function answer(tickets: Tickets, req: IncomingMessage, res: ServerResponse): Promise<void> {
  keepAlive(req, res, strangerSeconds)
  const { target, query } = parseTarget(req.url ?? '/')
  allowOrigins(req, res)
  const method = req.method ?? ''
  if (target.kind === 'info') {
    allow(method, ['GET'])
    return sendJson(res, { version })
  }
  const { ticket, resource } = target
  if (resource === '') {
    allow(method, ['OPTIONS', 'GET', 'PUT', 'PATCH'])
    if (method === 'OPTIONS') return options(tickets, req, res, ticket)
    if (method === 'GET') return get(tickets, req, res, ticket, query)
    if (method === 'PUT') return put(tickets, req, res, ticket, query)
    return patch(tickets, req, res, ticket)
  }
  allow(method, ['GET'])
  if (resource === 'algorithms') return sendJson(res, { algorithms: checksumAlgorithms })
  if (resource === 'extents') return extents(tickets, req, res, ticket, query)
  return checksum(tickets, req, res, ticket, query)
}

function allow(method: string, methods: readonly string[]): void {
  if (!methods.includes(method))
    throw new HttpError(405, `Method ${method} is not allowed here`, { Allow: methods.join(',') })
}

/** The ticket, if it allows this; from then on its own inactivity time holds for the connection. */
function authorize(
  tickets: Tickets,
  req: IncomingMessage,
  res: ServerResponse,
  secret: string,
  op: 'read' | 'write',
): Ticket {
  const ticket = tickets.authorize(secret, op)
  keepAlive(req, res, ticket.inactivityTimeoutSeconds)
  return ticket
}

async function options(tickets: Tickets, req: IncomingMessage, res: ServerResponse, secret: string): Promise<void> {
  if (secret === '*') {
    res.setHeader('Allow', 'OPTIONS,GET,PUT,PATCH')
    return sendJson(res, { features: allFeatures })
  }
  const ticket = authorize(tickets, req, res, secret, 'read')
  const image = await tickets.image(ticket)
  ticket.touch()
  const writes = ticket.terms.ops === 'write'
  res.setHeader('Allow', writes ? 'OPTIONS,GET,PUT,PATCH' : 'OPTIONS,GET')
  sendJson(res, {
    features: writes ? allFeatures : baseFeatures,
    max_readers: image.maxReaders,
    max_writers: image.maxWriters,
  })
}

async function get(
  tickets: Tickets,
  req: IncomingMessage,
  res: ServerResponse,
  secret: string,
  query: URLSearchParams,
): Promise<void> {
  if (query.get('close') === 'y') res.setHeader('Connection', 'close')
  const ticket = authorize(tickets, req, res, secret, 'read')
  const image = await tickets.image(ticket)
  const size = Math.min(ticket.terms.size, await image.size())
  const range = parseRange(req.headers.range, size)
  const { offset, length } = range ?? { offset: 0, length: size }
  res.setHeader('Content-Length', length)
  res.setHeader('Content-Type', 'application/octet-stream')
  res.setHeader('Content-Disposition', disposition(ticket.terms.filename))
  if (range !== null) {
    res.statusCode = 206
    res.setHeader('Content-Range', `bytes ${offset}-${offset + length - 1}/${ticket.terms.size}`)
  }
  await running(ticket, req, offset, async operation => {
    await send(
      res,
      step,
      length,
      async (into, at) => {
        if (ticket.cancelled) throw new HttpError(403, 'The transfer was cancelled')
        const bytes = await image.read(into, offset + at)
        if (bytes === 0) throw new HttpError(500, 'The image ended before its announced size')
        return bytes
      },
      sent => {
        operation.done = sent
      },
    )
  })
  res.end()
}

/** How long a request whose ticket is cancelled may wait for its client before the connection is cut, in milliseconds. */
const graceAfterCancel = 5000

/** Runs an operation that moves bytes. If the ticket ends meanwhile, a client that has stalled does not hold it up. */
async function running<T>(
  ticket: Ticket,
  req: IncomingMessage,
  offset: number,
  work: (operation: Operation) => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const forget = ticket.onCancel(() => {
    timer = setTimeout(() => req.socket.destroy(), graceAfterCancel)
  })
  try {
    return await ticket.run(offset, work)
  } finally {
    forget()
    clearTimeout(timer)
  }
}

function disposition(filename: string | null): string {
  if (filename === null) return 'attachment'
  // A header holds printable ASCII only; quotes and backslashes would end the name early.
  return `attachment; filename=${filename.replace(/[^\x20-\x7e]|["\\;]/g, '_')}`
}

async function put(
  tickets: Tickets,
  req: IncomingMessage,
  res: ServerResponse,
  secret: string,
  query: URLSearchParams,
): Promise<void> {
  if (query.get('close') === 'y') res.setHeader('Connection', 'close')
  const length = contentLength(req)
  const offset = contentRangeStart(req.headers['content-range'])
  const flush = choice(query, 'flush', ['y', 'n'], 'y') === 'y'
  const ticket = authorize(tickets, req, res, secret, 'write')
  const image = await tickets.image(ticket)
  await insideTicket(ticket, image, offset, length)
  await running(ticket, req, offset, async operation => {
    const behind = flush ? flushBehind(image) : undefined
    try {
      await receive(req, step, async bytes => {
        if (ticket.cancelled) throw new HttpError(403, 'The transfer was cancelled')
        await image.write(bytes, offset + operation.done)
        operation.done += bytes.length
        behind?.wrote(operation.done)
      })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET')
        throw partial(length, operation.done)
      throw error
    }
    if (operation.done < length) throw partial(length, operation.done)
    await behind?.end()
  })
  sendEmpty(res)
}

const partial = (announced: number, got: number) =>
  new HttpError(400, `Got ${got} of ${announced} announced bytes: the body is too short`)

/** Throws HttpError 416 for what lies past the ticket, or past an image that cannot grow. */
async function insideTicket(ticket: Ticket, image: ImageBackend, offset: number, length: number): Promise<void> {
  // Only a qcow2's own bytes may grow; what a guest sees has its size.
  const grows = ticket.terms.serve === 'volume' && ticket.terms.format === 'qcow2'
  const size = grows ? ticket.terms.size : Math.min(ticket.terms.size, await image.size())
  if (offset + length > size)
    throw outOfRange(`Requested range ${offset}-${offset + length} is past the end at ${size}`, size)
}

async function patch(tickets: Tickets, req: IncomingMessage, res: ServerResponse, secret: string): Promise<void> {
  const change = parseChange(await readBody(req, longestMessage))
  const ticket = authorize(tickets, req, res, secret, 'write')
  const image = await tickets.image(ticket)
  if (change.op === 'flush') await ticket.run(0, () => image.flush())
  else {
    await insideTicket(ticket, image, change.offset, change.size)
    await ticket.run(change.offset, async operation => {
      if (change.size > 0) await image.zero(change.offset, change.size)
      if (change.flush) await image.flush()
      operation.done = change.size
    })
  }
  sendEmpty(res)
}

async function extents(
  tickets: Tickets,
  req: IncomingMessage,
  res: ServerResponse,
  secret: string,
  query: URLSearchParams,
): Promise<void> {
  const ticket = authorize(tickets, req, res, secret, 'read')
  if (choice(query, 'context', ['zero', 'dirty'], 'zero') === 'dirty')
    throw new HttpError(404, 'Ticket does not support dirty extents')
  const image = await tickets.image(ticket)
  sendJson(res, await ticket.run(0, () => image.extents()))
}

async function checksum(
  tickets: Tickets,
  req: IncomingMessage,
  res: ServerResponse,
  secret: string,
  query: URLSearchParams,
): Promise<void> {
  const algorithm = choice(query, 'algorithm', checksumAlgorithms, 'blake2b')
  const { smallest, largest, standard, step: multiple } = checksumBlocks
  const text = query.getAll('block_size').at(-1) ?? String(standard)
  const blockSize = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(blockSize >= smallest && blockSize <= largest) || blockSize % multiple !== 0)
    throw new HttpError(
      400,
      `Block size ${text.slice(0, 20)} is not allowed: from ${smallest} to ${largest}, a multiple of ${multiple}`,
    )
  const ticket = authorize(tickets, req, res, secret, 'read')
  const image = await tickets.image(ticket)
  const sum = await ticket.run(0, () =>
    imageChecksum(image, algorithm, blockSize, () => {
      if (ticket.cancelled) throw new HttpError(403, 'The transfer was cancelled')
      if (req.socket.destroyed) throw new HttpError(400, 'The client has gone')
    }),
  )
  sendJson(res, { algorithm, block_size: blockSize, checksum: sum })
}

/** Kinds of errors below, as this protocol's clients understand them. */
const statuses = {
  invalid: 400,
  unauthenticated: 403,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  quotaExceeded: 500,
  noCapacity: 500,
  unavailable: 500,
  unsupported: 400,
  internal: 500,
} satisfies Record<ErrorKind, number>

function httpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  const known = error instanceof RookeryError ? error : storageError('The transfer', error)
  // What nobody foresaw may hold paths and more: it goes to the log, not to whoever holds a ticket.
  if (known.kind === 'internal') return new HttpError(500, 'Internal error; the log of the host agent names it')
  return new HttpError(known.code === 'storage.full' ? 500 : statuses[known.kind], known.message)
}
