import { appendFileSync, existsSync } from 'node:fs'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { paths } from '@rookery/cli/instance/paths'
import { report } from '@rookery/cli/supervisor/control'
import { connection } from '@rookery/postgres'
import { Agent, request } from 'undici'
import { type Db, openDatabase, type Sql } from '../engine/src/db/index.ts'
import type { Report } from '../engine/src/invariants/look.ts'
import { until } from '../engine/test/until.ts'
import { missingTools } from '../lab/src/images/tools.ts'
import { ClosedFolder } from '../lab/src/site/folder.ts'
import { freePort, Instance } from '../lab/src/site/instance.ts'
import { hostTools } from '../lab/src/site/tools.ts'
import { processesOf } from '../lab/src/site/traces.ts'
import type { Answer, WorkSite } from './load.ts'
import { SmallDisk } from './small-disk.ts'

/** Parts of a real instance that are killed under load. */
export const realParts = ['engine', 'agent', 'libvirtd', 'postgres', 'qemu'] as const
export type RealPart = (typeof realParts)[number]

/** Why there can be no real site here; false when there can. */
export async function noRealSite(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'needs root for a real host'
  const missing = await missingTools(hostTools)
  return missing.length > 0 && `needs the Debian packages ${missing.map(tool => tool.package).join(', ')}`
}

/** A whole instance of the product on this machine: supervisor, database, engine, agent, libvirt, QEMU. */
export class RealSite implements WorkSite {
  readonly instance: Instance
  readonly #folder: ClosedFolder | undefined
  readonly #logs: string
  #disk: SmallDisk | undefined
  #db: Db | undefined
  #http: Agent | undefined
  #token: string | undefined
  /** VMs whose QEMU was killed: what was promised of their runs is void. */
  readonly killedGuests = new Set<string>()
  readonly kills: Record<RealPart, number> = { engine: 0, agent: 0, libvirtd: 0, postgres: 0, qemu: 0 }

  /** On a file system of its own of so many MiB, so that it can be filled. */
  static async start(logs: string, sizeMiB: number): Promise<RealSite> {
    const folder = await ClosedFolder.make()
    const dataDir = join(folder.path, 'one')
    const site = new RealSite(folder, new Instance({ dataDir, port: await freePort() }), logs)
    try {
      site.#disk = await SmallDisk.make(dataDir, sizeMiB)
      await site.instance.up()
      await site.#open()
      return site
    } catch (error) {
      await site.close(true)
      throw error
    }
  }

  /** An instance that somebody else has started and takes away. */
  static async of(instance: Instance, logs: string): Promise<RealSite> {
    const site = new RealSite(undefined, instance, logs)
    await site.#open()
    return site
  }

