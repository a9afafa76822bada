import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { GiB, MiB, type Refusal } from '@rookery/model'
import { add as addVm, start as startVm } from '../src/compute/vm/operations.ts'
import { hostReserve } from '../src/compute/scheduling/filters.ts'
import { qemuOverhead } from '../src/compute/vm/run-spec.ts'
import { call } from '../src/core/call.ts'
import { json } from '../src/db/index.ts'
import { waitForJob } from '../src/jobs/wait.ts'
import { startTestEngine, type TestEngine } from './engine.ts'
import { startWorld, type World } from './small-world.ts'

let world: World
let other: TestEngine
before(async () => {
  world = await startWorld({ hosts: 3 })
  other = await startTestEngine(world.database, { config: { agentTls: world.one.engine.handle.config.agentTls } })
})
after(async () => {
  await other?.stop()
  await world?.stop()
})

test('two engines that place VMs at once onto room for half of them start exactly these, and the rest read why', async () => {
  const { sql } = world.database.db
  const memory = 64 * GiB
  const hosts = await sql<{ memory: number }>`select (facts ->> 'memory')::bigint as memory from host`
  const room = hosts.reduce((sum, h) => sum + Math.floor((h.memory - hostReserve) / (memory + qemuOverhead)), 0)
  const { id: clusterId } = await sql.one<{ id: string }>`select id from cluster limit 1`
  const envs = [world.env, other.engine.handle.env()]
  const ids: string[] = []
  for (let n = 0; n < 2 * room; n++) {
    const { id } = await call(world.env, addVm, {
      name: `crowd-${n}`,
      clusterId,
      config: { memory, os: { boot: ['cdrom'] } },
    })
    // Something to boot from, which every host reaches: nothing is read of it by pretended hosts.
    ids.push(id)
  }
  await withCd(ids)
  const outcomes = await Promise.all(
    ids.map(async (id, n) => {
      const env = envs[n % 2] ?? world.env
      try {
        const { jobId } = await call(env, startVm, { id })
        const job = await waitForJob(env, jobId, { timeoutMs: 120_000 })
        return job.status === 'finished' ? null : job.error
      } catch (error) {
        return error as { code: string; detail?: unknown }
      }
    }),
  )
  const refused = outcomes.filter(outcome => outcome !== null)
  assert.equal(outcomes.length - refused.length, room, JSON.stringify(refused[0]))
  for (const { code, detail } of refused) {
    assert.equal(code, 'vm.no_host')
    const { refusals } = detail as { refusals: Refusal[] }
    assert.deepEqual(
      refusals.map(r => r.reason.code),
      hosts.map(() => 'memory'),
    )
  }
  const promised = await sql<{ free: number }>`
    select (h.facts ->> 'memory')::bigint - ${hostReserve}::bigint - coalesce(sum(r.memory), 0)::bigint as free
      from host h left join reservation r on r.host_id = h.id group by h.id, h.facts`
  assert.ok(promised.every(({ free }) => free >= 0 && free < memory + qemuOverhead + 64 * MiB))
})

/** Puts the ISO image that simulated storage has into the drives. */
async function withCd(vmIds: readonly string[]): Promise<void> {
  const { sql } = world.database.db
  const file = await sql.one<{
    storageDomainId: string
    name: string
  }>`select storage_domain_id, name from iso_file limit 1`
  await sql`update vm set config = jsonb_set(config, '{cdrom}', ${json({ storageDomainId: file.storageDomainId, file: file.name })})
    where id = any (${[...vmIds]}::uuid[])`
}
