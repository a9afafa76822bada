import { RookeryError } from '@rookery/model'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OvirtPort } from '../kernel/services.ts'

/** The largest long, which stands for "never" in the original's `exp`. */
const never = '9223372036854775807'

/** Parameters of a form or of the query string; both are accepted (fact sheet 1.2). */
function parametersOf(request: FastifyRequest): URLSearchParams {
  const all = new URLSearchParams(request.url.includes('?') ? request.url.slice(request.url.indexOf('?') + 1) : '')
  if (typeof request.body === 'string')
    for (const [name, value] of new URLSearchParams(request.body)) all.set(name, value)
  return all
}

type SsoError = { code: string; text: string }

/** API clients get one shape of an error, web clients the one of OAuth (fact sheet 1.2). */
function fail(reply: FastifyReply, scope: string, { code, text }: SsoError) {
  const scopes = scope.split(/\s+/)
  const api =
    scopes.includes('ovirt-app-api') && !scopes.includes('ovirt-app-admin') && !scopes.includes('ovirt-app-portal')
  return reply
    .code(400)
    .type('application/json')
    .send(api ? { error_code: code, error: text } : { error: code, error_description: text })
}

const known = new Set(['ovirt-app-api', 'ovirt-app-admin', 'ovirt-app-portal'])

async function token(port: OvirtPort, request: FastifyRequest, reply: FastifyReply) {
  const parameters = parametersOf(request)
  const scope = parameters.get('scope') ?? ''
  const missing = (name: string) =>
    fail(reply, scope, { code: 'invalid_request', text: `Missing parameter: '${name}'` })
  const grant = parameters.get('grant_type')
  if (grant === null) return missing('grant_type')
  if (grant !== 'password')
    return fail(reply, scope, {
      code: 'unsupported_grant_type',
      text: `The grant type ${grant.slice(0, 80)} is not offered here; use password.`,
    })
  const user = parameters.get('username')
  const password = parameters.get('password')
  if (user === null) return missing('username')
  if (password === null) return missing('password')
  if (scope === '') return missing('scope')
  if (!scope.split(/\s+/).some(word => known.has(word) || word.startsWith('ovirt-ext=')))
    return fail(reply, scope, {
      code: 'invalid_scope',
      text: `The scope ${scope.slice(0, 80)} is unknown; API clients need ovirt-app-api.`,
    })
  try {
    const signedIn = await port.signIn({ user, password }, { scope, kind: 'sso', address: request.ip })
    return await reply.type('application/json').send({
      access_token: signedIn.token,
      scope,
      exp: signedIn.expiresAt === null ? never : String(signedIn.expiresAt.getTime()),
      token_type: 'bearer',
    })
  } catch (error) {
    if (!(error instanceof RookeryError)) throw error
    if (error.kind === 'unauthenticated')
      return fail(reply, scope, {
        code: 'access_denied',
        text: `Cannot authenticate user '${user.slice(0, 255)}': ${error.message}`,
      })
    return fail(reply, scope, { code: 'server_error', text: error.message })
  }
}

async function tokenInfo(port: OvirtPort, request: FastifyRequest, reply: FastifyReply) {
  const parameters = parametersOf(request)
  const scope = parameters.get('scope') ?? ''
  const secret = parameters.get('token')
  if (secret === null) return fail(reply, scope, { code: 'invalid_request', text: "Missing parameter: 'token'" })
  const actor = await port.actorOf(secret)
  if (actor === undefined)
    return fail(reply, scope, {
      code: 'invalid_grant',
      text: 'The provided authorization grant is unknown, expired or revoked.',
    })
  if (scope.split(/\s+/).includes('ovirt-ext=token-info:validate')) return reply.type('application/json').send({})
  return reply.type('application/json').send({
    active: true,
    token_type: 'bearer',
    client_id: 'ovirt-engine-core',
    user_id: actor.name.replace(/-authz$/, ''),
    user_authz: 'internal-authz',
    scope: 'ovirt-app-api',
    exp: never,
    ovirt: {
      version: '0',
      principal_id: actor.userId,
      email: '',
      namespace: '*',
      first_name: '',
      last_name: '',
      group_ids: [],
      capability_credentials_change: true,
    },
  })
}

/** Ends a token. An unknown one is no error: it is ended already. */
async function signOut(port: OvirtPort, request: FastifyRequest, reply: FastifyReply) {
  const secret = parametersOf(request).get('token')
  if (secret !== null) await port.signOut(secret)
  return reply.type('application/json').send({})
}

/** Single sign-on as the SDKs use it (fact sheet 1.2). */
export function ssoRoutes(app: FastifyInstance, port: OvirtPort): void {
  const sso = '/ovirt-engine/sso'
  for (const method of ['GET', 'POST'] as const) {
    app.route({
      method,
      url: `${sso}/oauth/token`,

      handler: (request, reply) => token(port, request, reply),
    })
    app.route({ method, url: `${sso}/oauth/token-info`, handler: (request, reply) => tokenInfo(port, request, reply) })
    app.route({ method, url: `${sso}/oauth/revoke`, handler: (request, reply) => signOut(port, request, reply) })
    app.route({
      method,
      url: '/ovirt-engine/services/sso-logout',
      handler: (request, reply) => signOut(port, request, reply),
    })
  }
  app.get(`${sso}/status`, (_, reply) => reply.type('application/json').send({ status: 'running', version: '0' }))
}