  async #open(): Promise<void> {
    this.#db = openDatabase(this.database, { connections: 4 })
    const { caForUsers } = paths(this.instance.dataDir)
    this.#http = new Agent({ connect: { ca: await readFile(caForUsers) }, pipelining: 0 })
  }

  private constructor(folder: ClosedFolder | undefined, instance: Instance, logs: string) {
    this.#folder = folder
    this.instance = instance
    this.#logs = logs
  }

  readonly sql = async <R>(strings: TemplateStringsArray, ...values: Parameters<Sql>[1][]): Promise<R[]> => {
    for (let tries = 0; ; tries++)
      try {
        if (this.#db === undefined) throw new Error('the site does not run')
        return await this.#db.sql<R>(strings, ...values)
      } catch (error) {
        if (tries > 600) throw error
        await new Promise(resolve => setTimeout(resolve, 100))
      }
  }

  /** How its database is reached. */
  get database(): { host: string; port: number; user: string; database: string } {
    const { host, port, user, database } = connection({ socket: paths(this.instance.dataDir).postgresSocket })
    return { host, port, user, database }
  }

  /** Process ids of the parts that run now, as the supervisor has them. */
  async #pids(): Promise<Map<string, number>> {
    const said = await report(paths(this.instance.dataDir).socket)
    return new Map(said?.children.flatMap(c => (c.pid === undefined ? [] : [[c.name, c.pid] as const])) ?? [])
  }

  /** QEMU processes by VM. */
  async guests(): Promise<Map<string, number>> {
    const found = new Map<string, number>()
    for (const { pid, args } of await processesOf(this.instance.dataDir)) {
      const vm = /^\S*\/qemu-system-\S+ .*-uuid ([0-9a-f-]{36})/.exec(args)?.[1]
      if (vm !== undefined) found.set(vm, pid)
    }
    return found
  }

  /** SIGKILL to a part as it is now; false when it is not there at this moment. Of QEMUs one that is not to be spared. */
  async kill(part: RealPart, spare: ReadonlySet<string> = new Set()): Promise<boolean> {
    const guest = part === 'qemu' ? [...(await this.guests())].find(([vm]) => !spare.has(vm)) : undefined
    const pid = part === 'qemu' ? guest?.[1] : (await this.#pids()).get(part)
    if (pid === undefined) return false
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      return false // it has just ended by itself
    }
    this.kills[part]++
    if (guest !== undefined) this.killedGuests.add(guest[0])
    this.note(`killed ${part}, process ${pid}`)
    return true
  }

  async ask(kind: 'op' | 'query', name: string, input: object): Promise<Answer> {
    try {
      this.#token ??= await this.#login()
      const { status, text } = await this.#post(`/api/${kind}/${name}`, input, this.#token)
      const body = JSON.parse(text) as { result?: Record<string, unknown>; error?: { code: string } }
      if (status < 300) return { kind: 'done', result: body.result ?? {} }
      return status >= 500 ? { kind: 'unknown' } : { kind: 'refused', code: body.error?.code ?? String(status) }
    } catch {
      return { kind: 'unknown' } // it was killed while it answered, or is not there
    }
  }

  async #login(): Promise<string> {
    const password = (await readFile(paths(this.instance.dataDir).adminPassword, 'utf8')).trimEnd()
    const { status, text } = await this.#post('/api/login', { user: 'admin@internal', password })
    const { token } = JSON.parse(text) as { token?: string }
    if (token === undefined) throw new Error(`sign-in was answered ${status}`)
    return token
  }

  async #post(path: string, input: object, token?: string): Promise<{ status: number; text: string }> {
    const answer = await request(this.instance.origin + path, {
      method: 'POST',
      ...(this.#http === undefined ? {} : { dispatcher: this.#http }),
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(input),
      headersTimeout: 90_000,
      bodyTimeout: 90_000,
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  }

  async put(url: string, bytes: Buffer): Promise<boolean> {
    try {
      const to = { method: 'PUT' as const, body: bytes, headersTimeout: 20_000 }
      const answer = await request(url, this.#http === undefined ? to : { ...to, dispatcher: this.#http })
      await answer.body.dump()
      return answer.statusCode < 300
    } catch {
      return false // the agent was killed
    }
  }

  /** Takes all the space that is left, for the database, for storage and for everything else. */
  fillDisk(): Promise<void> {
    return this.#disk?.fill() ?? Promise.resolve()
  }

  /** Gives it back. */
  freeDisk(): Promise<void> {
    return this.#disk?.free() ?? Promise.resolve()
  }

  /** Every part is ready again, and the host and what lies on it are as they should be. */
  async well(): Promise<void> {
    let last: unknown
    await until(
      async () => {
        const said = await report(paths(this.instance.dataDir).socket)
        last = said?.children
        if (said === undefined || said.children.some(child => child.state !== 'ready')) return false
        const hosts = await this.sql<{ status: string; wanted: string }>`select status, wanted from host`
        const domains = await this.sql<{ status: string }>`select status from storage_domain`
        last = { hosts, domains }
        // Where the host is in maintenance nobody knows how the domains are.
        if (hosts.some(host => host.wanted !== 'up')) return hosts.every(host => host.status === host.wanted)
        const lost = domains.some(domain => ['inactive', 'unknown'].includes(domain.status))
        const serving = await this.sql`select 1 from spm where host_id is not null`
        return hosts.every(host => host.status === 'up') && !lost && serving.length > 0
      },
      { timeoutMs: 180_000, everyMs: 300, what: 'the site to be well' },
    ).catch(error => {
      throw new Error(`${String(error)}: ${JSON.stringify(last)}`)
    })
  }

  async invariants(): Promise<Report> {
    return until(
      async () => {
        const answer = await this.ask('query', 'invariants', { apartMs: 1500 })
        return answer.kind === 'done' ? (answer.result as unknown as Report) : undefined
      },
      { timeoutMs: 90_000, what: 'the checker to answer' },
    )
  }

  note(text: string): void {
    if (existsSync(this.#logs)) appendFileSync(join(this.#logs, 'kills.log'), `${new Date().toISOString()} ${text}\n`)
  }

  /** Takes everything away; what failed leaves its logs. */
  async close(failed: boolean): Promise<void> {
    await this.#db?.close()
    await this.#http?.destroy()
    if (failed)
      for (const name of ['log', 'host/log-libvirt'])
        await cp(join(this.instance.dataDir, name), join(this.#logs, name), { recursive: true }).catch(() => undefined) // it never came so far
    if (this.#folder === undefined) return
    await this.instance.command('down', '--vms', '--timeout', '5')
    await this.#disk?.remove()
    if (!(await this.#folder.remove())) throw new Error(`something could not be taken away; see ${this.#folder.path}`)
  }
}
