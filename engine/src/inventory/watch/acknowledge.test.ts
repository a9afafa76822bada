import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { HostInventory } from '@rookery/protocol'
import { type EngineDatabase, engineDatabase } from '../../../test/database.ts'
import { acknowledgeForgotten } from './acknowledge.ts'

let database: EngineDatabase
before(async () => {
  database = await engineDatabase()
})
after(() => database.close())

test('ends that no job asks for are acknowledged, those of a job under way are left to it', async () => {
  const { sql } = database.db
  const [forgotten, awaited, ended] = [randomUUID(), randomUUID(), randomUUID()]
  for (const [taskId, over] of [
    [awaited, false],
    [ended, true],
  ] as const) {
    const job = randomUUID()
    await sql`insert into job (id, kind, version, input, status, root_id, description, ended_at)
      values (${job}, 'x', 1, '{}', ${over ? 'finished' : 'running'}, ${job}, 'x', case when ${over} then now() end)`
    await sql`insert into job_step (job_id, name, kind, position, status, task_id)
      values (${job}, 'a', 'host', 1, 'running', ${taskId})`
  }
  const told: string[] = []
  const unacknowledged = [forgotten, awaited, ended].map(id => ({ id, kind: 'vm.create', endedAt: 0 }))
  const client = {
    inventory: async () =>
      ({ tasks: { running: [], unacknowledged, acknowledgedRunning: [] } }) as unknown as HostInventory,
    acknowledge: async (ids: readonly string[]) => void told.push(...ids),
  }
  assert.equal(await acknowledgeForgotten(sql, client), 2)
  assert.deepEqual(told.sort(), [forgotten, ended].sort())
})
