import assert from 'node:assert/strict'
import { request } from 'undici'
import { readXml, type XmlElement } from '../src/dialects/ovirt/wire/xml-read.ts'
import { adminPassword, type TestEngine } from './engine.ts'
import { until } from './until.ts'

/** An answer of the oVirt API: its status, its headers, its document. */
export interface OvirtAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  /** The root element; undefined when there is no XML. */
  root: XmlElement | undefined
}

/** A client of the oVirt dialect that speaks XML as the SDK does, signed in as one user. */
export interface OvirtClient {
  token: string
  ask(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<OvirtAnswer>
  /** The same, and the status must be one of these (default: 200 to 202). */
  good(method: string, path: string, body?: string, statuses?: number[]): Promise<XmlElement>
}

/** The first child of that name. */
export const child = (element: XmlElement | undefined, ...path: string[]): XmlElement | undefined =>
  path.reduce<XmlElement | undefined>((at, name) => at?.children.find(c => c.name === name), element)

/** The text at a path below the element; undefined when it is not there. */
export const textOf = (element: XmlElement | undefined, ...path: string[]): string | undefined =>
  child(element, ...path)?.text

/** Id of an element; fails when it has none. */
export function idOf(element: XmlElement | undefined): string {
  const id = element?.attributes.get('id')
  assert.ok(id, `<${element?.name}> has no id`)
  return id
}

/** Signs in as the SDK does. */
export async function ovirtClient(
  one: TestEngine,
  user = 'admin@internal',
  password = adminPassword,
): Promise<OvirtClient> {
  const form = new URLSearchParams({ grant_type: 'password', scope: 'ovirt-app-api', username: user, password })
  const signedIn = await request(`${one.url}/ovirt-engine/sso/oauth/token`, {
    method: 'POST',
    dispatcher: one.agent,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  })
  const { access_token: token } = (await signedIn.body.json()) as { access_token: string }
  assert.equal(signedIn.statusCode, 200)
  const ask: OvirtClient['ask'] = async (method, path, body, headers = {}) => {
    const answer = await request(`${one.url}/ovirt-engine/api${path}`, {
      method: method as 'GET',
      dispatcher: one.agent,
      headers: {
        accept: 'application/xml',
        'content-type': 'application/xml',
        version: '4',
        authorization: `Bearer ${token}`,
        ...headers,
      },
      body: body ?? null,
    })
    const text = await answer.body.text()
    const isXml = String(answer.headers['content-type'] ?? '').includes('xml')
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      root: isXml && text !== '' ? readXml(text) : undefined,
    }
  }
  return {
    token,
    ask,
    async good(method, path, body, statuses = [200, 201, 202]) {
      const answer = await ask(method, path, body)
      assert.ok(statuses.includes(answer.status), `${method} ${path} answered ${answer.status}: ${answer.text}`)
      return answer.root ?? { name: '', attributes: new Map(), text: '', children: [] }
    },
  }
}

/** Polls an entity until its status is the wanted one, as real clients do. */
export async function untilStatus(client: OvirtClient, path: string, status: string): Promise<XmlElement> {
  let last: XmlElement | undefined
  await until(
    async () => {
      last = await client.good('GET', path)
      return (textOf(last, 'status') ?? textOf(last, 'phase')) === status
    },
    { what: `${path} to be ${status}` },
  )
  return last as XmlElement
}

/** The one thing of a name in a top collection. */
export async function byName(client: OvirtClient, collection: string, name: string): Promise<XmlElement> {
  const list = await client.good('GET', `/${collection}?search=${encodeURIComponent(`name="${name}"`)}`)
  assert.equal(list.children.length, 1, `one of ${collection} is named ${name}`)
  return list.children[0] as XmlElement
}
