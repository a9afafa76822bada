import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { connection, ensureDatabase, startPostgres, startTestCluster, testDatabase } from '@rookery/postgres'
import {
  type Db,
  isDatabaseAway,
  listen,
  migrate,
  type Notifications,
  openDatabase,
  readMigrations,
  type Sql,
} from '../src/db/index.ts'

/** A migrated database of its own for one test file, with an ear for its notifications. */
export interface EngineDatabase {
  db: Db
  notifications: Notifications
  config: Parameters<typeof openDatabase>[0]
  close(): Promise<void>
}

/** Copies the template of all migrations (made once per run and cluster) and connects to the copy. */
export async function engineDatabase(): Promise<EngineDatabase> {
  const migrations = await readMigrations()
  const hash = createHash('sha256')
  for (const each of migrations) hash.update(each.hash)
  const database = await testDatabase({
    template: {
      key: `engine_${hash.digest('hex').slice(0, 24)}`,
      prepare: async config => {
        const db = openDatabase(config)
        try {
          await migrate(db.pool, migrations)
        } finally {
          await db.close()
        }
      },
    },
  })
  const {
    host,
    database: name,
    user,
    port,
  } = database.config as { host: string; database: string; user: string; port?: number }
  const config = { host, database: name, user, ...(port === undefined ? {} : { port }) }
  const db = openDatabase(config)
  const notifications = listen(config)
  return {
    db,
    notifications,
    config,
    close: async () => {
      await notifications.close()
      await db.close()
      await database.close()
    },
  }
}

/** A migrated database on a server of its own, that can be killed and started again. */
export interface OwnDatabase extends EngineDatabase {
  /** SIGKILL to the server's first process; what was committed is there at the next start. */
  kill(): Promise<void>
  /** Resolves when it answers. */
  start(): Promise<void>
}

/** Starts a server for one test file alone. Others want {@link engineDatabase}, which is there sooner. */
export async function ownDatabase(): Promise<OwnDatabase> {
  const own = await startTestCluster()
  await ensureDatabase(own.cluster, 'own')
  const { host, database, user, port } = connection(own.cluster, 'own')
  const config = { host, database, user, port }
  const db = openDatabase(config)
  await migrate(db.pool)
  const notifications = listen(config)
  let { server } = own
  return {
    db,
    notifications,
    config,
    kill: () => server.crash(),
    start: async () => {
      server = await startPostgres(own.cluster)
    },
    close: async () => {
      await notifications.close()
      await db.close()
      await server.crash()
      await own.close()
    },
  }
}

/** Asks again while the database is away, at most a minute: for tests that have it killed. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++)
    try {
      return await ask()
    } catch (error) {
      if (!isDatabaseAway(error) || tries > 600) throw error
      await pause(100)
    }
}

/** Statements that are repeated while the database is away; so what they change they must change once only, whenever it was. */
export function patient(sql: Sql): Sql {
  const again =
    <A extends unknown[], R>(ask: (...args: A) => Promise<R>) =>
    (...args: A) =>
      patiently(() => ask(...args))
  return Object.assign(again(sql), {
    one: again(sql.one),
    maybe: again(sql.maybe),
    run: again(sql.run),
    unnamed: again(sql.unnamed),
    raw: again(sql.raw),
  }) as Sql
}
