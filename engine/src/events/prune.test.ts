import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../test/database.ts'
import { pruneEvents } from './prune.ts'

let database: EngineDatabase
before(async () => {
  database = await engineDatabase()
})
after(() => database.close())

test('events older than a stated time go, but for the newest of all', async () => {
  const { sql } = database.db
  await sql`
    insert into event (at, code, name, severity, message)
    select now() - make_interval(days => 3000 - n), 1, 'test', 'normal', 'n' || n from generate_series(1, 2999) n`
  assert.equal(await pruneEvents(sql, 100), 2900)
  const { oldest } = await sql.one<{ oldest: string }>`select min(message) as oldest from event`
  assert.equal(oldest, 'n2901')
  await sql`update event set at = now() - interval '1 year'`
  assert.equal(await pruneEvents(sql, 100), 98)
  assert.deepEqual(await sql`select message from event`, [{ message: 'n2999' }])
  assert.equal(await pruneEvents(sql, 100), 0)
})
