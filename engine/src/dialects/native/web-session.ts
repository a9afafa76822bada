import { forbidden, unauthenticated } from '@rookery/model'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '../../db/index.ts'
import { bearer, cookie, csrfOf, isCsrf, sameOrigin } from '../../http/bearer.ts'
import { type Session, sessionOf } from '../../identity/sessions.ts'

/** The browser's cookie. Only `/api` gets it, so the oVirt dialect never sees it. */
export const sessionCookie = 'rookery_session'

/** The header in which pages repeat what sign-in answered. */
export const csrfHeader = 'x-csrf-token'

/**
 * The header by which a page says that it asks by itself and nobody sits before it: a page that follows changes must not keep its
 * session alive for ever. It can only shorten a session.
 */
export const unattendedHeader = 'x-rookery-unattended'

const attributes = 'Path=/api; HttpOnly; Secure; SameSite=Strict'

export const setSessionCookie = (reply: FastifyReply, token: string): unknown =>
  reply.header('set-cookie', `${sessionCookie}=${token}; ${attributes}`)

export const dropSessionCookie = (reply: FastifyReply): unknown =>
  reply.header('set-cookie', `${sessionCookie}=; ${attributes}; Max-Age=0`)

/** A session and the token that showed it. */
export interface Shown {
  session: Session
  token: string
  /** Whether a cookie showed it. */
  byCookie: boolean
}

/**
 * Whose request this is. A cookie travels by itself, so a request that may change something must also show that one of our own pages
 * made it: `SameSite=Strict`, an `Origin` of this host, and the header that only a reader of our answers knows (W18).
 *
 * @throws `unauthenticated` without a live session, `forbidden` `session.csrf` for a cookie without that proof
 */
export async function sessionOfRequest(db: Db, request: FastifyRequest): Promise<Shown> {
  const given = bearer(request)
  if (given !== undefined) return { session: await sessionOf(db, given), token: given, byCookie: false }
  const token = cookie(request, sessionCookie)
  if (token === undefined || token === '')
    throw unauthenticated('session.missing', 'Sign in first: there is no token and no session cookie in this request.')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    mustComeFromHere(request)
    if (!isCsrf(token, request.headers[csrfHeader]))
      throw forbidden(
        'session.csrf',
        `A request with a session cookie must repeat the "csrf" of its sign-in in ${csrfHeader}.`,
      )
  }
  const counts = request.headers[unattendedHeader] === undefined
  return { session: await sessionOf(db, token, { counts }), token, byCookie: true }
}

/** @throws `forbidden` `session.origin` for a request that another site's page made */
export function mustComeFromHere(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  if (sameOrigin(request.headers) && (site === undefined || site === 'same-origin' || site === 'none')) return
  throw forbidden('session.origin', 'A page of another site made this request; only pages of this engine may.')
}

/** What a page needs to know of its session: who, how long, and the proof for its requests. Never the token. */
export function sessionAnswer({ session, token }: Shown, version: string): object {
  const { userId, name, admin } = session.actor
  return {
    user: { id: userId, name: name.replace(/@[^@]*$/, ''), principal: name, admin },
    csrf: csrfOf(token),
    sessionId: session.id,
    expiresAt: session.expiresAt,
    idleSeconds: session.idleSeconds,
    version,
  }
}
