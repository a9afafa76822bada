import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { PostgresError } from './errors.ts'
import { type Account, asAccount, run } from './run.ts'

/** The role that owns Rookery's database, and the database's name. */
export const ROLE = 'rookery'
/** The cluster's first superuser, used once to make the role and the database. */
export const SUPERUSER = 'postgres'

/** Where a cluster lives and who runs it. */
export interface Cluster {
  readonly binaries: Binaries
  /** The data folder; made by {@link initPostgres}. */
  readonly data: string
  /** The folder of the socket, closed to all but `account`. At most about 90 bytes long: it ends up in a socket address. */
  readonly socket: string
  /** The user the server runs as; absent means this process's own (which must not be root). */
  readonly account?: Account
  /** True for clusters of tests only: nothing survives a power cut. */
  readonly unsafe?: boolean
}

/** The major version a data folder was made by, or undefined where there is none. */
export async function dataVersion(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'PG_VERSION'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : Number.parseInt(text, 10)
}

/** Throws with the way out when `data` was made by another major version than the one that would open it. */
export async function checkDataVersion(data: string, major: number): Promise<void> {
  const found = await dataVersion(data)
  if (found === undefined || found === major) return
  throw new PostgresError(
    'postgres.old_data',
    `The database in ${data} was made by PostgreSQL ${found}, and this release runs PostgreSQL ${major}. ` +
      `Start the release that made it and export, or run PostgreSQL ${found} yourself on that folder and give its address with --database; ` +
      `or move the folder away to begin with an empty database.`,
  )
}

/**
 * Makes an empty cluster unless there is one; says whether it did. The folder appears under its name only when
 * `initdb` has finished, so one that was interrupted is simply made again.
 */
export async function initPostgres(c: Cluster): Promise<boolean> {
  await folder(c.socket, c.account)
  if ((await dataVersion(c.data)) !== undefined) {
    await checkDataVersion(c.data, c.binaries.major)
    return false
  }
  const fresh = `${c.data}.new`
  await rm(fresh, { recursive: true, force: true })
  await folder(fresh, c.account)
  const { code, stdout, stderr } = await run(asAccount(initArgv(c, fresh), c.account))
  if (code !== 0) {
    await rm(fresh, { recursive: true, force: true })
    throw new PostgresError('postgres.init_failed', `initdb could not make ${c.data}: ${(stderr || stdout).trim()}`)
  }
  await writeAccess(fresh, c.account)
  await rm(c.data, { recursive: true, force: true }) // only ever a folder without PG_VERSION: nothing of value
  await rename(fresh, c.data)
  return true
}

/** The arguments of initdb. PostgreSQL 17 brought its own C.UTF-8, which no C library update can reorder. */
function initArgv(c: Cluster, at: string): string[] {
  const locale =
    c.binaries.major >= 17
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
      : ['--locale=C.UTF-8']
  const auth = ['--auth-local=peer', '--auth-host=reject', `--username=${SUPERUSER}`]
  const sync = c.unsafe ? ['--no-sync'] : []
  return [join(c.binaries.bin, 'initdb'), '-D', at, '--encoding=UTF8', '--data-checksums', ...locale, ...auth, ...sync]
}

/** Who may speak as whom: the server's own user and root, both only through the closed socket folder. */
async function writeAccess(data: string, account: Account | undefined): Promise<void> {
  const self = account?.name ?? (await run(['/usr/bin/id', '-un'])).stdout.trim()
  const map = [...new Set([self, 'root'])].flatMap(os => [`rookery ${os} ${ROLE}`, `rookery ${os} ${SUPERUSER}`])
  await writeFile(join(data, 'pg_hba.conf'), 'local all all peer map=rookery\n')
  await writeFile(join(data, 'pg_ident.conf'), `${map.join('\n')}\n`)
}

async function folder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
  if (account) await chown(path, account.uid, account.gid)
}
