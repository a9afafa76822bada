import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { unavailable } from '@rookery/model'

const schema = `
create table if not exists meta (key text primary key, value text not null) strict;
create table if not exists task (
  id text primary key,
  ord integer not null,
  kind text,
  state text not null check (state in ('running', 'finished', 'failed', 'cancelled')),
  request text,
  outcome text,
  incarnation integer,
  seq integer,
  cancel integer not null default 0,
  job_created_at integer not null,
  ended_at integer,
  acknowledged_at integer
) strict;
create index if not exists task_unfinished on task (ord) where state = 'running';
create table if not exists epoch (pool_id text primary key, epoch integer not null) strict;
create table if not exists ended_run (ord integer primary key, run_id text not null unique, body text not null, at integer not null) strict;
create table if not exists network (id text primary key, body text not null) strict;
create table if not exists arrival (vm_id text primary key, run_id text not null, images text not null) strict;
create table if not exists guard (tap text primary key, mac text not null) strict;
`

/**
 * The agent's durable memory: one SQLite file in WAL mode with `synchronous=full`, so what was committed is on the disk, and a kill
 * at any byte leaves the last commit. Chosen over a file per task because accepting a task, its tombstone and the epoch it carried
 * are then one transaction (0.2 ms here) and the retention is one `delete`. Deleted secrets are overwritten (`secure_delete`).
 */
export function openState(dataDir: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'agent.db')
  const db = new DatabaseSync(file)
  chmodSync(file, 0o600)
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma busy_timeout = 5000')
  db.exec(schema)
  return db
}

/** Runs `fn` in one transaction; a throw rolls it back. */
export function inTransaction<T>(db: DatabaseSync, fn: () => T): T {
  db.exec('begin immediate')
  try {
    const value = fn()
    db.exec('commit')
    return value
  } catch (error) {
    // A full disk rolls back by itself.
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

/** Does something with the durable memory. Throws `unavailable`, `host.memory`, when it cannot be written: ask again later. */
export function durably<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error) || (error as NodeJS.ErrnoException).code !== 'ERR_SQLITE_ERROR') throw error
    throw unavailable(
      'host.memory',
      `The host cannot write down what it is asked for: ${error.message}. Free some space on the disk of its agent's data.`,
      { cause: error },
    )
  }
}
