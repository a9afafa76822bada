import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { conflict } from '@rookery/model'
import type { EngineHooks } from '../src/app.ts'
import { call } from '../src/core/call.ts'
import type { Env } from '../src/core/ctx.ts'
import type { Operation } from '../src/core/operation.ts'
import type { DomainModule } from '../src/core/registry.ts'
import type { Sql } from '../src/db/index.ts'
import type { CrashPoint } from '../src/jobs/hooks.ts'
import type { HostPort } from '../src/jobs/host-port.ts'
import { waitForJob } from '../src/jobs/wait.ts'
import type { JobRow } from '../src/jobs/store.ts'
import { type OwnDatabase, ownDatabase, patient, patiently } from './database.ts'
import { startTestEngine, type TestEngine } from './engine.ts'
import { type SimulatorProcess, startSimulator } from './simulator.ts'
import { until } from './until.ts'
import { Victims } from './victim.ts'

/** What the engine of a world does on purpose wrong. */
export interface Mischief {
  /** Kinds of jobs that it leaves to others. */
  declined: Set<string>
  /** Steps that fail: `kind step`. Each fails once. */
  failing: Set<string>
  /** Tasks that are asked for twice, under the same id and under another one. */
  repeating: boolean
  /** What happens once at a point of a job; null when it has. */
  strike: { at: CrashPoint; blow: () => Promise<void> } | null
}

/** An engine in this process, hosts in a simulator process, and engine processes to be killed; all on one database. */
export interface World {
  engine: TestEngine
  /** On a server of its own, that can be killed. */
  database: OwnDatabase
  /** Waits while the database is away. */
  sql: Sql
  env: Env
  simulator: SimulatorProcess
  /** How many of its hosts the engine has. */
  hosts: number
  victims: Victims
  mischief: Mischief
  /** Asks for an operation as the engine itself. */
  call<I, O>(operation: Operation<I, O>, input: I): Promise<O>
  /** Waits for a job to end; fails the test when it does not within the time. */
  ended(jobId: string, timeoutMs?: number): Promise<JobRow>
  close(): Promise<void>
}

/** What a world is made of. */
export interface WorldOptions {
  /** Pretended hosts; 0 for none. */
  hosts?: number
  /** Files that export `testModule`; loaded into every engine of the world. */
  moduleFiles?: readonly string[]
}

/** Asks for each task twice, also under an id that the host has never seen: every task is idempotent by its effect too. */
const repeated = (port: HostPort, on: () => boolean): HostPort => ({
  isFenced: (id, since) => port.isFenced(id, since),
  client: async hostId => {
    const client = await port.client(hostId)
    return {
      acknowledge: (ids, signal) => client.acknowledge(ids, signal),
      cancelTask: (id, signal) => client.cancelTask(id, signal),
      inventory: (storageDomainIds, signal) => client.inventory(storageDomainIds, signal),
      runTask: async (id, request, o) => {
        const first = await client.runTask(id, request, o)
        if (!on()) return first
        await client.runTask(id, request, o)
        await client.runTask(crypto.randomUUID(), request, o)
        return first
      },
    }
  },
})

/** Builds a world; with hosts it waits until they are up and their storage is active. */
export async function createWorld(o: WorldOptions = {}): Promise<World> {
  const { hosts = 0, moduleFiles = [] } = o
  const folder = await mkdtemp(join(tmpdir(), 'rookery-world-'))
  const simulator = await startSimulator(Math.max(hosts, 1), { lasts: true })
  const database = await ownDatabase()
  const mischief: Mischief = { declined: new Set(), failing: new Set(), repeating: false, strike: null }
  const modules = await Promise.all(
    moduleFiles.map(async file => ((await import(file)) as { testModule: DomainModule }).testModule),
  )
  const hooks: EngineHooks = {
    modules,
    hostPort: port => repeated(port, () => mischief.repeating),
    jobs: {
      accepts: kind => !mischief.declined.has(kind),
      at: async point => {
        const { strike } = mischief
        if (strike === null || !isDeepStrictEqual(strike.at, point)) return
        mischief.strike = null
        await strike.blow()
      },
      fail: (kind, step) =>
        mischief.failing.delete(`${kind} ${step}`)
          ? conflict('test.injected', 'This step was made to fail.')
          : undefined,
    },
  }
  const config = {
    agentTls: simulator.agentTls,
    simulator: { url: simulator.url, hosts, storagePath: join(folder, 'storage') },
  }
  const engine = await startTestEngine(database, { config, hooks })
  const { handle } = engine.engine
  const victims = new Victims(folder, handle.config, moduleFiles)
  const env = handle.env()
  const world: World = {
    engine,
    database,
    sql: patient(handle.db.sql),
    env,
    simulator,
    hosts,
    victims,
    mischief,
    call: (operation, input) => call(handle.env(), operation, input),
    ended: async (jobId, timeoutMs = 120_000) => {
      const row = await patiently(() => waitForJob(env, jobId, { timeoutMs }))
      if (row.endedAt === null && row.status !== 'stuck')
        throw new Error(`job ${row.kind} is still ${row.status} after ${timeoutMs} ms`)
      return row
    },
    close: async () => {
      await victims.close()
      await engine.stop()
      await simulator.close()
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    if (hosts > 0) await ready(world, hosts)
    return world
  } catch (error) {
    await world.close()
    throw error
  }
}

async function ready(world: World, hosts: number): Promise<void> {
  const count = async (): Promise<{ up: number; active: number }> =>
    world.sql.one`select (select count(*) from host where status = 'up')::int as up,
                         (select count(*) from storage_domain where status = 'active')::int as active`
  await until(async () => (await count()).up === hosts, { timeoutMs: 60_000, what: 'all hosts to be up' })
  await until(async () => (await count()).active >= 2, { timeoutMs: 60_000, what: 'the storage to be active' })
}
