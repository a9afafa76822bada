import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { jobSurvives } from '../../../test/survive.ts'
import type { World } from '../../../test/survive-world.ts'
import { call, inTransaction } from '../../core/call.ts'
import { waitForJob } from '../../jobs/index.ts'
import * as host from '../host/operations.ts'
import { restartAgent } from './restart-agent.ts'
import type { FencingState } from './types.ts'

interface Given {
  id: string
  name: string
}

const fencing = async ({ sql }: World, { id }: Given) =>
  (await sql.one<{ fencing: FencingState | null }>`select fencing from host where id = ${id}::uuid`).fencing

/** A host that was installed over SSH and does not answer. */
async function given(world: World): Promise<Given> {
  const name = `h-${randomUUID().slice(0, 8)}`
  const made = await call(world.env, host.add, { name, address: `${name}.invalid`, ssh: { password: 'p' } })
  await waitForJob(world.env, made.jobId, { timeoutMs: 60_000 })
  // Its cluster fences nobody, so that only the job of the test moves.
  await world.sql`update cluster set settings = jsonb_set(settings, '{fencing}', '{"enabled": false}')`
  // Nobody waits for it to be heard.
  await world.sql`update host set status = 'non_responsive', wanted = 'maintenance', lost_at = now(), fencing = null where id = ${made.id}::uuid`
  return { id: made.id, name }
}

jobSurvives(restartAgent, {
  world: { hosts: 0, moduleFiles: [join(import.meta.dirname, '../../../test/pretended-outside.ts')] },
  given,
  start: async (world, { id, name }) => {
    // What the reconciler has said of its cluster is not this job's.
    await world.sql`update host set fencing = null where id = ${id}::uuid`
    return (await inTransaction(world.env, tx => tx.start(restartAgent, { hostId: id, name }))).jobId
  },
  afterDone: async (world, g) => assert.equal((await fencing(world, g))?.outcome, 'agent_restarted'),
  afterUndo: async (world, g) => assert.notEqual((await fencing(world, g))?.outcome, 'agent_restarted'),
  cleanup: async (world, { id }) => void (await world.sql`delete from host where id = ${id}::uuid`),
})
