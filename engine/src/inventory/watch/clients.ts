import { readFile } from 'node:fs/promises'
import { internal, notFound } from '@rookery/model'
import { FinishResult, type TaskRequest } from '@rookery/protocol'
import { AgentClient, type AgentTls } from '@rookery/protocol/client'
import type { EngineHandle } from '../../engine.ts'
import type { HostClient, HostPort } from '../../jobs/index.ts'

/** How long an address is believed before the row is looked at again. */
const believedMs = 2000

interface Entry {
  client: AgentClient
  url: string
  hostUuid: string | null
  checkedAt: number
}

/** The clients of all hosts that this engine talks to, made when they are first needed. */
export class HostClients implements HostPort {
  readonly #engine: EngineHandle
  readonly #entries = new Map<string, Entry>()
  #tls: Promise<AgentTls> | undefined

  constructor(engine: EngineHandle) {
    this.#engine = engine
  }

  /** The client of a host. Throws `notFound` `host.not_found` for a host that was removed. */
  async agent(hostId: string): Promise<AgentClient> {
    const known = this.#entries.get(hostId)
    if (known !== undefined && Date.now() - known.checkedAt < believedMs) return known.client
    const row = await this.#engine.db.sql.maybe<{ url: string; hostUuid: string | null }>`
      select url, host_uuid from host where id = ${hostId}::uuid`
    if (row === undefined) {
      this.forget(hostId)
      throw notFound('host.not_found', 'The host was removed.', { ref: { kind: 'host', id: hostId } })
    }
    // Another caller may have made it while this one read.
    const current = this.#entries.get(hostId)
    if (current !== undefined && current.url === row.url && current.hostUuid === row.hostUuid) {
      current.checkedAt = Date.now()
      return current.client
    }
    const tls = await (this.#tls ??= this.#readTls())
    const fresh = this.#entries.get(hostId)
    if (fresh !== undefined && fresh.url === row.url && fresh.hostUuid === row.hostUuid) return fresh.client
    if (fresh !== undefined) close(fresh.client)
    const expected = row.hostUuid === null ? {} : { expectedHostUuid: row.hostUuid }
    const client = new AgentClient({ url: row.url, tls, ...expected })
    this.#entries.set(hostId, { client, ...row, checkedAt: Date.now() })
    return client
  }

  /**
   * The client as jobs use it. Jobs see a task's result only; what a domain that was made or has come is worth beside it is the place of
   * that in the order of the host's reports, so it is handed on as the result of `vm.create` and in that of `vm.migrate.finish`.
   */
  async client(hostId: string): Promise<HostClient> {
    const agent = await this.agent(hostId)
    return {
      cancelTask: (id, signal) => agent.cancelTask(id, signal),
      acknowledge: (ids, signal) => agent.acknowledge(ids, signal),
      inventory: (storageDomainIds, signal) => agent.inventory(storageDomainIds, signal),
      runTask: async (id, request, options) => {
        const ended = await agent.runTask(id, await this.#opened(request), options)
        const { incarnation, seq } = ended
        if (request.task.kind === 'vm.create') return { ...ended, result: { incarnation, seq } }
        if (request.task.kind !== 'vm.migrate.finish') return ended
        return { ...ended, result: { ...FinishResult.parse(ended.result), incarnation, seq } }
      },
    }
  }

  /** Fenced since then, or fenced before and not heard again: its power is off, or it only boots. */
  async isFenced(hostId: string, since: Date): Promise<boolean> {
    const rows = await this.#engine.db.sql`select 1 from host where id = ${hostId}::uuid
      and (fenced_at > ${since} or fenced_at > coalesce(seen_at, '-infinity'))`
    return rows.length > 0
  }

  /** Passwords of devices are sealed wherever the engine keeps them, also in the records of jobs; here they leave it. */
  async #opened(request: TaskRequest): Promise<TaskRequest> {
    const { task } = request
    if (task.kind !== 'power.fence') return request
    const secrets = this.#engine.env().secrets
    if (secrets === undefined) throw internal('secret.none', 'This engine has no key for kept passwords.')
    const { device } = task
    return { ...request, task: { ...task, device: { ...device, password: await secrets.open(device.password) } } }
  }

  /** Looks at the row at the next use: the host has said which machine it is, and another one is refused from then on. */
  recheck(hostId: string): void {
    const entry = this.#entries.get(hostId)
    if (entry !== undefined && entry.hostUuid === null) entry.checkedAt = 0
  }

  /** Closes the connections to a host. */
  forget(hostId: string): void {
    const entry = this.#entries.get(hostId)
    if (entry === undefined) return
    this.#entries.delete(hostId)
    close(entry.client)
  }

  async close(): Promise<void> {
    const clients = [...this.#entries.values()].map(entry => entry.client)
    this.#entries.clear()
    await Promise.all(clients.map(client => client.close()))
  }

  async #readTls(): Promise<AgentTls> {
    const { cert, key, ca } = this.#engine.config.agentTls
    const [certPem, keyPem, caPem] = await Promise.all([cert, key, ca].map(file => readFile(file)))
    return { cert: certPem as Buffer, key: keyPem as Buffer, ca: caPem as Buffer }
  }
}

function close(client: AgentClient): void {
  client.close().catch(() => undefined) // its calls fail, which is what was wanted
}

const all = new WeakMap<EngineHandle, HostClients>()

/** The clients of an engine. */
export function clientsOf(engine: EngineHandle): HostClients {
  const known = all.get(engine)
  if (known !== undefined) return known
  const made = new HostClients(engine)
  all.set(engine, made)
  return made
}

/** The client of a host, for data streams: consoles and images. Tasks are sent by jobs alone. */
export const agentOf = (engine: EngineHandle, hostId: string): Promise<AgentClient> => clientsOf(engine).agent(hostId)
