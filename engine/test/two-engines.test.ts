import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { call, inTransaction } from '../src/core/call.ts'
import { rendezvous } from '../src/engines/lease.ts'
import { waitForJob } from '../src/jobs/wait.ts'
import { addUser } from '../src/identity/user-operations.ts'
import { type EngineDatabase, engineDatabase } from './database.ts'
import { startTestEngine, type TestEngine } from './engine.ts'
import { sampleJob, testModule } from './sample-jobs.ts'
import { until } from './until.ts'

let database: EngineDatabase
let engines: TestEngine[] = []
before(async () => {
  database = await engineDatabase()
  const start = () => startTestEngine(database, { hooks: { only: true, modules: [testModule] } })
  engines = await Promise.all([start(), start()])
})
after(async () => {
  await Promise.all(engines.map(engine => engine.stop()))
  await database.close()
})

const [first, second] = [() => engines[0] as TestEngine, () => engines[1] as TestEngine]

test('engines that start together share one database, one administrator, and their roles', async () => {
  const { admins, live } = await database.db.sql.one<{ admins: number; live: number }>`
    select (select count(*)::int from users where name = 'admin') as admins,
           (select count(*)::int from engine where expires_at > now()) as live`
  assert.deepEqual({ admins, live }, { admins: 1, live: 2 })
})

test('a session of one engine is a session of the other, and ends on both', async () => {
  const token = await first().login()
  const ask = (engine: TestEngine) => engine.http('POST', '/api/query/user.self', { token, body: {} })
  assert.equal((await ask(second())).status, 200)
  await second().http('POST', '/api/logout', { token })
  assert.equal((await ask(first())).status, 401)
})

test('each duty falls to exactly one of them', async () => {
  await until(() => ['a', 'b', 'c', 'd'].every(duty => engines.filter(e => e.engine.handle.isMine(duty)).length === 1))
})

test('when an engine leaves only its duties move', () => {
  const all = ['one', 'two', 'three'].map(name => `engine-${name}`)
  const duties = Array.from({ length: 200 }, (_, n) => `watch ${n}`)
  const before = duties.map(duty => rendezvous(all, duty))
  const after = duties.map(duty => rendezvous(all.slice(1), duty))
  duties.forEach((_, i) => {
    if (before[i] !== all[0]) assert.equal(after[i], before[i])
  })
  for (const engine of all) assert.ok(before.filter(owner => owner === engine).length > 30, 'duties are spread')
})

test('many jobs started on both are each done once', async () => {
  const ids = Array.from({ length: 30 }, () => randomUUID())
  const jobs = await Promise.all(
    ids.map((id, i) =>
      inTransaction((engines[i % 2] as TestEngine).engine.handle.env(), ctx => ctx.start(sampleJob, { id })),
    ),
  )
  const env = first().engine.handle.env()
  const rows = await Promise.all(jobs.map(({ jobId }) => waitForJob(env, jobId, { timeoutMs: 60_000 })))
  assert.deepEqual([...new Set(rows.map(row => row.status))], ['finished'])
  const numbers = await database.db.sql`select distinct value from setting where key like 'sample %'`
  assert.deepEqual(numbers, [{ value: 1111 }])
})

test('events written on both at once are numbered once each and without holes', async () => {
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      call((engines[i % 2] as TestEngine).engine.handle.env(), addUser, { name: `both-${i}` }),
    ),
  )
  await until(async () => (await database.db.sql`select 1 from event where position is null`).length === 0)
  const { n, top, distinct } = await database.db.sql.one<{ n: number; top: number; distinct: number }>`
    select count(*)::int as n, max(position)::int as top, count(distinct position)::int as distinct from event`
  assert.deepEqual([top, distinct], [n, n])
})

test('a change made on one engine is told on the other', async () => {
  const heard: string[] = []
  const deaf = second().engine.handle.notifications.on('change', kind => heard.push(kind))
  await call(first().engine.handle.env(), addUser, { name: 'told' })
  await until(() => heard.includes('user'))
  deaf()
})

test('an engine that stops hands its jobs on, and the other one finishes them', async () => {
  const third = await startTestEngine(database, { hooks: { only: true, modules: [testModule] } })
  const ids = Array.from({ length: 20 }, () => randomUUID())
  const jobs = await Promise.all(
    ids.map(id => inTransaction(third.engine.handle.env(), ctx => ctx.start(sampleJob, { id }))),
  )
  await third.stop()
  const env = first().engine.handle.env()
  for (const { jobId } of jobs) assert.equal((await waitForJob(env, jobId, { timeoutMs: 60_000 })).status, 'finished')
})
