import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { createEngine, type Engine, type EngineHooks } from '../src/app.ts'
import type { EngineConfig } from '../src/config.ts'
import { type Logger, silent } from '../src/core/log.ts'
import type { EngineDatabase } from './database.ts'
import { type TestTls, testTls } from './tls.ts'

export const adminPassword = 'correct horse battery'

let shared: Promise<TestTls> | undefined

/** The certificates of this test process; removed when it ends. */
export function sharedTls(): Promise<TestTls> {
  shared ??= testTls().then(tls => {
    process.once('exit', () => rmSync(tls.folder, { recursive: true, force: true }))
    return tls
  })
  return shared
}

/** The configuration of a test engine on this database. */
export async function testConfig(
  database: Pick<EngineDatabase, 'config'>,
  o: Partial<EngineConfig> = {},
): Promise<EngineConfig> {
  const tls = await sharedTls()
  const adminPasswordFile = join(tls.folder, 'admin.password')
  await writeFile(adminPasswordFile, `${adminPassword}\n`, { mode: 0o600 })
  return {
    engineId: randomUUID(),
    database: database.config,
    listen: { host: '127.0.0.1', port: 0 },
    tls: tls.server,
    agentTls: tls.client,
    authority: tls.authority,
    agentBundle: null,
    adminPasswordFile,
    dataDir: tls.folder,
    fqdn: 'localhost',
    advertiseUrl: `https://127.0.0.1:1/${randomUUID()}`,
    localHost: null,
    simulator: null,
    log: { level: 'error' },
    leaseSeconds: 15,
    connections: 8,
    keep: { jobDays: 30, eventDays: null },
    ...o,
  }
}

/** A running engine in this process and a way to ask it. */
export interface TestEngine {
  engine: Engine
  url: string
  /** One request; bodies are JSON. */
  http(
    method: string,
    path: string,
    o?: { token?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>
  /** Signs in and gives the token. */
  login(user?: string, password?: string): Promise<string>
  agent: Agent
  stop(): Promise<void>
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  // Tests look into answers freely.
  // oxlint-disable-next-line typescript/no-explicit-any
  json: any
}

/** Silent but for a part that holds up the end: the test that then hangs could not say which. */
const log: Logger = {
  ...silent,
  error: (_fields, message) => void (/is stopping/.test(message) && console.error(message)),
}

/** Starts an engine in this process. */
export async function startTestEngine(
  database: Pick<EngineDatabase, 'config'>,
  o: { config?: Partial<EngineConfig>; hooks?: EngineHooks } = {},
): Promise<TestEngine> {
  const config = await testConfig(database, o.config)
  const engine = await createEngine(config, { log, ...o.hooks })
  const { url } = await engine.start().catch(async (error: unknown) => {
    await engine.stop() // else what it opened keeps the test process alive
    throw error
  })
  const agent = new Agent({ connect: { ca: await readFile(config.tls.ca) } })
  const http: TestEngine['http'] = async (method, path, { token, body, headers } = {}) => {
    const answer = await request(`${url}${path}`, {
      method: method as 'GET',
      dispatcher: agent,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.body.text()
    const isJson = String(answer.headers['content-type'] ?? '').includes('json')
    return { status: answer.statusCode, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }
  return {
    engine,
    url,
    http,
    agent,
    login: async (user = 'admin@internal', password = adminPassword) => {
      const answer = await http('POST', '/api/login', { body: { user, password } })
      if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}: ${answer.text}`)
      return answer.json.token
    },
    stop: async () => {
      await engine.stop()
      await agent.destroy()
    },
  }
}
