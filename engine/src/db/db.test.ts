import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '@rookery/postgres'
import { type Db, fragment, json, migrate, openDatabase } from './index.ts'
import pg from 'pg'
import { databaseError, isDatabaseAway } from './errors.ts'

let database: TestDatabase
let db: Db
before(async () => {
  database = await testDatabase()
  db = openDatabase(database.config)
  await migrate(db.pool)
})
after(async () => {
  await db.close()
  await database.close()
})

test('rows have camelCase keys, numbers, dates and parsed JSON', async () => {
  const row = await db.sql.one`
    select 5000000000::bigint as big_number, array[1,2]::bigint[] as some_numbers, 1.5::numeric as a_numeric,
           '2026-01-02T03:04:05Z'::timestamptz as at, ${json([1, { a: null }])}::jsonb as doc, null::text as no_text`
  assert.deepEqual(row, {
    bigNumber: 5_000_000_000,
    someNumbers: [1, 2],
    aNumeric: 1.5,
    at: new Date('2026-01-02T03:04:05Z'),
    doc: [1, { a: null }],
    noText: null,
  })
})

test('fragments nest and their parameters are numbered through', async () => {
  const inner = fragment`x > ${1} and x < ${4}`
  const rows = await db.sql<{ x: number }>`select x from generate_series(1, ${9}::int) x where ${inner} order by x`
  assert.deepEqual(
    rows.map(r => r.x),
    [2, 3],
  )
})

test('a transaction that throws leaves nothing, and statements in it may be asked for at once', async () => {
  await assert.rejects(
    db.transaction(async tx => {
      await Promise.all([1, 2, 3].map(n => tx.sql`insert into setting (key, value) values (${`k${n}`}, ${json(n)})`))
      throw new Error('no')
    }),
    /no/,
  )
  assert.deepEqual(await db.sql`select * from setting`, [])
})

test('deadlocked transactions are tried again until both are through', async () => {
  await db.sql`insert into setting (key, value) values ('a', '0'), ('b', '0')`
  let waiting = 0
  let release = () => {}
  const both = new Promise<void>(resolve => {
    release = resolve
  })
  const run = (first: string, second: string) =>
    db.transaction(async ({ sql }) => {
      await sql`update setting set value = to_jsonb((value #>> '{}')::int + 1) where key = ${first}`
      if (++waiting === 2) release()
      await both
      await sql`update setting set value = to_jsonb((value #>> '{}')::int + 1) where key = ${second}`
    })
  await Promise.all([run('a', 'b'), run('b', 'a')])
  const rows = await db.sql<{ value: number }>`select value from setting where key in ('a', 'b')`
  assert.deepEqual(rows, [{ value: 2 }, { value: 2 }])
})

test('text that is no uuid is an invalid value, not an internal error', async () => {
  await assert.rejects(db.sql`select * from vm where id = ${'nonsense'}`, { kind: 'invalid' })
})

test('a database without space is away for a while, and refuses nothing for good', () => {
  const full = Object.assign(new pg.DatabaseError('could not extend file', 1, 'error'), { code: '53100' })
  assert.ok(isDatabaseAway(databaseError(full)))
  assert.ok(!isDatabaseAway(databaseError(Object.assign(new pg.DatabaseError('x', 1, 'error'), { code: '42601' }))))
})
