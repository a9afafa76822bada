import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../test/database.ts'
import { startTestEngine, type TestEngine } from '../../test/engine.ts'
import { site } from '../../test/site.ts'
import { ask } from '../core/call.ts'
import { counts, now } from './overview.ts'

let database: EngineDatabase
let one: TestEngine
before(async () => {
  database = await engineDatabase()
  one = await startTestEngine(database)
  await site(database)
})
after(async () => {
  await one.stop()
  await database.close()
})

test('the dashboard counts by status, and adds up what there is', async () => {
  const env = one.engine.handle.env()
  const { sql } = database.db
  await sql`update host_now set stats = '{"cpuUser": 0.2, "cpuSystem": 0.05, "memoryUsed": 4096}'`
  await sql`update storage_domain set available = 900, used = 100 where status = 'active' and type = 'data'`
  const count = await ask(env, counts, {})
  assert.deepEqual(count.hosts, { up: 1, maintenance: 1 })
  assert.deepEqual(Object.values(count.vms), [1, 1])
  assert.deepEqual(count.storageDomains, { active: 1, maintenance: 1, unattached: 1 })
  assert.deepEqual([count.disks, count.isos], [3, 1])
  const sum = await ask(env, now, {})
  assert.deepEqual([sum.cpus, sum.cpusUsed, sum.memoryUsed], [8, 2, 4096])
  assert.deepEqual([sum.memory, sum.storage, sum.storageUsed], [64 * 1024 ** 3, 1000, 100])
  assert.equal(sum.storagePromised, 3 * 1048576)
})

test('who may see nothing is told of nothing', async () => {
  const admin = await one.login()
  await one.http('POST', '/api/op/user.add', { token: admin, body: { name: 'jun', password: 'a fine password' } })
  const token = await one.login('jun', 'a fine password')
  const answer = await one.http('POST', '/api/query/inventory.counts', { token, body: {} })
  assert.deepEqual(answer.json.result, { vms: {}, hosts: {}, storageDomains: {}, disks: 0, isos: 0 })
  const sum = await one.http('POST', '/api/query/inventory.now', { token, body: {} })
  assert.ok(Object.values(sum.json.result).every(n => n === 0))
})
