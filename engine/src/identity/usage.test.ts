import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type EngineDatabase, engineDatabase } from '../../test/database.ts'
import { charge, giveBack, returnAll } from './usage.ts'

let database: EngineDatabase
before(async () => {
  database = await engineDatabase()
})
after(() => database.close())

const used = async (scope: string, resource = 'memory') =>
  (
    await database.db.sql.maybe<{ used: number }>`
    select used from quota_use where scope = ${scope}::uuid and resource = ${resource}`
  )?.used ?? 0

async function someJob(): Promise<string> {
  const id = randomUUID()
  await database.db.sql`insert into job (id, kind, version, input, root_id, description)
    values (${id}::uuid, 'test', 1, '{}', ${id}::uuid, 'Testing')`
  return id
}

test('what is charged and given back is the same in the end', async () => {
  const scope = randomUUID()
  const line = { scope, resource: 'memory', amount: 5 }
  await charge(database.db.sql, [line, line])
  assert.equal(await used(scope), 10)
  await giveBack(database.db.sql, [line])
  assert.equal(await used(scope), 5)
})

test('a limit is kept by many at once, and refusals charge nothing', async () => {
  const scope = randomUUID()
  await database.db.sql`insert into quota_use (scope, resource, "limit") values (${scope}::uuid, 'memory', 10)`
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, () =>
      database.db.transaction(({ sql }) =>
        charge(sql, [
          { scope, resource: 'vms', amount: 1 },
          { scope, resource: 'memory', amount: 3 },
        ]),
      ),
    ),
  )
  assert.equal(tries.filter(each => each.status === 'fulfilled').length, 3)
  for (const each of tries) if (each.status === 'rejected') assert.equal(each.reason.kind, 'quotaExceeded')
  assert.deepEqual([await used(scope), await used(scope, 'vms')], [9, 3])
})

test('what a job still holds is returned with its failed end, and not what its undo returned', async () => {
  const scope = randomUUID()
  const jobId = await someJob()
  const [memory, vcpus] = [
    { scope, resource: 'memory', amount: 7 },
    { scope, resource: 'vcpus', amount: 2 },
  ]
  await charge(database.db.sql, [memory, vcpus], jobId)
  await giveBack(database.db.sql, [memory], jobId)
  await returnAll(database.db.sql, jobId)
  assert.deepEqual([await used(scope), await used(scope, 'vcpus')], [0, 0])
})

test('nothing is ever used less than not at all', async () => {
  const scope = randomUUID()
  await charge(database.db.sql, [{ scope, resource: 'memory', amount: 1 }])
  await giveBack(database.db.sql, [{ scope, resource: 'memory', amount: 5 }])
  assert.equal(await used(scope), 0)
})
