import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { quantile } from '@rookery/bench/measure/stats'
import type { EngineConfig } from '../engine/src/config.ts'
import { json } from '../engine/src/db/index.ts'
import { type EngineDatabase, engineDatabase } from '../engine/test/database.ts'
import { startTestEngine, type TestEngine, testConfig } from '../engine/test/engine.ts'
import { type SimulatorProcess, startSimulator } from '../engine/test/simulator.ts'
import { until } from '../engine/test/until.ts'

/** How large a fleet is: `ROOKERY_SCALE=2500x40000`, or what a test plays by itself. */
export function sizeOf(otherwise: string): { hosts: number; vms: number } {
  const [hosts = 0, vms = 0] = (process.env['ROOKERY_SCALE'] ?? otherwise).split('x').map(Number)
  return { hosts, vms }
}

/** Waits for states of a whole fleet. */
export const patience = { timeoutMs: 1_500_000, everyMs: 250 }

/** Says a figure, with how busy the machine was meanwhile: others may be at work on it. */
export function figure(t: TestContext, text: string): void {
  t.diagnostic(`${text} (load ${loadavg()[0]?.toFixed(1)})`)
}

/** Seconds since a moment of `performance.now()`. */
export const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1)

/** `median 3.1 ms, p99 9.0 ms`. */
export const spread = (times: readonly number[]): string =>
  `median ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms`

/** Pretended hosts in a process of their own, a database, and engines on it as they are wanted. */
export interface Fleet {
  database: EngineDatabase
  simulator: SimulatorProcess
  sql: EngineDatabase['db']['sql']
  /** An engine in this process. With a number of hosts it adds those that it does not know. */
  engine(hosts?: number): Promise<TestEngine>
  /** An engine as the product runs it: a process of its own. */
  product(): Promise<Product>
  close(): Promise<void>
}

/** An engine as a process, and what it and the database take. */
export interface Product {
  /** Processor time so far, milliseconds. */
  cpuMs(): { engine: number; database: number }
  /** Resident memory, MiB. */
  memory(): number
  stop(): Promise<void>
}

/** Starts the hosts; no engine yet. */
export async function startFleet(hosts: number): Promise<Fleet> {
  const database = await engineDatabase()
  const simulator = await startSimulator(hosts, { seed: 'scale' })
  const { sql } = database.db
  const config: Partial<EngineConfig> = { agentTls: { ...simulator.agentTls }, connections: 16 }
  return {
    database,
    simulator,
    sql,
    engine: hosts =>
      startTestEngine(database, {
        config: {
          ...config,
          ...(hosts === undefined ? {} : { simulator: { url: simulator.url, hosts, storagePath: '/pretended' } }),
        },
      }),
    product: () => startProduct(database, config),
    close: async () => {
      await simulator.close()
      await database.close()
    },
  }
}

