import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { mustRun, runProgram } from './run-program.ts'

const door = join(import.meta.dirname, '..', '..', 'rookery')

/** A running Rookery, and what a client needs of it. */
export interface Instance {
  readonly dataDir: string
  /** `https://127.0.0.1:8443`, without a path. */
  readonly origin: string
  readonly caFile: string
  readonly user: string
  readonly passwordFile: string
  /** Certificate and key of the engine's server: the recorder shows the same ones. */
  readonly serverCert: string
  readonly serverKey: string
}

/** The tiny guest's files. */
export interface TinyImages {
  readonly disk: string
  readonly iso: string
}

/** Brings up an instance in `dataDir`, on a free port. Whoever made the folder takes it down, also when this fails. */
export async function bringUp(dataDir: string): Promise<Instance> {
  const said = await mustRun(
    [door, 'up', '--yes', '--detach', '--json', '--data-dir', dataDir, '--port', String(await freePort())],
    { timeoutMs: 900_000, showProgress: true },
  )
  return instanceOf(dataDir, said)
}

/** The instance that already runs in `dataDir`. */
export async function existing(dataDir: string): Promise<Instance> {
  const said = await mustRun([door, 'up', '--yes', '--detach', '--json', '--data-dir', dataDir], { timeoutMs: 120_000 })
  return instanceOf(dataDir, said)
}

function instanceOf(dataDir: string, said: string): Instance {
  const summary: unknown = JSON.parse(said)
  const field = (path: readonly string[]): string => {
    const value = path.reduce<unknown>(
      (v, key) => (typeof v === 'object' && v !== null ? Reflect.get(v, key) : undefined),
      summary,
    )
    if (typeof value !== 'string') throw new Error(`rookery up --json says no ${path.join('.')}: ${said.slice(0, 500)}`)
    return value
  }
  return {
    dataDir,
    origin: new URL(field(['api'])).origin,
    caFile: field(['ca', 'file']),
    user: field(['user']),
    passwordFile: field(['passwordFile']),
    serverCert: join(dataDir, 'engine', 'tls', 'server.crt'),
    serverKey: join(dataDir, 'engine', 'tls', 'server.key'),
  }
}

/** Stops it with its VMs and removes its folder. A folder that cannot be stopped stays, and is named. */
export async function takeDown(dataDir: string): Promise<void> {
  if (!existsSync(dataDir)) return
  const down = await runProgram([door, 'down', '--vms', '--timeout', '20', '--data-dir', dataDir], {
    timeoutMs: 300_000,
  })
  if (down.code !== 0) throw new Error(`rookery down failed; ${dataDir} is left as it is: ${down.stderr.trim()}`)
  await rm(dataDir, { recursive: true, force: true })
}

/** The tiny guest, made once and kept in `cache`. */
export async function tinyImages(cache: string): Promise<TinyImages> {
  const said = await mustRun([door, 'images', 'build', 'tiny', '--yes', '--json', '--data-dir', cache], {
    timeoutMs: 900_000,
    showProgress: true,
  })
  const built: unknown = JSON.parse(said)
  const path = (part: string): string => {
    const value = at(at(at(built, 'files'), part), 'path')
    if (typeof value !== 'string') throw new Error(`rookery images build tiny --json says no path of ${part}`)
    return value
  }
  return { disk: path('disk'), iso: path('iso') }
}

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

/** Password of the instance's admin. */
export const passwordOf = async (i: Instance): Promise<string> => (await readFile(i.passwordFile, 'utf8')).trimEnd()

/** A port nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
