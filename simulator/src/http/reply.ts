import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ErrorKind, invalid, RookeryError, toErrorRecord } from '@rookery/model'
import { Gone } from '../tasks/table.ts'

/** Requests larger than this (bytes) are refused. */
const mostBytes = 16 * 1024 * 1024

const statusOf: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  quotaExceeded: 409,
  noCapacity: 409,
  unavailable: 503,
  unsupported: 400,
  internal: 500,
}

/** Answers with JSON. */
export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  res.end(text)
}

/** Status and body of an error as the contract has them. */
export function errorAnswer(error: unknown): { status: number; body: { error: ReturnType<typeof toErrorRecord> } } {
  const status = error instanceof Gone ? 410 : error instanceof RookeryError ? statusOf[error.kind] : 500
  return { status, body: { error: toErrorRecord(error) } }
}

/** The JSON of a request's body. Throws `invalid` when it is none, or too large. */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let held = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    held += chunk.length
    if (held > mostBytes) throw invalid('request.too_large', 'The request is too large.')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw invalid('request.no_json', 'The request is no JSON.', { cause })
  }
}
