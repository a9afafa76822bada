import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseConfig } from '@rookery/engine/db/index'
import { Agent, request } from 'undici'

/** A running Rookery, as benches see it. */
export interface Target {
  /** `https://127.0.0.1:8443`. */
  origin: string
  /** The CA's certificate, PEM, and the file it is in. */
  ca: string
  caFile: string
  user: string
  password: string
  /** Its database, for what no route shows. */
  database: DatabaseConfig
  /** Name of the cluster whose hosts are pretended; undefined without. */
  simulatedCluster: string | undefined
  /** The real host; undefined without root. */
  real: { dataDir: string; cluster: string; accel: string } | undefined
}

export const apiBase = '/ovirt-engine/api'

// What an API answers is looked into freely, as its clients do.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any

/** A client of the oVirt dialect that speaks JSON, signed in as the administrator. */
export interface Api {
  readonly target: Target
  readonly token: string
  readonly agent: Agent
  /** One request below `/ovirt-engine/api`; anything but 2xx throws with the answer's words. */
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Json>
  /** Status of one request. */
  status(path: string): Promise<number>
  close(): Promise<void>
}

/** Signs in and gives the token. */
export async function signIn(target: Target, agent: Agent): Promise<string> {
  const form = new URLSearchParams({
    grant_type: 'password',
    scope: 'ovirt-app-api',
    username: target.user,
    password: target.password,
  })
  const answer = await request(`${target.origin}/ovirt-engine/sso/oauth/token`, {
    method: 'POST',
    dispatcher: agent,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  })
  const { access_token: token } = (await answer.body.json()) as { access_token?: string }
  if (token === undefined) throw new Error(`The sign-in answered ${answer.statusCode} without a token.`)
  return token
}

/** Connects to a target. */
export async function connect(target: Target): Promise<Api> {
  const agent = new Agent({ connections: 32, connect: { ca: target.ca } })
  const token = await signIn(target, agent)
  const send = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) =>
    request(`${target.origin}${apiBase}${path}`, {
      method,
      dispatcher: agent,
      headers: { ...authorized(token), accept: 'application/json', 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
  return {
    target,
    token,
    agent,
    async ask(method, path, body) {
      const answer = await send(method, path, body)
      const text = await answer.body.text()
      if (answer.statusCode >= 300)
        throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 500)}`)
      return text === '' ? {} : JSON.parse(text)
    },
    async status(path) {
      const answer = await send('GET', path)
      await answer.body.dump()
      return answer.statusCode
    },
    close: () => agent.destroy(),
  }
}

export const authorized = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

/** Asks again and again until it holds; the pause between is short against what is waited for, and never what is measured by. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  o: { seconds?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + (o.seconds ?? 120) * 1000
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`Waited ${o.seconds ?? 120} s in vain for ${what}.`)
    await pause(o.everyMs ?? 20)
  }
}

/** Does something for each, so many at once. */
export async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values()
  const lane = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane))
}

/** A name that tells people where the thing comes from, and that is nobody else's. */
export const benchName = (what: string): string => `bench-${what}-${randomUUID().slice(0, 8)}`
