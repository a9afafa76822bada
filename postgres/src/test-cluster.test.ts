import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { type Connection, connection, startPostgres, startTestCluster, testDatabase } from './index.ts'

async function one<T>(to: Connection | string, sql: string): Promise<T | undefined> {
  const client = new pg.Client(typeof to === 'string' ? { connectionString: to } : to)
  await client.connect()
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    return (rows[0] as T[] | undefined)?.[0]
  } finally {
    await client.end()
  }
}

test('every caller gets an empty database of its own, by parameters and by URL', async () => {
  const a = await testDatabase()
  const b = await testDatabase()
  await one(a.config, 'create table t as select 1 as n')
  assert.equal(await one(a.url, 'select n from t'), 1)
  assert.equal(await one(b.config, "select count(*)::int from pg_tables where tablename = 't'"), 0)
  assert.equal(await one(b.config, 'select current_user::text'), 'rookery')
  await a.close()
  await b.close()
  await assert.rejects(one(a.config, 'select 1'), /does not exist/)
})

test('a template is prepared once and every copy starts filled', async () => {
  let prepared = 0
  const template = {
    key: 'filled',
    prepare: async (to: Connection) => {
      prepared++
      await one(to, 'create table t as select 7 as n')
    },
  }
  const [a, b] = await Promise.all([testDatabase({ template }), testDatabase({ template })])
  assert.deepEqual([await one(a.config, 'select n from t'), await one(b.config, 'select n from t')], [7, 7])
  assert.equal(prepared, 1)
})

test('text is UTF-8 and sorts by code point, whatever the C library thinks', async () => {
  const { config } = await testDatabase()
  assert.equal(
    await one(config, "select string_agg(w, '' order by w) from unnest(array['b','가','A','a','é']) w"),
    'Aabé가',
  )
  assert.equal(await one(config, "select upper('é')"), 'É')
})

test('a server that crashed starts again on what it left and its role still reads its data', async () => {
  const t = await startTestCluster()
  try {
    await one(connection(t.cluster), 'create table t as select 1 as n')
    await one(connection(t.cluster), 'checkpoint').catch(() => undefined) // only superusers may; the log suffices
    await t.server.crash()
    const again = await startPostgres(t.cluster)
    assert.equal(await one(connection(t.cluster), 'select n from t'), 1)
    await assert.rejects(startPostgres(t.cluster), /still running/)
    await again.stop()
    assert.equal(await again.ended, 0)
  } finally {
    await t.close()
  }
})
