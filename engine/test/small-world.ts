import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestPki } from '@rookery/protocol/contract/pki'
import { createSimulator, type Simulator } from '@rookery/simulator'
import type { EngineHooks } from '../src/app.ts'
import { ask } from '../src/core/call.ts'
import type { Env } from '../src/core/ctx.ts'
import { list as listHosts } from '../src/inventory/host/queries.ts'
import { list as listDomains } from '../src/storage/domain/queries.ts'
import { type EngineDatabase, engineDatabase } from './database.ts'
import { startTestEngine, type TestEngine } from './engine.ts'
import { pace } from './simulator.ts'
import { ended, until } from './until.ts'

/** An engine with pretended hosts, all in this process, its first storage active. For kills there is `world.ts`. */
export interface World {
  database: EngineDatabase
  sim: Simulator
  one: TestEngine
  /** Acts as the engine itself. */
  env: Env
  stop(): Promise<void>
}

/** Starts everything and waits until hosts are up and both storage domains active. */
export async function startWorld(
  o: { hosts?: number; hooks?: EngineHooks; wait?: boolean; cpus?: 'same' | 'mixed' } = {},
): Promise<World> {
  const hosts = o.hosts ?? 1
  const database = await engineDatabase()
  const pki = await createTestPki()
  const folder = await mkdtemp(join(tmpdir(), 'rookery-world-'))
  const files = Object.fromEntries(
    await Promise.all(
      (['cert', 'key', 'ca'] as const).map(async name => {
        const file = join(folder, `${name}.pem`)
        await writeFile(file, pki.engine[name], { mode: 0o600 })
        return [name, file]
      }),
    ),
  ) as { cert: string; key: string; ca: string }
  const sim = await createSimulator({
    tls: pki.host,
    hosts,
    clock: 'real',
    pace,
    seed: 'engine tests',
    cpus: o.cpus ?? 'same',
  })
  const one = await startTestEngine(database, {
    config: { agentTls: files, simulator: { url: sim.url, hosts, storagePath: '/pretended' } },
    ...(o.hooks === undefined ? {} : { hooks: o.hooks }),
  })
  const env = one.engine.handle.env()
  const stop = async () => {
    await ended('the engine', one.stop())
    await ended('the simulator', sim.close())
    await ended('the database', database.close())
    await rm(folder, { recursive: true, force: true })
  }
  try {
    if (o.wait !== false) await ready(env, hosts)
  } catch (error) {
    await stop()
    throw error
  }
  return { database, sim, one, env, stop }
}

/** Hosts are up, and a data and an ISO domain are active. */
export async function ready(env: Env, hosts: number): Promise<void> {
  await until(async () => (await ask(env, listHosts, {})).filter(host => host.status === 'up').length === hosts, {
    what: 'hosts to be up',
  })
  await until(async () => (await ask(env, listDomains, {})).filter(domain => domain.status === 'active').length === 2, {
    what: 'storage to be active',
  })
}
