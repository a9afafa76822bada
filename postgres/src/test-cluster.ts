import { randomBytes } from 'node:crypto'
import { accessSync, constants, rmSync } from 'node:fs'
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import pg from 'pg'
import { type Binaries, binariesAt, embeddedBinaries, openToAll } from './binaries.ts'
import { type Cluster, ROLE, SUPERUSER } from './init.ts'
import type { Account } from './run.ts'
import { type Connection, connection, connectionUrl, type Server, startPostgres } from './server.ts'

/** A throw-away cluster in memory: fsync is off, and it goes with the process that started it, also by SIGKILL. */
export interface TestCluster {
  readonly cluster: Cluster
  readonly server: Server
  close(): Promise<void>
}

/** A fresh database of the test cluster. */
export interface TestDatabase {
  readonly config: Connection
  readonly url: string
  /** Drops it, and throws out whoever is still connected. */
  close(): Promise<void>
}

/** How a fresh database is filled: `prepare` runs once per `key` and cluster, every further database is a copy (about 30 ms). */
export interface Template {
  /** Names what `prepare` makes, e.g. a hash of all migrations: lower-case letters, digits and `_`, at most 40. */
  readonly key: string
  /** Fills the database; must close its own connections. */
  prepare(config: Connection): Promise<void>
}

/** Set by the test runner, so that all test processes of a run share one cluster. Its value is the socket folder. */
export const SHARED = 'ROOKERY_TEST_POSTGRES'

let own: Promise<TestCluster> | undefined

/**
 * A fresh, empty database on the run's test cluster; the first call of a process that runs alone starts one. Nothing
 * needs to be stopped at the end: the cluster dies with the process.
 */
export async function testDatabase(o: { template?: Template } = {}): Promise<TestDatabase> {
  const socket = process.env[SHARED] ?? (await (own ??= startOwn())).cluster.socket
  const admin = connection({ socket }, 'postgres', SUPERUSER)
  const name = `test_${process.pid}_${randomBytes(5).toString('hex')}`
  const from = o.template ? await template(admin, o.template) : 'template0'
  await query(admin, `create database ${name} owner ${ROLE} template ${from}`)
  const config = connection({ socket }, name)
  return {
    config,
    url: connectionUrl(config),
    close: () => query(admin, `drop database if exists ${name} with (force)`),
  }
}

async function startOwn(): Promise<TestCluster> {
  const cluster = await startTestCluster()
  cluster.server.unref()
  return cluster
}

/** Starts a cluster of one's own, for tests that crash or restart the server; others want {@link testDatabase}. */
export async function startTestCluster(): Promise<TestCluster> {
  const base = memoryFolder()
  await sweep(base)
  const top = await mkdtemp(join(base, `rookery-pg-${process.pid}-${await startTime(process.pid)}-`))
  await chmod(top, 0o711)
  const remove = () => rmSync(top, { recursive: true, force: true })
  process.on('exit', remove)
  try {
    const account = process.getuid?.() === 0 ? await nobody() : undefined
    const cluster: Cluster = {
      binaries: await reachable(await testBinaries(), base, account),
      data: join(top, 'data'),
      socket: join(top, 's'),
      unsafe: true,
      ...(account ? { account } : {}),
    }
    const server = await startPostgres(cluster)
    return {
      cluster,
      server,
      close: async () => {
        await server.crash() // nothing in it is worth a flush
        process.off('exit', remove)
        await rm(top, { recursive: true, force: true })
      },
    }
  } catch (error) {
    process.off('exit', remove)
    await rm(top, { recursive: true, force: true })
    throw error
  }
}

/** Another PostgreSQL to test on, by its bin folder: `ROOKERY_TEST_POSTGRES_BIN=/usr/lib/postgresql/15/bin`. */
const testBinaries = (): Promise<Binaries> => {
  const bin = process.env.ROOKERY_TEST_POSTGRES_BIN
  return bin ? binariesAt(bin) : embeddedBinaries()
}

/** The database to copy from, made by whichever process comes first; the others wait at the advisory lock. */
async function template(admin: Connection, t: Template): Promise<string> {
  const name = `template_${t.key}`
  if (!/^template_[a-z0-9_]{1,40}$/.test(name)) throw new TypeError(`"${t.key}" cannot name a template database`)
  const client = new pg.Client(admin)
  await client.connect()
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [name])
    const there = await client.query('select 1 from pg_database where datname = $1 and datistemplate', [name])
    if (there.rowCount) return name
    await client.query(`drop database if exists ${name} with (force)`)
    await client.query(`create database ${name} owner ${ROLE} template template0`)
    await t.prepare({ ...admin, user: ROLE, database: name })
    // A session that was closed a moment ago may still be leaving; a copy needs the source to itself.
    await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [name])
    await client.query(`alter database ${name} with is_template true allow_connections false`)
    return name
  } finally {
    await client.end()
  }
}

async function query(to: Connection, sql: string): Promise<void> {
  const client = new pg.Client(to)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** Where a checkout below a closed folder keeps the server from its user, the binaries are copied to where it can reach them. */
async function reachable(found: Binaries, base: string, account: Account | undefined): Promise<Binaries> {
  if (!account || found.root === undefined || (await openToAll(found.bin))) return found
  const from = await stat(join(found.bin, 'postgres'))
  const to = join(
    base,
    `rookery-pgbin-${found.major}-${Math.trunc(from.mtimeMs).toString(36)}-${from.size.toString(36)}`,
  )
  const there = await stat(to).catch(() => undefined)
  if (there && there.uid !== 0) throw new Error(`${to} belongs to someone else; remove it`)
  if (!there) {
    const fresh = await mkdtemp(`${to}.`)
    await cp(found.root, fresh, { recursive: true, verbatimSymlinks: true })
    await chmod(fresh, 0o755)
    await rename(fresh, to).catch(() => rm(fresh, { recursive: true, force: true })) // another process was faster
  }
  return { bin: join(to, 'bin'), root: to, major: found.major }
}

/** Removes what killed test processes left: their folder carries the process id and its start time. */
async function sweep(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const owner = /^rookery-pg-(\d+)-(\d+)-/.exec(name)
    if (!owner || (await startTime(Number(owner[1])).catch(() => '')) === owner[2]) continue
    await rm(join(base, basename(name)), { recursive: true, force: true }).catch(() => undefined) // another user's: not ours to remove
  }
}

/** When a process started, in clock ticks since boot (field 22 of /proc/PID/stat; the name in field 2 may hold spaces). */
async function startTime(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

async function nobody(): Promise<Account> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find(l => l.startsWith('nobody:'))
  const [name, , uid, gid] = line?.split(':') ?? []
  if (name === undefined) throw new Error('This system has no user "nobody" to run a test database as.')
  return { name, uid: Number(uid), gid: Number(gid) }
}

function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir() // no shared memory file system: slower, the same otherwise
  }
}
