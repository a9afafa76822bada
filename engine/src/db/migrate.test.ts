import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '@rookery/postgres'
import { type Db, type Migration, migrate, openDatabase, readMigrations } from './index.ts'

let database: TestDatabase
let db: Db
before(async () => {
  database = await testDatabase()
  db = openDatabase(database.config)
})
after(async () => {
  await db.close()
  await database.close()
})

const made = (number: number, text: string, contractAfter?: string): Migration => ({
  number,
  name: `${number}_test.sql`,
  hash: createHash('sha256').update(text).digest('hex'),
  text,
  contractAfter,
})

test('engines that start together apply each migration once', async () => {
  const reports = await Promise.all([migrate(db.pool), migrate(db.pool), migrate(db.pool)])
  const expected = (await readMigrations()).map(m => m.name)
  assert.deepEqual(reports.flatMap(r => r.applied).sort(), expected)
})

test('a file that was edited after it had been applied is refused', async () => {
  const edited = (await readMigrations()).map((m, i) => (i === 0 ? { ...m, hash: 'other' } : m))
  await assert.rejects(migrate(db.pool, edited), { code: 'migration.changed' })
})

test('a migration that fails leaves nothing of itself, nor of those before it', async () => {
  const all = [...(await readMigrations()), made(9000, 'create table half ()'), made(9001, 'select broken')]
  await assert.rejects(migrate(db.pool, all))
  const { there } = await db.sql.one<{ there: unknown }>`select to_regclass('half') as there`
  assert.equal(there, null)
})

test('what a newer release applied is accepted and named', async () => {
  const all = await readMigrations()
  await migrate(db.pool, [...all, made(9002, 'create table expanded ()')])
  assert.deepEqual((await migrate(db.pool, all)).newer, ['9002_test.sql'])
})

test('a contraction waits while an engine of an older release lives', async () => {
  const all = [...(await readMigrations()), made(9003, 'select 1', '0.2.0')]
  await db.sql`insert into engine (id, url, version, expires_at)
    values ('11111111-1111-4111-8111-111111111111', 'https://old', '0.1.9', now() + interval '1 minute')`
  assert.deepEqual((await migrate(db.pool, all)).deferred, ['9003_test.sql'])
  await db.sql`update engine set expires_at = now()`
  assert.deepEqual((await migrate(db.pool, all)).applied, ['9003_test.sql'])
})
