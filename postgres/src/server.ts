import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, rm, stat } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { PostgresError } from './errors.ts'
import { type Cluster, initPostgres, ROLE, SUPERUSER } from './init.ts'
import { asAccount, plainEnv } from './run.ts'

/** How to reach a database: what `pg.Pool` takes. `host` is a socket folder. */
export interface Connection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/** The port is only part of the socket's name (`.s.PGSQL.5432`); nothing listens on TCP. */
const PORT = 5432

/** The connection of the product's role to a database of a cluster. */
export const connection = (c: Pick<Cluster, 'socket'>, database: string = ROLE, user: string = ROLE): Connection => ({
  host: c.socket,
  port: PORT,
  user,
  database,
})

/** The same as a URL, for programs that want one. */
export const connectionUrl = (c: Connection): string =>
  `postgresql://${c.user}@/${encodeURIComponent(c.database)}?host=${encodeURIComponent(c.host)}&port=${c.port}`

/**
 * Settings that differ from PostgreSQL's own. One machine, one engine: little memory, no TCP, no JIT (the engine's
 * statements are short, and a JIT's first run costs more than they do), and half the background churn when idle.
 */
export function settings(c: Cluster): Record<string, string> {
  const safe = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', max_connections: '50' }
  const unsafe = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'on', max_connections: '300' }
  return {
    listen_addresses: '',
    port: String(PORT),
    unix_socket_directories: c.socket,
    unix_socket_permissions: '0700',
    shared_buffers: '32MB',
    max_wal_size: '256MB',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    log_line_prefix: '%m [%p] ',
    log_destination: 'stderr',
    logging_collector: 'off',
    ...(c.unsafe ? unsafe : safe),
    // Tests kill clusters: what a killed server shared must go with its processes or its folder.
    ...(c.unsafe ? { shared_memory_type: 'mmap', dynamic_shared_memory_type: 'mmap', autovacuum: 'off' } : {}),
  }
}

/** The command line of the server, for whoever keeps it running. Stop it with SIGINT: sessions end, data is flushed. */
export function serverArgv(c: Cluster): string[] {
  const options = Object.entries(settings(c)).flatMap(([k, v]) => ['-c', `${k}=${v}`])
  return asAccount([join(c.binaries.bin, 'postgres'), '-D', c.data, ...options], c.account, 'INT')
}

/**
 * Removes a lock file left by a server that was killed. PostgreSQL does so by itself unless the process id has since been given to
 * another process of the same user, which after a reboot is likely; so we look whether that process is a server of
 * this folder. A live one is an error: two servers on one folder destroy it.
 */
export async function clearStaleLock(c: Cluster): Promise<void> {
  const file = join(c.data, 'postmaster.pid')
  const pid = Number.parseInt((await readFile(file, 'utf8').catch(() => '')).split('\n')[0] ?? '', 10)
  if (!Number.isInteger(pid) || pid <= 1) return
  const program = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '') // gone
  if (program.startsWith('postgres') && (await sameFolder(`/proc/${pid}/cwd`, c.data)))
    throw new PostgresError(
      'postgres.in_use',
      `A PostgreSQL server (process ${pid}) is still running on ${c.data}. It stops by itself when its supervisor is gone; if it does not, end it with: kill -INT ${pid}`,
    )
  await rm(file, { force: true })
}

/** Compared by inode: the running server may see the folder by another path, through its own mounts. */
async function sameFolder(a: string, b: string): Promise<boolean> {
  const [x, y] = await Promise.all([stat(a).catch(() => undefined), stat(b).catch(() => undefined)])
  return x !== undefined && y !== undefined && x.dev === y.dev && x.ino === y.ino
}

/** Waits until the server answers a query, at most `timeout` milliseconds; `gone` tells whether it has ended meanwhile. */
export async function waitReady(c: Connection, timeout = 60_000, gone: () => boolean = () => false): Promise<void> {
  const deadline = performance.now() + timeout
  for (;;) {
    const client = new pg.Client({ ...c, connectionTimeoutMillis: 5_000 })
    client.on('error', () => undefined) // the server closing this probe is not news
    try {
      await client.connect()
      await client.query('select 1')
      return
    } catch (cause) {
      if (gone() || performance.now() > deadline)
        throw new PostgresError('postgres.start_failed', `PostgreSQL in ${c.host} does not answer.`, { cause })
    } finally {
      await client.end().catch(() => undefined) // it may never have been connected
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** Makes the product's role and database unless they are there. */
export async function ensureDatabase(c: Cluster, database: string = ROLE): Promise<void> {
  const client = new pg.Client(connection(c, 'postgres', SUPERUSER))
  await client.connect()
  try {
    const role = await client.query('select 1 from pg_roles where rolname = $1', [ROLE])
    if (role.rowCount === 0) await client.query(`create role ${ROLE} login`)
    const found = await client.query('select 1 from pg_database where datname = $1', [database])
    if (found.rowCount === 0) await client.query(`create database "${database}" owner ${ROLE}`)
  } finally {
    await client.end()
  }
}

/** A running server. */
export interface Server {
  readonly pid: number
  /** Resolves when the server has ended, with its exit code. */
  readonly ended: Promise<number | null>
  /** Ends sessions, flushes, stops. */
  stop(): Promise<void>
  /** SIGKILL to the first process, as a crash or the out-of-memory killer would. */
  crash(): Promise<void>
  /** Lets this process end while the server runs; the kernel then stops the server. */
  unref(): void
}

/** Starts the cluster (made if need be) as a child of this process and waits until it answers. `log` gets its lines. */
export async function startPostgres(c: Cluster, log: (text: string) => void = () => undefined): Promise<Server> {
  await initPostgres(c)
  await clearStaleLock(c)
  const [file, ...args] = serverArgv(c)
  const child = spawn(file as string, args, { env: plainEnv, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  let tail = ''
  const hear = (s: string) => {
    tail = (tail + s).slice(-2_000)
    log(s)
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  const ended = new Promise<number | null>(resolve => {
    child.on('close', resolve)
    child.on('error', () => resolve(null))
  })
  const server: Server = {
    pid: child.pid ?? -1,
    ended,
    stop: () => end(child, ended, 'SIGINT'),
    crash: () => end(child, ended, 'SIGKILL'),
    unref: () => {
      child.unref()
      for (const pipe of [child.stdout, child.stderr]) (pipe as Socket).unref()
    },
  }
  try {
    await waitReady(
      connection(c, 'postgres', SUPERUSER),
      60_000,
      () => child.exitCode !== null || child.pid === undefined,
    )
    await ensureDatabase(c)
  } catch (error) {
    await server.crash()
    throw new PostgresError('postgres.start_failed', `PostgreSQL did not start: ${tail.trim() || String(error)}`, {
      cause: error,
    })
  }
  return server
}

async function end(child: ChildProcess, ended: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal)
  child.ref()
  for (const pipe of [child.stdout, child.stderr]) (pipe as Socket | null)?.ref()
  await ended
}
