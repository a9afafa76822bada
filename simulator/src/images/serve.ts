import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { RookeryError } from '@rookery/model'
import { z } from 'zod'
import { type Ticket, use } from './tickets.ts'

const ZeroOp = z.object({
  op: z.literal('zero'),
  offset: z.int().nonnegative().default(0),
  size: z.int().nonnegative(),
  flush: z.boolean().default(false),
})
const PatchOp = z.discriminatedUnion('op', [ZeroOp, z.object({ op: z.literal('flush') })])

const pieceBytes = 1024 * 1024

/** A refusal of the imageio protocol: a status and one explaining line. */
class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * Serves a request of oVirt's imageio protocol for one ticket; the fact sheet of the protocol is ovirt-imageio's own manual
 * (`docs/images.md`). Checksums are not offered, and no `extents` but those of zeros.
 *
 * @param ticket undefined for one that is unknown or over
 * @param rest what follows the ticket in the path: empty, `/extents`
 */
export async function serveImage(
  ticket: Ticket | undefined,
  rest: string,
  query: URLSearchParams,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const done = ticket === undefined ? undefined : use(ticket)
  try {
    if (ticket === undefined) throw new Refusal(403, 'No such ticket, or it has expired.')
    if (rest === '/extents' && req.method === 'GET') extents(ticket, query, res)
    else if (rest !== '') throw new Refusal(404, 'No such resource.')
    else if (req.method === 'OPTIONS') options(ticket, res)
    else if (req.method === 'GET') await get(ticket, req, res)
    else if (req.method === 'PUT') await put(ticket, query, req, res)
    else if (req.method === 'PATCH') await patch(ticket, req, res)
    else throw new Refusal(405, `${req.method} is not offered.`)
  } catch (error) {
    if (res.headersSent) return void res.destroy()
    const [status, line] =
      error instanceof Refusal
        ? [error.status, error.message]
        : error instanceof RookeryError
          ? [500, error.message]
          : [500, 'The simulator failed.']
    res.statusCode = status
    if (status === 416) res.setHeader('content-range', `bytes */${ticket?.task.size ?? 0}`)
    // Bytes of the request that nobody read are still on the connection.
    if (status === 403 || !req.readableEnded) res.setHeader('connection', 'close')
    res.setHeader('content-type', 'text/plain')
    res.end(line)
  } finally {
    done?.()
  }
}

const writable = (ticket: Ticket) => ticket.task.ops === 'write'

function options(ticket: Ticket, res: ServerResponse): void {
  res.setHeader('allow', writable(ticket) ? 'OPTIONS,GET,PUT,PATCH' : 'OPTIONS,GET')
  const features = writable(ticket) ? ['extents', 'flush', 'zero'] : ['extents']
  const writers = ticket.task.format === 'qcow2' && ticket.task.serve === 'volume' ? 1 : 8
  json(res, { features, max_readers: 8, max_writers: writers })
}

async function get(ticket: Ticket, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { size, filename } = ticket.task
  const range = req.headers.range
  let [first, end] = [0, size]
  if (range !== undefined) {
    const match = /^bytes=(\d+)-(\d*)$/.exec(range)
    if (match === null) throw new Refusal(416, `Range ${range} is not served.`)
    first = Number(match[1])
    end = match[2] === '' ? size : Number(match[2]) + 1
    if (first >= end || end > size) throw new Refusal(416, `Range ${range} is outside of the image.`)
    res.statusCode = 206
    res.setHeader('content-range', `bytes ${first}-${end - 1}/${size}`)
  }
  res.setHeader('content-type', 'application/octet-stream')
  res.setHeader('content-length', end - first)
  res.setHeader('content-disposition', filename === null ? 'attachment' : `attachment; filename=${quoted(filename)}`)
  await pipeline(Readable.from(pieces(ticket, first, end)), res)
}

const quoted = (name: string) => `"${name.replaceAll(/[^\x20-\x7e]|["\\]/g, '_')}"`

function* pieces(ticket: Ticket, first: number, end: number): Generator<Buffer> {
  for (let at = first; at < end; at += pieceBytes) {
    const length = Math.min(pieceBytes, end - at)
    yield read(ticket, at, length)
    ticket.moved.add(at, at + length)
  }
}

/** Bytes as the ticket shows them: a qcow2 volume that is as it was made has no guest-visible bytes but zeros. */
function read({ volume, task }: Ticket, offset: number, length: number): Buffer {
  if (volume.facts.holds === 'new' && task.serve === 'raw') return Buffer.alloc(length)
  return volume.content.read(offset, length)
}

/** The first write replaces what was there in another form. */
function beginWrite({ volume, task, host, domain }: Ticket): void {
  const holds = task.serve === 'raw' ? 'guest' : 'file'
  if (volume.facts.holds === holds) return
  volume.content.remove()
  volume.facts.holds = holds
  host.fleet.pool.saveVolume(domain, volume)
}

async function put(ticket: Ticket, query: URLSearchParams, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (!writable(ticket)) throw new Refusal(403, 'This ticket is for reading.')
  const length = Number(req.headers['content-length'] ?? Number.NaN)
  if (!Number.isSafeInteger(length)) throw new Refusal(400, 'Content-Length is missing.')
  const range = req.headers['content-range']
  const match = range === undefined ? null : /^bytes (\d+)-(\d+|\*)\/(\d+|\*)$/.exec(range)
  if (range !== undefined && match === null) throw new Refusal(400, `Content-Range ${range} is not understood.`)
  let at = match === null ? 0 : Number(match[1])
  if (at + length > ticket.task.size) throw new Refusal(416, 'The bytes reach beyond the end of the image.')
  const end = at + length
  beginWrite(ticket)
  for await (const chunk of req as AsyncIterable<Buffer>) {
    ticket.volume.content.write(at, chunk)
    ticket.moved.add(at, at + chunk.length)
    at += chunk.length
  }
  if (at < end) throw new Refusal(400, 'The body is shorter than announced.')
  if (query.get('flush') !== 'n') ticket.volume.content.flush()
  res.end()
}

async function patch(ticket: Ticket, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (!writable(ticket)) throw new Refusal(403, 'This ticket is for reading.')
  const chunks: Buffer[] = []
  let held = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    held += chunk.length
    if (held > 4096) throw new Refusal(400, 'The request is too long.')
    chunks.push(chunk)
  }
  const op = PatchOp.safeParse(parse(Buffer.concat(chunks).toString('utf8')))
  if (!op.success) throw new Refusal(400, 'The request is not understood.')
  if (op.data.op === 'zero') {
    const { offset, size, flush } = op.data
    if (offset + size > ticket.task.size) throw new Refusal(416, 'The range reaches beyond the end of the image.')
    beginWrite(ticket)
    ticket.volume.content.zero(offset, size)
    ticket.moved.add(offset, offset + size)
    if (flush) ticket.volume.content.flush()
  } else ticket.volume.content.flush()
  res.end()
}

function extents(ticket: Ticket, query: URLSearchParams, res: ServerResponse): void {
  const context = query.get('context') ?? 'zero'
  if (context !== 'zero') throw new Refusal(context === 'dirty' ? 404 : 400, `No extents of context ${context}.`)
  const { size } = ticket.task
  json(res, size === 0 ? [] : [{ start: 0, length: size, zero: false, hole: false }])
}

function json(res: ServerResponse, body: unknown): void {
  res.setHeader('content-type', 'application/json')
  res.end(`${JSON.stringify(body)}\n`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the schema refuses it
  }
}
