import { notFound, RookeryError, unauthenticated } from '@rookery/model'
import type { Env } from '../../../core/ctx.ts'
import { retryAfterSeconds } from '../../../db/index.ts'
import { type Address, integerParameter } from '../http/address.ts'
import { faultOf } from '../http/fault.ts'
import { answerFormat, bodyFormat, contentType } from '../http/format.ts'
import type { Match } from '../http/router.ts'
import { decode, type Format } from '../wire/decode.ts'
import { encodeJson, encodeJsonList, encodeXml, encodeXmlList } from '../wire/encode.ts'
import type { WireObject } from '../wire/wire-object.ts'
import type { Answer } from './answer.ts'
import { type Followers, follow } from './follow.ts'
import type { ApiRequest, Route } from './route.ts'
import type { Services } from './services.ts'

/** What leaves the dialect: status, headers, body. */
export interface HttpAnswer {
  status: number
  headers: Record<string, string>
  body: string | Buffer
}

/** A request that was authenticated, before its route is known. */
export interface Incoming {
  method: string
  address: Address
  headers: Readonly<Record<string, string | undefined>>
  body: string
  env: Env
  origin: string
}

/** Finds the route, decodes, calls, follows, encodes. Every error becomes a fault in the language of the answer. */
export async function dispatch(
  incoming: Incoming,
  find: (method: string, segments: string[]) => Match<Route>,
  followers: Followers,
  services: Services,
): Promise<HttpAnswer> {
  const { address, headers, method } = incoming
  const format = answerFormat(address, headers['accept'])
  let request: ApiRequest | undefined
  let route: Route | undefined
  try {
    if (!address.versioned && headers['version'] !== undefined && headers['version'] !== '4')
      throw new RookeryError(
        'invalid',
        'wire.version',
        `This engine speaks version 4 of the API, not ${headers['version'].slice(0, 20)}.`,
      )
    const match = find(method, address.segments)
    if (match.kind === 'none')
      throw notFound('wire.no_such_path', `There is nothing at /${address.segments.join('/').slice(0, 200)}.`)
    if (match.kind === 'method') return methodNotAllowed(method, match.allowed, format)
    route = match.route
    const body =
      route.body === undefined
        ? {}
        : decode(route.body, bodyFormat(headers['content-type'], incoming.body), incoming.body)
    request = {
      env: incoming.env,
      services,
      address,
      params: match.params,
      body,
      format,
      headers,
      origin: incoming.origin,
    }
    const answer = await route.handle(request)
    await followAnswer(request, followers, answer)
    return encode(answer, format)
  } catch (error) {
    if (!(error instanceof RookeryError) || error.kind === 'internal')
      incoming.env.log.error({ err: error, path: address.segments.join('/') }, 'a request failed')
    return faultAnswer(error, format, route?.action === true ? (request?.body ?? {}) : undefined)
  }
}

async function followAnswer(request: ApiRequest, followers: Followers, answer: Answer): Promise<void> {
  if (answer.kind === 'list') {
    // Most lists are cut by their query already; this cuts the others.
    const max = integerParameter(request.address, 'max')
    if (max !== undefined && max >= 0) answer.objects.splice(max)
    answer.objects = await follow(request, followers, answer.type, answer.objects)
  }
  if (answer.kind === 'one') {
    const [object] = await follow(request, followers, answer.type, [answer.object])
    answer.object = object ?? answer.object
  }
}

function encode(answer: Answer, format: Format): HttpAnswer {
  switch (answer.kind) {
    case 'empty':
      return { status: answer.status, headers: {}, body: '' }
    case 'raw':
      return {
        status: answer.status,
        headers: { 'content-type': answer.contentType, ...answer.headers },
        body: answer.body,
      }
    case 'list': {
      const body =
        format === 'xml'
          ? encodeXmlList(answer.type, answer.wrapper, answer.item, answer.objects)
          : encodeJsonList(answer.type, answer.item, answer.objects)
      return { status: 200, headers: { 'content-type': contentType(format) }, body }
    }
    case 'one': {
      const body =
        format === 'xml' ? encodeXml(answer.type, answer.object, answer.tag) : encodeJson(answer.type, answer.object)
      return { status: answer.status, headers: { 'content-type': contentType(format), ...answer.headers }, body }
    }
  }
}

/** A fault, inside the `<action>` that asked when it was one. */
export function faultAnswer(error: unknown, format: Format, action?: WireObject): HttpAnswer {
  const { status, fault } = faultOf(error)
  const headers: Record<string, string> = { 'content-type': contentType(format) }
  if (status === 401) headers['www-authenticate'] = 'Basic realm="RESTAPI"'
  if (status === 503) headers['retry-after'] = String(retryAfterSeconds)
  const body =
    action === undefined
      ? format === 'xml'
        ? encodeXml('Fault', fault)
        : encodeJson('Fault', fault)
      : format === 'xml'
        ? encodeXml('Action', { status: 'failed', fault })
        : encodeJson('Action', { status: 'failed', fault })
  return { status, headers, body }
}

function methodNotAllowed(method: string, allowed: readonly string[], format: Format): HttpAnswer {
  const { body } = faultAnswer(
    new RookeryError(
      'unsupported',
      'wire.method',
      `${method.slice(0, 20)} does not work on this address; ${allowed.join(', ')} does.`,
    ),
    format,
  )
  return { status: 405, headers: { allow: allowed.join(', '), 'content-type': contentType(format) }, body }
}

/** The 401 that asks for credentials. */
export const challenge = (format: Format): HttpAnswer =>
  faultAnswer(unauthenticated('session.missing', 'Sign in first: send a Bearer token, or a name and password.'), format)
