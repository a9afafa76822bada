import { forbidden, unauthenticated } from '@rookery/model'
import type { Actor } from '../../../core/ctx.ts'
import type { OvirtPort } from '../kernel/services.ts'

/** Who asks, what the answer must set, and what ends with it. */
export interface Authenticated {
  actor: Actor
  /** `Set-Cookie` of a session that shall go on. */
  setCookie?: string
  /** A session made for this request alone. */
  endAfter?: string
}

type Headers = Readonly<Record<string, string | undefined>>

const cookieName = 'JSESSIONID'

function cookieOf(headers: Headers): string | undefined {
  for (const part of (headers['cookie'] ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === cookieName) return part.slice(at + 1).trim()
  }
  return undefined
}

const prefers = (headers: Headers, word: string) =>
  (headers['prefer'] ?? '')
    .toLowerCase()
    .split(',')
    .some(part => part.trim() === word)

/** Name and password of a Basic header; undefined when it is none. */
export function basicCredentials(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^Basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const at = text.indexOf(':')
  return at < 0 ? undefined : { user: text.slice(0, at), password: text.slice(at + 1) }
}

/** The token of a Bearer header. */
export const bearerToken = (header: string | undefined): string | undefined =>
  /^Bearer\s+([A-Za-z0-9._~+/=-]{1,512})\s*$/i.exec(header ?? '')?.[1]

/**
 * Who a request of the API comes from (fact sheet 1.3): a Bearer token; a cookie, when the request prefers persistent
 * authentication; or Basic, whose session ends with the response unless it does. Throws `unauthenticated` otherwise.
 */
export async function authenticate(port: OvirtPort, headers: Headers, address: string): Promise<Authenticated> {
  const token = bearerToken(headers['authorization'])
  if (token !== undefined) {
    const actor = await port.actorOf(token)
    if (actor === undefined)
      throw unauthenticated('session.dead', 'The token is unknown or its session has ended; sign in again.')
    return { actor }
  }
  const persistent = prefers(headers, 'persistent-auth')
  const cookie = cookieOf(headers)
  if (cookie !== undefined && persistent && !prefers(headers, 'new-auth')) {
    const actor = await port.actorOf(cookie)
    if (actor !== undefined) {
      const echoed = headers[cookieName.toLowerCase()]
      if (actor.csrf === true && echoed !== cookie)
        throw forbidden(
          'session.csrf',
          `This session asked for protection: repeat the cookie in a ${cookieName} header.`,
        )
      return { actor }
    }
  } else if (cookie !== undefined && !persistent) {
    await port.signOut(cookie)
  }
  const credentials = basicCredentials(headers['authorization'])
  if (credentials === undefined)
    throw unauthenticated('session.missing', 'Sign in first: send a Bearer token, or a name and password.')
  const minutes = Number(headers['session-ttl'])
  const signedIn = await port.signIn(credentials, {
    scope: 'ovirt-app-api',
    kind: persistent ? 'cookie' : 'basic',
    address,
    csrf: persistent && prefers(headers, 'csrf-protection'),
    ...(Number.isInteger(minutes) && minutes > 0 && minutes <= 1440 ? { idleSeconds: minutes * 60 } : {}),
  })
  if (!persistent) return { actor: signedIn.actor, endAfter: signedIn.token }
  return {
    actor: signedIn.actor,
    setCookie: `${cookieName}=${signedIn.token}; Path=/ovirt-engine/api; HttpOnly; Secure; SameSite=Strict`,
  }
}
