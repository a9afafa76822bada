import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiB, type Refusal } from '@rookery/model'
import { add as addVm, start as startVm } from '../src/compute/vm/operations.ts'
import { call } from '../src/core/call.ts'
import { update as updateCluster } from '../src/inventory/cluster/operations.ts'
import { json } from '../src/db/index.ts'
import { waitForJob } from '../src/jobs/wait.ts'
import { startTestEngine, type TestEngine } from './engine.ts'
import { startWorld, type World } from './small-world.ts'

/** Room for so many VMs on each of so many hosts; twice as many are placed. The scale suite plays it larger. */
const [hostCount, each] = (process.env['ROOKERY_CROWD'] ?? '3x4').split('x').map(Number) as [number, number]

let world: World
let other: TestEngine
before(async () => {
  world = await startWorld({ hosts: hostCount })
  other = await startTestEngine(world.database, { config: { agentTls: world.one.engine.handle.config.agentTls } })
})
after(async () => {
  await other?.stop()
  await world?.stop()
})

test('two engines that place VMs at once onto room for half of them start exactly these, and the rest read why', async () => {
  const { sql } = world.database.db
  const room = hostCount * each
  const { id: clusterId } = await sql.one<{ id: string }>`select id from cluster limit 1`
  await call(world.env, updateCluster, { id: clusterId, settings: { maxVmsPerHost: each } })
  const envs = [world.env, other.engine.handle.env()]
  const ids: string[] = []
  for (let n = 0; n < 2 * room; n++) {
    const { id } = await call(world.env, addVm, {
      name: `crowd-${n}`,
      clusterId,
      config: { memory: 64 * MiB, os: { boot: ['cdrom'] } },
    })
    // Something to boot from, which every host reaches: nothing is read of it by pretended hosts.
    ids.push(id)
  }
  await withCd(ids)
  const outcomes: ({ code: string; detail?: unknown } | null)[] = []
  const rest = ids.entries()
  // As many at once as a busy engine has clients; all at the same moment would only wait for connections to the database.
  await Promise.all(
    Array.from({ length: 24 }, async () => {
      for (const [n, id] of rest) {
        try {
          const env = envs[n % 2] ?? world.env
          const { jobId } = await call(env, startVm, { id })
          const job = await waitForJob(env, jobId, { timeoutMs: 600_000 })
          outcomes[n] = job.status === 'finished' ? null : (job.error ?? { code: job.status })
        } catch (error) {
          outcomes[n] = error as { code: string; detail?: unknown }
        }
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
      Array.from({ length: hostCount }, () => 'max_vms'),
    )
  }
  const placed = await sql<{ n: number }>`select count(*)::int as n from reservation group by host_id`
  assert.deepEqual(
    placed.map(({ n }) => n),
    Array.from({ length: hostCount }, () => each),
  )
})

test('the same for room in memory: what is promised is never more than there is', async () => {
  const { sql } = world.database.db
  const { id: clusterId } = await sql.one<{ id: string }>`select id from cluster limit 1`
  await call(world.env, updateCluster, { id: clusterId, settings: { maxVmsPerHost: null } })
  const envs = [world.env, other.engine.handle.env()]
  const ids: string[] = []
  // No host has room for two of them.
  const { memory } = await sql.one<{ memory: number }>`select max((facts ->> 'memory')::bigint) as memory from host`
  for (let n = 0; n < 2 * hostCount; n++) {
    const config = { memory: Math.ceil(memory * 0.6), os: { boot: ['cdrom' as const] } }
    ids.push((await call(world.env, addVm, { name: `large-${n}`, clusterId, config })).id)
  }
  await withCd(ids)
  await Promise.allSettled(
    ids.map(async (id, n) => {
      const env = envs[n % 2] ?? world.env
      const { jobId } = await call(env, startVm, { id })
      await waitForJob(env, jobId, { timeoutMs: 600_000 })
    }),
  )
  const over = await sql`select h.name from host h join reservation r on r.host_id = h.id group by h.id
    having sum(r.memory) > (h.facts ->> 'memory')::bigint`
  assert.deepEqual(over, [])
  const { n } = await sql.one<{ n: number }>`
    select count(*)::int as n from vm_run r join vm v on v.id = r.vm_id where v.name like 'large-%'`
  assert.ok(n > 0 && n <= hostCount, `${n} run`)
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