async function startProduct(database: EngineDatabase, config: Partial<EngineConfig>): Promise<Product> {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-scale-'))
  const file = join(folder, 'engine.json')
  await writeFile(file, JSON.stringify(await testConfig(database, { ...config, dataDir: folder })), { mode: 0o600 })
  const main = fileURLToPath(new URL('../engine/src/main.ts', import.meta.url))
  // The flags of the supervisor.
  const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2']
  const child = spawn(process.execPath, [...flags, main, file], { stdio: ['ignore', 'inherit', 'inherit'] })
  const pid = child.pid as number
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  const { database: name } = database.config as { database: string }
  return {
    cpuMs: () => ({ engine: cpuMs(pid), database: backends(name).reduce((sum, each) => sum + cpuMs(each), 0) }),
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: async () => {
      process.off('exit', end)
      if (child.exitCode === null && child.signalCode === null) {
        const exit = once(child, 'exit')
        child.kill('SIGTERM')
        await exit
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Processor time of a process (proc(5): fields 14 and 15, in hundredths of a second); 0 when it is gone. */
function cpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return 0
  }
}

/** The server's processes that work for connections to a database. */
function backends(name: string): number[] {
  return readdirSync('/proc').flatMap(entry => {
    if (!/^\d+$/.test(entry)) return []
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8')
      return line.startsWith('postgres:') && line.includes(` ${name} `) ? [Number(entry)] : []
    } catch {
      return [] // it has just ended
    }
  })
}

/** How many hosts are up, and have been heard since then. */
export async function hostsUp(fleet: Fleet, since = new Date(0)): Promise<number> {
  const row = await fleet.sql.one<{ n: number }>`
    select count(*)::int as n from host where status = 'up' and seen_at > ${since}`
  return row.n
}

/** How many VMs run. */
export async function vmsUp(fleet: Fleet): Promise<number> {
  const row = await fleet.sql.one<{ n: number }>`
    select count(*)::int as n from vm_run where status = 'up' and ended is null and not incoming`
  return row.n
}

/** Waits until these hosts are up and the storage is active. */
export async function untilReady(fleet: Fleet, hosts: number): Promise<void> {
  await until(async () => (await hostsUp(fleet)) === hosts, { ...patience, what: 'hosts to be up' })
  await until(
    async () =>
      (await fleet.sql.one<{ n: number }>`select count(*)::int as n from storage_domain where status = 'active'`).n ===
      2,
    { ...patience, what: 'storage to be active' },
  )
  await until(async () => (await fleet.sql`select 1 from iso_file limit 1`).length > 0, {
    ...patience,
    what: 'the CD to be known',
  })
}

/** Writes down VMs that boot from the pretended CD; as if people had made them, one after the other. */
export async function makeVms(fleet: Fleet, count: number, config: Record<string, unknown> = {}): Promise<string[]> {
  const { sql } = fleet
  const { id: clusterId, projectId } = await sql.one<{ id: string; projectId: string }>`
    select c.id, d.default_project_id as project_id from cluster c join data_center d on d.id = c.data_center_id limit 1`
  const cdrom = await sql.one<{ storageDomainId: string; file: string }>`
    select storage_domain_id, name as file from iso_file limit 1`
  const whole = { memory: 4 * 1024 ** 3, os: { boot: ['cdrom'] }, cdrom, ...config }
  const ids = Array.from({ length: count }, () => randomUUID())
  await sql`insert into vm (id, project_id, cluster_id, template_id, name, config)
    select id, ${projectId}::uuid, ${clusterId}::uuid, '00000000-0000-0000-0000-000000000000', 'scale-' || id, ${json(whole)}::jsonb
      from unnest(${ids}::uuid[]) as id`
  return ids
}

/**
 * Fills hosts with VMs that run, until there are so many on the whole: copies of one that was started, since starting 40,000 would take longer than all
 * that is measured. Rows, reservations and guests are those that starts would have left.
 */
export async function fill(fleet: Fleet, modelVm: string, hosts: number, vms: number): Promise<void> {
  const { sql, simulator } = fleet
  const { n: there } = await sql.one<{ n: number }>`select count(*)::int as n from vm_run`
  const copies = await sql<{ vmId: string; runId: string; name: string; url: string }>`
    with model as (select r.id as run_id, r.vm_id from vm_run r where r.vm_id = ${modelVm}::uuid),
    place as (
      select h.id, h.url, row_number() over (order by count(r.id), h.id) as n
        from host h left join vm_run r on r.host_id = h.id group by h.id, h.url),
    fresh as (
      select gen_random_uuid() as vm_id, gen_random_uuid() as run_id, p.id as host_id, p.url, n.n
        from generate_series(1, ${Math.max(0, vms - there)}::int) n join place p on p.n = 1 + n.n % ${hosts}::int),
    made as (
      insert into vm (id, project_id, cluster_id, template_id, name, config)
      select f.vm_id, v.project_id, v.cluster_id, v.template_id, 'copy-' || f.vm_id, v.config from fresh f, model m join vm v on v.id = m.vm_id
      returning id),
    runs as (
      insert into vm_run (id, vm_id, host_id, config, status, started_at)
      select f.run_id, f.vm_id, f.host_id, r.config, 'up', now() from fresh f join made on made.id = f.vm_id, model m join vm_run r on r.id = m.run_id
      returning id),
    reserved as (
      insert into reservation (run_id, host_id, cluster_id, memory, vcpus)
      select f.run_id, f.host_id, q.cluster_id, q.memory, q.vcpus from fresh f join runs on runs.id = f.run_id, model m join reservation q on q.run_id = m.run_id
      returning run_id)
    select f.vm_id, f.run_id, 'copy-' || f.vm_id as name, f.url from fresh f`
  const { runId: model } = await sql.one<{
    runId: string
  }>`select id as run_id from vm_run where vm_id = ${modelVm}::uuid`
  const byHost = Map.groupBy(copies, copy => Number(/(\d+)$/.exec(copy.url)?.[1]))
  for (const [host, runs] of byHost)
    await simulator.copies(
      host,
      model,
      runs.map(({ vmId, runId, name }) => ({ vmId, runId, name })),
    )
  await sql`analyze`
}
