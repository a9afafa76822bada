import { createHash } from 'node:crypto'
import { testDatabase } from '@rookery/postgres'
import { type Db, listen, migrate, type Notifications, openDatabase, readMigrations } from '../src/db/index.ts'

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
