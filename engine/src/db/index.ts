/** PostgreSQL as the engine uses it: SQL as text with parameters, short transactions, migrations, notifications. */
export {
  channel,
  type DatabaseConfig,
  type Db,
  type Lane,
  openDatabase,
  type Sql,
  type Tx,
  withTransaction,
} from './db.ts'
export {
  databaseError,
  isDatabaseAway,
  isForeignKeyViolation,
  isRetryable,
  isUniqueViolation,
  sqlState,
} from './errors.ts'
export { Gate, retryAfterSeconds } from './gate.ts'
export { type Migration, type MigrationReport, migrate, migrationsFolder, readMigrations } from './migrate.ts'
export { listen, type Notifications } from './notify.ts'
export { RememberedRows } from './remembered.ts'
export { fragment, ident, join, json, nothing, SqlFragment, type SqlValue } from './sql.ts'
