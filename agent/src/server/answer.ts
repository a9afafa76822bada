import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ErrorKind, invalid, RookeryError, toErrorRecord } from '@rookery/model'
import { Gone } from '../tasks/journal.ts'

/** No request body is longer. */
export const maxBodyBytes = 1024 * 1024

const statusOf = {
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
} satisfies Record<ErrorKind, number>

/** The status that goes with an error on the wire. */
export function statusOfError(error: unknown): number {
  if (error instanceof Gone) return 410
  return error instanceof RookeryError ? statusOf[error.kind] : 500
}

/** Answers with a JSON document. */
export function answer(res: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  res.end(text)
}

/** Answers with the record of an error. */
export function answerError(res: ServerResponse, error: unknown): void {
  if (res.headersSent || res.destroyed) {
    res.destroy()
    return
  }
  // What is left of a refused body is not read: the connection goes with the answer.
  if (!res.req.complete) res.setHeader('connection', 'close')
  answer(res, statusOfError(error), { error: toErrorRecord(error) })
}

/** Reads a body as JSON; `invalid` when it is longer than 1 MiB or no JSON. */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const tooLong = () => invalid('request.too_long', `The body of a request may have ${maxBodyBytes} bytes at most.`)
  if (Number(req.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLong()
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of req) {
    const bytes: Buffer = chunk
    length += bytes.length
    if (length > maxBodyBytes) throw tooLong()
    chunks.push(bytes)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw invalid('request.not_json', 'The body of the request is no JSON document.', { cause })
  }
}
