import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { internal, unsupported } from '@rookery/model'
import type pg from 'pg'
import { databaseError } from './errors.ts'

/** One numbered file of `engine/migrations`. */
export interface Migration {
  number: number
  name: string
  /** SHA-256 of the text, hex. */
  hash: string
  text: string
  /** From the first line `-- contract: 0.3.0`: it removes something, so engines older than this release must be gone. */
  contractAfter: string | undefined
}

/** What a run did. */
export interface MigrationReport {
  applied: string[]
  /** Contractions that wait until the engines of older releases are gone. */
  deferred: string[]
  /** Applied by a newer release; it promised (expand, then contract) that this one can go on. */
  newer: string[]
}

/** Folder of the migrations of this release. */
export const migrationsFolder = join(import.meta.dirname, '..', '..', 'migrations')

/** Reads and hashes the migrations of a folder, by number. */
export async function readMigrations(folder = migrationsFolder): Promise<Migration[]> {
  const names = (await readdir(folder)).filter(name => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async name => {
      const text = await readFile(join(folder, name), 'utf8')
      return {
        number: Number(name.slice(0, 4)),
        name,
        hash: createHash('sha256').update(text).digest('hex'),
        text,
        contractAfter: /^-- contract: (\d+\.\d+\.\d+)/.exec(text)?.[1],
      }
    }),
  )
}

/**
 * Brings the schema to this release, in one transaction under an advisory lock, so engines that start together do it once.
 * Expansions come with a release; what it no longer needs goes in a later one (`-- contract: <release>`), which waits
 * while an engine older than that release is alive. So the engine of the previous release goes on working.
 *
 * @throws `unsupported` for a server older than 15, `internal` `migration.changed` when an applied file was edited
 */
export async function migrate(pool: pg.Pool, migrations?: readonly Migration[]): Promise<MigrationReport> {
  const all = migrations ?? (await readMigrations())
  const client = await pool.connect().catch((error: unknown) => {
    throw databaseError(error)
  })
  try {
    await checkVersion(client)
    await client.query('begin')
    await client.query('set local statement_timeout = 0')
    await client.query(`select pg_advisory_xact_lock(hashtextextended('rookery migrations', 0))`)
    await client.query(
      `create table if not exists migration (
         number int primary key, name text not null, hash text not null, applied_at timestamptz not null default now())`,
    )
    const report = await applyMissing(client, all)
    await client.query('commit')
    return report
  } catch (error) {
    await client.query('rollback').catch(() => undefined) // the connection is gone, and the transaction with it
    throw databaseError(error)
  } finally {
    client.release()
  }
}

async function checkVersion(client: pg.ClientBase): Promise<void> {
  const answer = await client.query<{ version: string; number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
  )
  const server = answer.rows[0]
  if (server !== undefined && server.number < 150000)
    throw unsupported(
      'database.version',
      `The database server is PostgreSQL ${server.version}; Rookery needs 15 or newer. Upgrade it or name another one.`,
    )
}

async function applyMissing(client: pg.ClientBase, all: readonly Migration[]): Promise<MigrationReport> {
  const rows = await client.query<{ number: number; name: string; hash: string }>(
    'select number, name, hash from migration',
  )
  const done = new Map(rows.rows.map(row => [row.number, row]))
  const report: MigrationReport = { applied: [], deferred: [], newer: [] }
  for (const migration of all) {
    const there = done.get(migration.number)
    if (there !== undefined) {
      if (there.hash !== migration.hash)
        throw internal(
          'migration.changed',
          `The database was set up with another text of ${migration.name}; this release does not fit it. Start the release that set it up, or restore a backup.`,
        )
      continue
    }
    if (await mustWait(client, migration, done.size > 0)) {
      report.deferred.push(migration.name)
      continue
    }
    await client.query(migration.text)
    await client.query('insert into migration (number, name, hash) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.hash,
    ])
    report.applied.push(migration.name)
  }
  const known = new Set(all.map(migration => migration.number))
  report.newer = rows.rows.filter(row => !known.has(row.number)).map(row => row.name)
  return report
}

/** Whether an engine older than the release that the contraction names is still alive. */
async function mustWait(client: pg.ClientBase, migration: Migration, hasEngines: boolean): Promise<boolean> {
  if (migration.contractAfter === undefined || !hasEngines) return false
  const live = await client.query(
    `select 1 from engine
      where expires_at > now() and string_to_array(version, '.')::int[] < string_to_array($1, '.')::int[]`,
    [migration.contractAfter],
  )
  return live.rows.length > 0
}
