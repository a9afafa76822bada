import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { startTestCluster } from '@rookery/postgres'
import { inTransaction } from '../src/core/call.ts'
import { migrate, openDatabase } from '../src/db/index.ts'
import { waitForJob } from '../src/jobs/wait.ts'
import { startTestEngine } from './engine.ts'
import { sampleJob, testModule } from './sample-jobs.ts'
import { until } from './until.ts'

// Its own cluster: this test stops it. Durability is not what is tested here (it runs without fsync), but what the engine does.
test('the database restarts in the middle: jobs end once, streams and requests go on', {
  timeout: 120_000,
}, async t => {
  const { connection, ensureDatabase, startPostgres } = await import('@rookery/postgres')
  const own = await startTestCluster()
  t.after(() => own.close())
  await ensureDatabase(own.cluster, 'restart')
  const { host, database, user, port } = connection(own.cluster, 'restart') as {
    host: string
    database: string
    user: string
    port?: number
  }
  const config = { host, database, user, ...(port === undefined ? {} : { port }) }
  const first = openDatabase(config)
  await migrate(first.pool)
  await first.close()
  const engine = await startTestEngine({ config }, { hooks: { only: true, modules: [testModule] } })
  t.after(() => engine.stop())
  const env = engine.engine.handle.env()
  const ids = Array.from({ length: 40 }, () => randomUUID())
  const jobs = await Promise.all(ids.map(id => inTransaction(env, ctx => ctx.start(sampleJob, { id }))))

  await own.server.stop()
  const away = await engine.http('GET', '/health')
  assert.equal(away.status, 503)
  assert.equal(away.json.database, 'down')
  const refused = await engine.http('POST', '/api/login', { body: { user: 'admin', password: 'x' } })
  assert.equal(refused.status, 503)
  assert.equal(refused.json.error.code, 'database.unavailable')
  const again = await startPostgres(own.cluster)
  t.after(() => again.crash())

  await until(async () => (await engine.http('GET', '/health')).status === 200, {
    what: 'the engine to find the database',
  })
  for (const { jobId } of jobs) {
    const row = await until(
      () =>
        waitForJob(env, jobId, { timeoutMs: 30_000 }).then(
          r => (r.endedAt === null ? undefined : r),
          () => undefined,
        ),
      { timeoutMs: 60_000 },
    )
    assert.equal(row.status, 'finished', JSON.stringify(row.error))
  }
  const numbers = await engine.engine.handle.db
    .sql`select value, count(*)::int as n from setting where key like 'sample %' group by value`
  assert.deepEqual(numbers, [{ value: 1111, n: 40 }])
  await engine.login()
})
