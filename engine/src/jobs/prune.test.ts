import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../test/database.ts'
import { pruneJobs } from './prune.ts'

let database: EngineDatabase
before(async () => {
  database = await engineDatabase()
})
after(() => database.close())

/** A job that began and ended so many days ago (null: it has not), with a step. */
async function aJob(o: { began: number; ended: number | null; parent?: string }): Promise<string> {
  const { sql } = database.db
  const id = randomUUID()
  await sql`
    insert into job (id, kind, version, input, status, parent_id, root_id, description, created_at, ended_at)
    values (${id}::uuid, 'a.job', 1, '{}', ${o.ended === null ? 'running' : 'finished'}, ${o.parent ?? null}::uuid,
            ${o.parent ?? id}::uuid, 'a job', now() - make_interval(days => ${o.began}),
            now() - make_interval(days => ${o.ended}::int))`
  await sql`insert into job_step (job_id, name, kind, position, status) values (${id}::uuid, 'look', 'tx', 0, 'finished')`
  return id
}

test('jobs go a stated time after their end, as whole families, and open ones never', async () => {
  const { sql } = database.db
  const old = await aJob({ began: 40, ended: 31 })
  const child = await aJob({ began: 35, ended: 34, parent: old })
  const late = await aJob({ began: 40, ended: 29 })
  const stuck = await aJob({ began: 90, ended: null })
  const waiting = await aJob({ began: 60, ended: 50 })
  const working = await aJob({ began: 60, ended: null, parent: waiting })
  assert.equal(await pruneJobs(sql, 30), 2)
  const left = async (table: 'job' | 'job_step') =>
    (table === 'job'
      ? await sql<{ id: string }>`select id from job`
      : await sql<{ id: string }>`select job_id as id from job_step`
    )
      .map(row => row.id)
      .sort()
  const expected = [late, stuck, waiting, working].sort()
  assert.deepEqual([await left('job'), await left('job_step')], [expected, expected])
  assert.ok(![old, child].some(id => expected.includes(id)))
  assert.equal(await pruneJobs(sql, 30), 0)
})

test('however many have gathered, one call takes them all', async () => {
  const { sql } = database.db
  await sql`
    insert into job (id, kind, version, input, status, root_id, description, created_at, ended_at)
    select id, 'a.job', 1, '{}', 'finished', id, 'a job', now() - interval '90 days', now() - interval '80 days'
      from (select gen_random_uuid() as id from generate_series(1, 2500)) made`
  assert.equal(await pruneJobs(sql, 30), 2500)
})
