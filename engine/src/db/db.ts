import { setTimeout as pause } from 'node:timers/promises'
import { internal } from '@rookery/model'
import pg from 'pg'
import { databaseError, isCrowded, isRetryable } from './errors.ts'
import { busy, Gate } from './gate.ts'
import type { RawAnswer } from './remembered.ts'
import { columnTypes, rawTypes, toObjects } from './rows.ts'
import { compile, type SqlFragment, type SqlValue, statementName } from './sql.ts'

/**
 * Runs statements. Keys of rows are camelCase; int8 is a number, timestamptz a Date, jsonb parsed. Each text is a named
 * statement that its connection plans once; compose searches with {@link Sql.unnamed}, since named ones stay for ever.
 */
export interface Sql {
  <R = Record<string, unknown>>(strings: TemplateStringsArray, ...values: SqlValue[]): Promise<R[]>
  /** Exactly one row; `internal` otherwise. */
  one<R = Record<string, unknown>>(strings: TemplateStringsArray, ...values: SqlValue[]): Promise<R>
  /** One row or none; `internal` for more. */
  maybe<R = Record<string, unknown>>(strings: TemplateStringsArray, ...values: SqlValue[]): Promise<R | undefined>
  /** How many rows a statement changed. */
  run(strings: TemplateStringsArray, ...values: SqlValue[]): Promise<number>
  /** A statement composed at run time. */
  unnamed<R = Record<string, unknown>>(fragment: SqlFragment): Promise<R[]>
  /** The answer as text, for {@link RememberedRows}. `named` as for the others: never for searches. */
  raw(fragment: SqlFragment, o: { named: boolean }): Promise<RawAnswer>
}

/** A transaction under way. */
export interface Tx {
  readonly sql: Sql
  /** Says "look again" to every engine when this commits; all topics of a transaction travel in one NOTIFY. */
  notify(topic: string): void
  /** Runs before the commit, in order; may use `sql`. */
  beforeCommit(work: () => Promise<void>): void
  /** Runs after the commit; an error in it changes nothing any more. */
  afterCommit(work: () => void): void
}

/** Where the database is: a socket folder or a host with names, or a URL. */
export type DatabaseConfig =
  | { host: string; port?: number; database: string; user: string; password?: string }
  | { url: string }

/** The connections of one engine. */
export interface Db {
  readonly config: DatabaseConfig
  /** Statements outside transactions, each on a connection of its own. */
  readonly sql: Sql
  /**
   * Statements on connections of their own, to read what is committed while a transaction is under way, and for the engine's lease. A
   * second pool: were it the same, transactions that each wait for a second connection could wait for each other.
   */
  readonly outside: Sql
  /** See {@link withTransaction}; in a lane of its own when one is said. Never from inside a transaction. */
  transaction<T>(work: (tx: Tx) => Promise<T>, lane?: Lane): Promise<T>
  readonly pool: pg.Pool
  close(): Promise<void>
}

/**
 * What may come in crowds, and may therefore have only a part of the connections at once: requests of people, reports of hosts, and
 * placements, which wait inside for each other. The rest, steps of jobs above all, is short and not so many.
 */
export type Lane = 'requests' | 'reports' | 'places'

/** Requests that wait for their turn beyond this number, or longer than this (milliseconds), are asked to come again later. */
const mostRequests = 5000
const requestPatienceMs = 120_000

const lanesOf = (connections: number): Record<Lane, Gate> => ({
  requests: new Gate({
    width: Math.max(1, connections - 3),
    most: mostRequests,
    patienceMs: requestPatienceMs,
  }),
  reports: new Gate({ width: Math.max(1, Math.floor(connections / 3)) }),
  // One that decides, and one behind it that has its connection already.
  places: new Gate({ width: 2 }),
})

/** Channel of all notifications; the payload is a JSON array of topics. */
export const channel = 'rookery'

type Run = (
  text: string,
  values: unknown[],
  name?: string,
  types?: pg.CustomTypesConfig,
) => Promise<pg.QueryArrayResult<unknown[]>>

function makeSql(run: Run): Sql {
  const named = (strings: TemplateStringsArray, values: SqlValue[]) => {
    const { text, values: parameters } = compile(strings, values)
    return run(text, parameters, statementName(text))
  }
  const all = async <R>(strings: TemplateStringsArray, ...values: SqlValue[]): Promise<R[]> => {
    const answer = await named(strings, values)
    return toObjects<R>(answer.fields, answer.rows)
  }
  const maybe = async <R>(strings: TemplateStringsArray, ...values: SqlValue[]): Promise<R | undefined> => {
    const rows = await all<R>(strings, ...values)
    if (rows.length > 1) throw internal('database.rows', `One row was expected and ${rows.length} came.`)
    return rows[0]
  }
  const one = async <R>(strings: TemplateStringsArray, ...values: SqlValue[]): Promise<R> => {
    const row = await maybe<R>(strings, ...values)
    if (row === undefined)
      throw internal('database.rows', 'One row was expected and none came.', { detail: strings[0] })
    return row
  }
  return Object.assign(all, {
    one,
    maybe,
    run: async (strings: TemplateStringsArray, ...values: SqlValue[]) => (await named(strings, values)).rowCount ?? 0,
    unnamed: async <R>(composed: SqlFragment): Promise<R[]> => {
      const { text, values } = compile(composed.strings, composed.values)
      const answer = await run(text, values)
      return toObjects<R>(answer.fields, answer.rows)
    },
    raw: async (composed: SqlFragment, { named: keep }: { named: boolean }) => {
      const { text, values } = compile(composed.strings, composed.values)
      return (await run(text, values, keep ? statementName(text) : undefined, rawTypes)) as unknown as RawAnswer
    },
  })
}

