import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  connection,
  ensureDatabase,
  type Server,
  serverArgv,
  startPostgres,
  startTestCluster,
  type TestCluster,
} from '@rookery/postgres'
import { createTestPki } from '@rookery/protocol/contract/pki'
import { Agent, request } from 'undici'
import type { Report } from '../engine/src/invariants/look.ts'
import { openDatabase, type Db, type Sql } from '../engine/src/db/index.ts'
import { adminPassword, testConfig } from '../engine/test/engine.ts'
import { until } from '../engine/test/until.ts'
import type { Answer, WorkSite } from './load.ts'
import { MovedClock } from './clocks.ts'
import { Program } from './program.ts'
import { Relay } from './relay.ts'

const root = join(import.meta.dirname, '..')

/** Parts that can be killed. `backend` is one session of the database, whose death makes the server recover. */
export const parts = ['engine', 'other engine', 'agents', 'database', 'backend'] as const
export type PartName = (typeof parts)[number]

/** Parts with a clock. */
export const clockParts = ['engine', 'other engine', 'agents', 'database'] as const
export type ClockPart = (typeof clockParts)[number]

/** Two engines, a fleet of pretended hosts that outlives its process, and a database: each a process of its own. */
export class PretendedSite implements WorkSite {
  readonly folder: string
  /** Between engines and agents. */
  readonly network: Relay
  readonly #clocks: Map<ClockPart, MovedClock>
  /** The database's process when its clock can be moved. */
  readonly #database: Program | undefined
  readonly #cluster: TestCluster
  #server: Server
  readonly #engines: { program: Program; url: string }[] = []
  readonly #agents: Program
  readonly #db: Db
  readonly #admin: Agent
  readonly #simulatorUrl: string
  readonly #data: Agent
  #token: string | undefined
  #turn = 0
  readonly kills: Record<PartName, number> = { engine: 0, 'other engine': 0, agents: 0, database: 0, backend: 0 }

