/**
 * PostgreSQL from plain binaries: the ones that `npm ci` brought, or any bin folder. One cluster serves one engine over
 * a unix socket in a folder that only its user can enter; nothing listens on TCP and there is no password to lose.
 * The data folder keeps fsync, full page writes and checksums on. Only throw-away clusters of tests give these up.
 */
export { type Binaries, binariesAt, embeddedBinaries, installedBinaries, openToAll } from './binaries.ts'
export { PostgresError, type PostgresErrorCode } from './errors.ts'
export { checkDataVersion, type Cluster, dataVersion, initPostgres, ROLE, SUPERUSER } from './init.ts'
export { type Account, asAccount } from './run.ts'
export {
  type Connection,
  clearStaleLock,
  connection,
  connectionUrl,
  ensureDatabase,
  type Server,
  serverArgv,
  startPostgres,
  waitReady,
} from './server.ts'
export { type TestCluster, type TestDatabase, startTestCluster, testDatabase } from './test-cluster.ts'
