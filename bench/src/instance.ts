import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openDatabase } from '@rookery/engine/db/index'
import { connection } from '@rookery/postgres'
import type { Target } from './target.ts'

const door = fileURLToPath(new URL('../../rookery', import.meta.url))
const run = promisify(execFile)

/** One `rookery` command; its JSON. A failure carries its own words. */
export async function rookery(...words: string[]): Promise<unknown> {
  try {
    const { stdout } = await run(door, [...words, '--json'], { maxBuffer: 16 * 1024 ** 2 })
    return JSON.parse(stdout)
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').slice(-12).join('\n')
    throw new Error(`rookery ${words[0]} failed: ${said || String(error)}`, { cause: error })
  }
}

/** Brings up an instance of its own in `dataDir` with so many pretended hosts, beside this machine when root runs it. */
export async function bringUp(dataDir: string, o: { simulate: number }): Promise<Target> {
  const words = ['--yes', '--detach', '--data-dir', dataDir, '--port', String(await freePort())]
  return targetOf(dataDir, await rookery('up', ...words, '--simulate', String(o.simulate)))
}

/** Brings an instance up again that was stopped. */
export const bringUpAgain = async (dataDir: string): Promise<Target> =>
  targetOf(dataDir, await rookery('up', '--yes', '--detach', '--data-dir', dataDir))

/** Stops it; its VMs go on unless they are to end too. */
export const stop = (dataDir: string, o: { vms: boolean }): Promise<unknown> =>
  rookery('down', ...(o.vms ? ['--vms', '--timeout', '5'] : []), '--data-dir', dataDir)

/** Stops it with its VMs and removes its folder. One that cannot be stopped stays as it is. */
export async function takeDown(dataDir: string): Promise<void> {
  await stop(dataDir, { vms: true })
  await rm(dataDir, { recursive: true, force: true })
}

async function targetOf(dataDir: string, said: unknown): Promise<Target> {
  const { api, user, passwordFile, ca, mode } = said as {
    api: string
    user: string
    passwordFile: string
    ca: { file: string }
    mode: 'host' | 'simulated'
  }
  const target: Target = {
    origin: new URL(api).origin,
    ca: await readFile(ca.file, 'utf8'),
    caFile: ca.file,
    user,
    password: (await readFile(passwordFile, 'utf8')).trimEnd(),
    database: connection({ socket: join(dataDir, 'postgres/run') }),
    simulatedCluster: 'Simulated',
    real: undefined,
  }
  return mode === 'host' ? { ...target, real: { dataDir, cluster: 'Default', accel: await accelOf(target) } } : target
}

/** How guests run on the real host. */
async function accelOf(target: Target): Promise<string> {
  const db = openDatabase(target.database, { connections: 4 })
  try {
    const [row] = await db.sql<{ kind: string }>`
      select facts #>> '{acceleration,kind}' as kind from host
       where cluster_id = (select id from cluster where name = 'Default') and facts is not null limit 1`
    return row?.kind ?? 'unknown'
  } finally {
    await db.close()
  }
}

/** A port that nobody listens at now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
