import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

/** The token of `Authorization: Bearer`, if that is what the request has. */
export function bearer(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1]
}

/**
 * Proof that a request with a cookie was made by a page that could read our answers: made of the token, so it needs no row of its own
 * and ends with it.
 */
export const csrfOf = (token: string): string => createHmac('sha256', token).update('rookery csrf').digest('base64url')

/** Whether a header holds the proof for this token; takes the same time for every wrong one. */
export function isCsrf(token: string, header: string | string[] | undefined): boolean {
  const [right, given] = [Buffer.from(csrfOf(token)), Buffer.from(typeof header === 'string' ? header : '')]
  return right.length === given.length && timingSafeEqual(right, given)
}

/** No `Origin` (programs), or this very host over TLS. */
export function sameOrigin({ origin, host }: { origin?: string | undefined; host?: string | undefined }): boolean {
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === host && new URL(origin).protocol === 'https:'
}

/** A cookie by name. */
export function cookie(request: Pick<FastifyRequest, 'headers'>, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}
