import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type Instance, passwordOf } from '../harness/instance.ts'
import { type Answer, type Call, Https } from '../net/https.ts'

export const base = '/ovirt-engine/api'

/** The API as curl sees it. */
export class Api {
  readonly http: Https
  readonly user: string
  readonly password: string
  readonly token: string

  private constructor(http: Https, user: string, password: string, token: string) {
    this.http = http
    this.user = user
    this.password = password
    this.token = token
  }

  /** Signs in once; everything afterwards uses that token. */
  static async signIn(instance: Instance): Promise<Api> {
    const http = new Https(instance.origin, await readFile(instance.caFile, 'utf8'))
    const password = await passwordOf(instance)
    const answer = await askToken(http, {
      grant_type: 'password',
      scope: 'ovirt-app-api',
      username: instance.user,
      password,
    })
    assert.equal(answer.status, 200, `signing in: ${answer.text}`)
    return new Api(http, instance.user, password, textOf(json(answer), 'access_token'))
  }

  get basic(): string {
    return `Basic ${Buffer.from(`${this.user}:${this.password}`).toString('base64')}`
  }

  /** A call below the API's root with the token; XML unless headers say otherwise. */
  call(path: string, call: Call = {}): Promise<Answer> {
    return this.http.call(path.startsWith('/ovirt-engine') ? path : `${base}${path}`, {
      ...call,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(call.body === undefined ? {} : { 'content-type': 'application/xml' }),
        ...call.headers,
      },
    })
  }

  /** XML of a GET that must be answered with 200. */
  async xml(path: string): Promise<string> {
    const answer = await this.call(path)
    expect(answer, 200, 'xml')
    return answer.text
  }

  /** XML of a POST that must succeed. */
  async post(path: string, body: string): Promise<string> {
    const answer = await this.call(path, { method: 'POST', body })
    assert.ok([200, 201, 202].includes(answer.status), `POST ${path}: ${answer.status} ${answer.text.slice(0, 400)}`)
    return answer.text
  }
}

/** A call of the token service with parameters in the body. */
export function askToken(
  http: Https,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return http.call('/ovirt-engine/sso/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', ...headers },
    body: new URLSearchParams(parameters).toString(),
  })
}

const types = {
  xml: /^application\/xml\b/,
  json: /^application\/json\b/,
  html: /^text\/html\b/,
  text: /^text\/plain\b/,
}

/** Status and content type of an answer, its beginning in the failure. */
export function expect(answer: Answer, status: number, type?: keyof typeof types): void {
  assert.equal(answer.status, status, `status ${answer.status} in place of ${status}: ${answer.text.slice(0, 400)}`)
  if (type !== undefined) {
    const said = answer.headers['content-type'] ?? ''
    assert.match(said, types[type], `content type ${JSON.stringify(said)} in place of ${type}`)
  }
}

/** An answer that is a fault with a reason, in XML. Gives the reason and the detail. */
export function expectFault(answer: Answer, status: number): { reason: string; detail: string } {
  expect(answer, status, 'xml')
  const reason = element(answer.text, 'reason')
  assert.match(answer.text, /<fault\b|<usage_message\b/, `no fault: ${answer.text.slice(0, 300)}`)
  return { reason: reason ?? '', detail: element(answer.text, 'detail') ?? '' }
}

/** A JSON object of an answer. */
export function json(answer: Answer): Record<string, unknown> {
  const value: unknown = JSON.parse(answer.text)
  assert.ok(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    `no JSON object: ${answer.text.slice(0, 200)}`,
  )
  return { ...value }
}

/** A member that must be a non-empty string. */
export function textOf(object: Record<string, unknown>, key: string): string {
  const value = object[key]
  assert.ok(typeof value === 'string' && value !== '', `${key} is ${JSON.stringify(value)}, a text is expected`)
  return value
}

/** Text of the first element of that name. */
export const element = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1]

/** The attribute `id` of the first element of that name. */
export function idOf(xml: string, name: string): string {
  const id = new RegExp(`<${name}\\s[^>]*\\bid="([^"]+)"`).exec(xml)?.[1]
  assert.ok(id, `no <${name} id=…> in ${xml.slice(0, 300)}`)
  return id
}
