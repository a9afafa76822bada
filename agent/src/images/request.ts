import type { IncomingMessage } from 'node:http'
import { HttpError, outOfRange } from './http-error.ts'

/** Where a request leads: the server's own facts, or one resource of an image. */
export type Target =
  | { kind: 'info' }
  | { kind: 'image'; ticket: string; resource: '' | 'extents' | 'checksum' | 'algorithms' }

/** Longest request line, as imageio has it. */
const longestUrl = 4096

/** Takes a request's URL apart: `…/images/{ticket}[/extents|/checksum[/algorithms]]` or `/info/`. Throws HttpError 400, 404. */
export function parseTarget(url: string): { target: Target; query: URLSearchParams } {
  if (url.length > longestUrl) throw new HttpError(414, `The request line is longer than ${longestUrl} bytes`)
  const [path = '', ...rest] = url.split('?')
  const query = new URLSearchParams(rest.join('?'))
  let segments: string[]
  try {
    segments = path.split('/').slice(1).map(decodeURIComponent)
  } catch {
    // A lone % sign: decodeURIComponent says nothing that the sender does not see in his own URL.
    throw new HttpError(400, 'The path is not properly encoded')
  }
  if (segments[0] === 'v1') segments.shift()
  if (segments[0] === 'info' && segments.slice(1).every(s => s === '')) return { target: { kind: 'info' }, query }
  if (segments[0] !== 'images') throw new HttpError(404, `No such resource ${path.slice(0, 100)}`)
  const [, ticket = '', resource = '', detail] = segments
  if (ticket === '') throw new HttpError(400, 'Ticket id is required')
  if (resource === '' && detail === undefined) return { target: { kind: 'image', ticket, resource: '' }, query }
  if (resource === 'extents' && detail === undefined) return { target: { kind: 'image', ticket, resource }, query }
  if (resource === 'checksum' && detail === undefined) return { target: { kind: 'image', ticket, resource }, query }
  if (resource === 'checksum' && detail === 'algorithms' && segments.length === 4)
    return { target: { kind: 'image', ticket, resource: 'algorithms' }, query }
  throw new HttpError(404, `No such resource of an image: ${resource.slice(0, 100)}`)
}

/** A parameter of the URL with a few allowed values; of several the last counts. Throws HttpError 400. */
export function choice<T extends string>(query: URLSearchParams, name: string, allowed: readonly T[], fallback: T): T {
  const value = query.getAll(name).at(-1)
  if (value === undefined) return fallback
  const found = allowed.find(word => word === value)
  if (found === undefined)
    throw new HttpError(
      400,
      `Unsupported value ${JSON.stringify(value.slice(0, 100))} for ${name}, expecting one of ${allowed.join(', ')}`,
    )
  return found
}

/** The body's length. Throws HttpError 400 when it is missing or no number. */
export function contentLength(req: IncomingMessage): number {
  const text = req.headers['content-length']
  if (text === undefined) throw new HttpError(400, 'Content-Length header is required')
  if (!/^\d{1,16}$/.test(text)) throw new HttpError(400, 'Content-Length is no number')
  return Number(text)
}

/** First byte of `Content-Range: bytes a-b/c`; 0 without the header. Only the start counts. Throws HttpError 400. */
export function contentRangeStart(text: string | undefined): number {
  if (text === undefined) return 0
  const match = /^bytes (\d{1,16})-(?:\d{1,16}|\*)\/(?:\d{1,16}|\*)$/.exec(text.trim())
  if (match === null)
    throw new HttpError(400, `Invalid Content-Range ${JSON.stringify(text.slice(0, 100))}: expecting bytes a-b/*`)
  return Number(match[1])
}

/**
 * What a `Range` asks for, or null without one.
 * @param size bytes that there are: the smaller of ticket and image. Throws HttpError 416 for whatever cannot be served.
 */
export function parseRange(text: string | undefined, size: number): { offset: number; length: number } | null {
  if (text === undefined) return null
  const match = /^bytes=(\d{1,16})-(\d{1,16})?$/.exec(text.trim())
  if (match === null)
    throw outOfRange(`Cannot serve range ${JSON.stringify(text.slice(0, 100))}: expecting bytes=first-[last]`, size)
  const offset = Number(match[1])
  const last = match[2] === undefined ? size - 1 : Number(match[2])
  if (last < offset || last >= size) throw outOfRange(`Requested range ${offset}-${last} of ${size} bytes`, size)
  return { offset, length: last - offset + 1 }
}

/** Reads a small body whole. Throws HttpError 400 when it is longer than `limit`. */
export async function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) throw new HttpError(400, `The message is longer than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** What a PATCH asks for. */
export type Change = { op: 'zero'; offset: number; size: number; flush: boolean } | { op: 'flush' }

/** Parses a PATCH's JSON. Sizes are JSON integers, flush is a boolean; anything else is HttpError 400. */
export function parseChange(body: Buffer): Change {
  let message: unknown
  try {
    message = JSON.parse(body.toString('utf8'))
  } catch {
    // The parser's words add nothing for somebody who sent text that is no JSON.
    throw new HttpError(400, 'Invalid JSON message')
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw new HttpError(400, 'Invalid JSON message: expecting an object')
  const fields = message as Readonly<Record<string, unknown>>
  const integer = (name: string, fallback?: number): number => {
    const value = fields[name] ?? fallback
    if (value === undefined) throw new HttpError(400, `Missing required value for ${name}`)
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw new HttpError(400, `Non-negative integer required for ${name}`)
    return value
  }
  if (fields.op === 'flush') return { op: 'flush' }
  if (fields.op !== 'zero') throw new HttpError(400, 'Unsupported value for op, expecting one of flush, zero')
  if (fields.flush !== undefined && typeof fields.flush !== 'boolean')
    throw new HttpError(400, 'Boolean required for flush')
  return { op: 'zero', offset: integer('offset', 0), size: integer('size'), flush: fields.flush ?? false }
}
