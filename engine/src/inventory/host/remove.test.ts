import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../../test/database.ts'
import { testEnv } from '../../../test/env.ts'
import { site } from '../../../test/site.ts'
import { call } from '../../core/call.ts'
import { remove } from './operations.ts'

let database: EngineDatabase
before(async () => void (database = await engineDatabase()))
after(() => database.close())

test('a host that does not answer is removed by force alone, and history says what that is (R10, R75)', async () => {
  const { sql } = database.db
  const { host, idleHost } = await site(database)
  const env = testEnv(database)
  await sql`update host set status = 'up' where id = ${idleHost}::uuid`
  await assert.rejects(call(env, remove, { id: idleHost, force: true }), { code: 'host.remove.not_allowed' })
  await sql`update host set status = 'non_responsive' where id in (${host}::uuid, ${idleHost}::uuid)`
  await assert.rejects(call(env, remove, { id: idleHost }), { code: 'host.not_in_maintenance' })
  await assert.rejects(call(env, remove, { id: host, force: true }), { code: 'host.has_vms' })
  await call(env, remove, { id: idleHost, force: true })
  const told = await sql.one<{ severity: string; message: string }>`
    select severity, message from event where name = 'host.removed.forced'`
  assert.equal(told.severity, 'alert')
  assert.match(told.message, /It was only forgotten/)
})