async function query(
  client: pg.ClientBase | pg.Pool,
  text: string,
  values: unknown[],
  name?: string,
  types: pg.CustomTypesConfig = columnTypes,
) {
  try {
    return await client.query<unknown[]>({
      text,
      values,
      rowMode: 'array',
      types,
      ...(name ? { name } : {}),
    })
  } catch (error) {
    throw client instanceof pg.Pool ? connectError(client, error, text) : databaseError(error, text)
  }
}

/** Whoever got no connection in time of a pool that has them all waits for the engine and not for the database. */
const connectError = (pool: pg.Pool, error: unknown, text?: string): unknown =>
  isCrowded(error) && pool.totalCount - pool.idleCount >= pool.options.max ? busy(error) : databaseError(error, text)

/** Opens the pool; nothing is connected before the first statement. */
export function openDatabase(config: DatabaseConfig, o: { connections?: number } = {}): Db {
  const open = (max: number) => openPool(config, max)
  const { connections = 12 } = o
  const [pool, second] = [open(connections), open(2)]
  const lanes = lanesOf(connections)
  return {
    config,
    pool,
    sql: makeSql((...statement) => query(pool, ...statement)),
    outside: makeSql((...statement) => query(second, ...statement)),
    transaction: (work, lane) => {
      const run = () => withTransaction(pool, (_sql, tx) => work(tx))
      return lane === undefined ? run() : lanes[lane].pass(run)
    },
    close: async () => void (await Promise.all([pool.end(), second.end()])),
  }
}

function openPool(config: DatabaseConfig, max: number): pg.Pool {
  const pool = new pg.Pool({
    ...('url' in config ? { connectionString: config.url } : config),
    max,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'rookery',
  })
  // An idle connection that breaks is dropped by the pool; without a listener Node would end the process.
  pool.on('error', () => undefined)
  // A connection may also break in the instant in which the pool hands it over, when nobody listens to it. Whoever uses it
  // is told by the next statement.
  pool.on('connect', client => client.on('error', () => undefined))
  return pool
}

const mostTries = 5

/**
 * Runs `work` in one transaction (read committed) and commits. Serialization failures and deadlocks are tried again a few
 * times, so `work` must not touch anything but the database.
 */
export async function withTransaction<T>(pool: pg.Pool, work: (sql: Sql, tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transactionOnce(pool, work)
    } catch (error) {
      if (!isRetryable(error) || attempt === mostTries) throw error
      await pause(2 ** attempt * (5 + Math.random() * 5))
    }
  }
}

async function transactionOnce<T>(pool: pg.Pool, work: (sql: Sql, tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw connectError(pool, error)
  })
  // One statement at a time on a connection; callers may use Promise.all, the driver may not.
  let last: Promise<unknown> = Promise.resolve()
  const inOrder = (...statement: Parameters<Run>) => {
    const next = last.then(() => query(client, ...statement))
    last = next.catch(() => undefined)
    return next
  }
  const topics = new Set<string>()
  const before: (() => Promise<void>)[] = []
  const after: (() => void)[] = []
  const tx: Tx = {
    sql: makeSql(inOrder),
    notify: topic => void topics.add(topic),
    beforeCommit: step => void before.push(step),
    afterCommit: step => void after.push(step),
  }
  let result: T
  let broken = false
  try {
    await inOrder('begin', [])
    result = await work(tx.sql, tx)
    for (const step of before) await step()
    if (topics.size > 0) await inOrder('select pg_notify($1, $2)', [channel, payload(topics)], 'notify')
    const end = await inOrder('commit', [])
    // A statement whose error the caller swallowed has aborted the transaction; the server then answers ROLLBACK.
    if (end.command !== 'COMMIT')
      throw internal('database.aborted', 'The transaction had failed and was not committed.')
  } catch (error) {
    await last
    await client.query('rollback').catch(() => {
      broken = true // the connection is gone, and the transaction with it
    })
    throw error
  } finally {
    client.release(broken)
  }
  for (const step of after) step()
  return result
}

/** NOTIFY takes at most 8000 bytes; beyond that everyone looks at everything. */
function payload(topics: Set<string>): string {
  const text = JSON.stringify([...topics])
  return text.length < 7500 ? text : '["*"]'
}