  static async start(o: {
    /** Gives engines, agents and database clocks that can be moved. */
    clocks?: boolean
    logs: string
    hosts?: number
    seed: string
  }): Promise<PretendedSite> {
    const folder = await mkdtemp(join(tmpdir(), 'rookery-pretended-'))
    await chmod(folder, 0o711) // the database runs as somebody else and reads its clock here
    const clocks = new Map(clockParts.map(name => [name, new MovedClock(folder, name)]))
    const clockOf = (name: ClockPart) => (o.clocks === true ? (clocks.get(name)?.env ?? {}) : {})
    const pki = await createTestPki()
    const file = async (name: string, text: string) => {
      const path = join(folder, name)
      await writeFile(path, text, { mode: 0o600 })
      return path
    }
    const side = async (name: 'host' | 'engine') => ({
      cert: await file(`${name}.pem`, pki[name].cert),
      key: await file(`${name}.key`, pki[name].key),
      ca: await file(`${name}-ca.pem`, pki[name].ca),
    })
    const [tls, agentTls] = [await side('host'), await side('engine')]
    const [port, imagesPort, ...enginePorts] = await freePorts(4)
    const { hosts = 3 } = o
    const simulator = {
      listen: { host: '127.0.0.1', port },
      tls,
      hosts,
      seed: o.seed,
      clock: 'real',
      imagesPort,
      dataDir: join(folder, 'simulator'),
    }
    const relay = await Relay.open(port ?? 0)
    const cluster = await startTestCluster()
    await ensureDatabase(cluster.cluster, 'faults')
    const { host, database, user, port: pgPort } = connection(cluster.cluster, 'faults')
    const engines: { config: string; url: string }[] = []
    const engineId = randomUUID()
    for (const [i, enginePort] of enginePorts.entries()) {
      const config = await testConfig(
        { config: { host, database, user, port: pgPort } },
        {
          engineId,
          listen: { host: '127.0.0.1', port: enginePort },
          advertiseUrl: `https://127.0.0.1:${enginePort}`,
          agentTls,
          simulator: { url: `https://127.0.0.1:${relay.port}`, hosts, storagePath: '/pretended' },
          log: { level: 'info' },
          leaseSeconds: 5,
        },
      )
      engines.push({
        config: await file(`engine-${i}.json`, JSON.stringify(config)),
        url: `https://127.0.0.1:${enginePort}`,
      })
    }
    const node = [process.execPath, '--disable-warning=ExperimentalWarning']
    const env = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile') }
    const agents = new Program({
      argv: [
        ...node,
        join(root, 'simulator/src/main.ts'),
        '--config',
        await file('simulator.json', JSON.stringify(simulator)),
      ],
      log: join(o.logs, 'agents.log'),
      ready: /"msg":"listening"/,
      env: { ...env, ...clockOf('agents') },
    })
    const { tls: engineTls } = JSON.parse(await readFile(engines[0]?.config ?? '', 'utf8')) as { tls: { ca: string } }
    const site = new PretendedSite({
      folder,
      clocks,
      relay,
      database:
        o.clocks === true
          ? new Program({
              argv: withEnv(
                serverArgv(cluster.cluster),
                join(cluster.cluster.binaries.bin, 'postgres'),
                clockOf('database'),
              ),
              log: join(o.logs, 'database.log'),
              ready: /ready to accept connections/,
            })
          : undefined,
      cluster,
      agents,
      engines: engines.map(({ config, url }, i) => ({
        program: new Program({
          argv: [...node, join(root, 'engine/src/main.ts'), config],
          log: join(o.logs, `engine-${i}.log`),
          ready: /engine is ready/,
          env: { ...env, ...clockOf(i === 0 ? 'engine' : 'other engine') },
        }),
        url,
      })),
      admin: new Agent({ connect: { ca: await readFile(engineTls.ca) }, pipelining: 0 }),
      simulatorUrl: `https://127.0.0.1:${port}/simulator`,
      data: new Agent({ connect: { ca: pki.engine.ca, cert: pki.engine.cert, key: pki.engine.key }, pipelining: 0 }),
    })
    try {
      if (site.#database !== undefined) {
        await cluster.server.crash()
        await site.#database.start()
      }
      await agents.start()
      for (const { program } of site.#engines) await program.start()
      await until(
        async () => {
          const [row] = await site.sql<{ up: number; active: number }>`
            select (select count(*) from host where status = 'up')::int as up, (select count(*) from storage_domain where status = 'active')::int as active`
          return row?.up === hosts && row.active >= 2
        },
        { timeoutMs: 90_000, what: 'hosts and storage' },
      )
      return site
    } catch (error) {
      await site.close()
      throw error
    }
  }

  private constructor(o: {
    folder: string
    clocks: Map<ClockPart, MovedClock>
    relay: Relay
    database: Program | undefined
    cluster: TestCluster
    agents: Program
    engines: { program: Program; url: string }[]
    admin: Agent
    simulatorUrl: string
    data: Agent
  }) {
    this.folder = o.folder
    this.#clocks = o.clocks
    this.network = o.relay
    this.#database = o.database
    this.#cluster = o.cluster
    this.#server = o.cluster.server
    this.#agents = o.agents
    this.#engines.push(...o.engines)
    this.#admin = o.admin
    this.#simulatorUrl = o.simulatorUrl
    this.#data = o.data
    this.#db = openDatabase(connection(o.cluster.cluster, 'faults') as Parameters<typeof openDatabase>[0], {
      connections: 4,
    })
  }

  /** Reads the database past the engines; asked again while it is away. */
  readonly sql = async <R>(strings: TemplateStringsArray, ...values: Parameters<Sql>[1][]): Promise<R[]> => {
    for (let tries = 0; ; tries++)
      try {
        return await this.#db.sql<R>(strings, ...values)
      } catch (error) {
        if (tries > 600) throw error
        await new Promise(resolve => setTimeout(resolve, 50))
      }
  }

  /** Kills a part and starts it again; false when it does not run just now. Resolves when it answers. */
  async kill(part: PartName): Promise<boolean> {
    const killed = await this.#killOnce(part)
    if (killed) this.kills[part]++
    return killed
  }

  async #killOnce(part: PartName): Promise<boolean> {
    if (part === 'backend') return this.#killBackend()
    if (part === 'database') {
      await this.#server.crash()
      this.#server = await startPostgres(this.#cluster.cluster)
      return true
    }
    const program = part === 'agents' ? this.#agents : this.#engines[part === 'engine' ? 0 : 1]?.program
    const killed = (await program?.kill()) === true
    await program?.start()
    return killed
  }

  /** Whatever a kill left down, because what it needs was down too, is started. */
  async whole(): Promise<void> {
    for (const program of [this.#agents, ...this.#engines.map(engine => engine.program)])
      if (!program.runs) await program.start()
  }

  /** Moves the clock of a part: `+6h`, `-20m`, `+0`. */
  moveClock(part: ClockPart, offset: string): void {
    this.#clocks.get(part)?.move(offset)
  }

  /** One of the server's processes that serves a session: the server then ends all others and recovers from its log. */
  async #killBackend(): Promise<boolean> {
    const children = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
    const backends: number[] = []
    for (const pid of children) {
      const [stat, words] = await Promise.all([
        readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
        readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      ])
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (parent === this.#server.pid && words.includes(' faults ')) backends.push(Number(pid))
    }
    const victim = backends[this.kills.backend % Math.max(1, backends.length)]
    if (victim === undefined) return false
    try {
      process.kill(victim, 'SIGKILL')
      return true
    } catch {
      return false // it has just ended
    }
  }

  /** Asks an operation or a query of one engine or the other. */
  async ask(kind: 'op' | 'query', name: string, input: object): Promise<Answer> {
    const { url } = this.#engines[this.#turn++ % this.#engines.length] as { url: string }
    try {
      this.#token ??= await this.#login(url)
      const answer = await request(`${url}/api/${kind}/${name}`, {
        method: 'POST',
        dispatcher: this.#admin,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
        body: JSON.stringify(input),
        headersTimeout: 60_000,
        bodyTimeout: 60_000,
      })
      const text = await answer.body.text()
      const body = JSON.parse(text) as { result?: Record<string, unknown>; error?: { code: string } }
      if (answer.statusCode < 300) return { kind: 'done', result: body.result ?? {} }
      if (answer.statusCode === 401) this.#token = undefined // a moved clock ended the session
      if (answer.statusCode >= 500) return { kind: 'unknown' }
      return { kind: 'refused', code: body.error?.code ?? String(answer.statusCode) }
    } catch {
      return { kind: 'unknown' } // it was killed while it answered, or is not there
    }
  }

  async #login(url: string): Promise<string> {
    const answer = await request(`${url}/api/login`, {
      method: 'POST',
      dispatcher: this.#admin,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: 'admin@internal', password: adminPassword }),
    })
    const { token } = (await answer.body.json()) as { token?: string }
    if (token === undefined) throw new Error(`sign-in was answered ${answer.statusCode}`)
    return token
  }

  /** Writes an image through the data port; whatever comes of it, the transfer's end tells. */
  async put(url: string, bytes: Buffer): Promise<boolean> {
    try {
      const answer = await request(url, { method: 'PUT', dispatcher: this.#data, body: bytes, headersTimeout: 20_000 })
      await answer.body.dump()
      return answer.statusCode < 300
    } catch {
      return false // the agents were killed
    }
  }

  /** The checker's answer, as soon as an engine gives one. */
  async invariants(): Promise<Report> {
    return until(
      async () => {
        const answer = await this.ask('query', 'invariants', { apartMs: 500 })
        return answer.kind === 'done' ? (answer.result as unknown as Report) : undefined
      },
      { timeoutMs: 60_000, what: 'the checker to answer' },
    )
  }

  /** Things that no host may ever have done (a VM or a disk used twice at once), since the fleet's last start. */
  async violations(): Promise<unknown[]> {
    const answer = await request(this.#simulatorUrl, { dispatcher: this.#data })
    return ((await answer.body.json()) as { violations: unknown[] }).violations
  }

  /** A line in each log, so that they can be read together. */
  note(logs: string, text: string): void {
    appendFileSync(join(logs, 'kills.log'), `${new Date().toISOString()} ${text}\n`)
  }

  async close(): Promise<void> {
    for (const { program } of this.#engines) await program.kill()
    await this.#agents.kill()
    await this.network.close()
    await this.#db.close()
    await this.#database?.kill()
    await this.#cluster.server.crash().catch(() => undefined)
    await this.#server.crash()
    await this.#cluster.close()
    await this.#admin.destroy()
    await this.#data.destroy()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** A command line in which this program, and not what changes to its user before, gets an environment: libfaketime's belongs to one user. */
function withEnv(argv: readonly string[], program: string, env: Record<string, string>): string[] {
  const at = argv.indexOf(program)
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return [...argv.slice(0, at), '/usr/bin/env', ...words, ...argv.slice(at)]
}

/** Ports that nobody listens on right now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
