import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { RookeryError } from '@rookery/model'
import { lockPlacement } from '../src/compute/scheduling/candidates.ts'
import { start as startVm } from '../src/compute/vm/operations.ts'
import { call } from '../src/core/call.ts'
import { json } from '../src/db/index.ts'
import { startWorld, type World } from './small-world.ts'
import { until } from './until.ts'

/** So many VMs are started in one moment; the scale suite plays it larger. */
const crowd = Number(process.env['ROOKERY_BURST'] ?? 200)

let world: World
before(async () => {
  world = await startWorld({ hosts: 4 })
})
after(() => world?.stop())

/** VMs that need nothing but memory and a CD. */
async function vmsToStart(prefix: string, count: number): Promise<{ ids: string[]; clusterId: string }> {
  const { sql } = world.database.db
  const { id: clusterId, projectId } = await sql.one<{ id: string; projectId: string }>`
    select c.id, d.default_project_id as project_id from cluster c join data_center d on d.id = c.data_center_id limit 1`
  const cdrom = await sql.one<{ storageDomainId: string; file: string }>`
    select storage_domain_id, name as file from iso_file limit 1`
  const config = { memory: 64 * 1024 ** 2, os: { boot: ['cdrom'] }, cdrom }
  const ids = Array.from({ length: count }, () => randomUUID())
  await sql`insert into vm (id, project_id, cluster_id, template_id, name, config)
    select id, ${projectId}::uuid, ${clusterId}::uuid, '00000000-0000-0000-0000-000000000000', ${prefix} || id, ${json(config)}::jsonb
      from unnest(${ids}::uuid[]) as id`
  return { ids, clusterId }
}
const up = async (ids: readonly string[]) =>
  (
    await world.database.db.sql.one<{ n: number }>`
      select count(*)::int as n from vm_run where status = 'up' and vm_id = any (${[...ids]}::uuid[])`
  ).n

test('while nobody can be placed, since another engine decides about the cluster, all else goes on', async () => {
  const { ids, clusterId } = await vmsToStart('held-', 40)
  const token = await world.one.login()
  await world.database.db.transaction(async tx => {
    await lockPlacement(tx.sql, clusterId)
    // More jobs than the engine has connections.
    await Promise.all(ids.map(id => call(world.env, startVm, { id })))
    await until(
      async () =>
        (
          await tx.sql.one<{
            n: number
          }>`select count(*)::int as n from job where kind = 'vm.start' and status = 'running'`
        ).n === ids.length,
      { what: 'all starts to be taken up' },
    )
    for (const id of ids) {
      const { status } = await world.one.http('GET', `/ovirt-engine/api/vms/${id}`, { token })
      assert.equal(status, 200)
    }
    assert.equal(await up(ids), 0)
  })
  await until(async () => (await up(ids)) === ids.length, { what: 'all VMs to be up', timeoutMs: 120_000 })
})

test('many starts in one moment all succeed, and the engine answers others meanwhile', async t => {
  const { sql } = world.database.db
  const { ids } = await vmsToStart('burst-', crowd)
  const began = performance.now()
  const open = { yes: true }
  const looks: number[] = []
  const token = await world.one.login()
  const looking = async () => {
    while (open.yes) {
      const asked = performance.now()
      const { status } = await world.one.http('GET', `/ovirt-engine/api/vms/${ids[looks.length % ids.length]}`, {
        token,
      })
      assert.equal(status, 200)
      looks.push(performance.now() - asked)
    }
  }
  const beside = looking()
  const turnedAway = { n: 0 }
  // On a machine that is busy with other things the last ones may be told to come again, and nothing else.
  const insist = async (id: string): Promise<void> => {
    try {
      await call(world.env, startVm, { id })
    } catch (error) {
      if (!(error instanceof RookeryError && error.code === 'engine.busy')) throw error
      turnedAway.n++
      await insist(id)
    }
  }
  await Promise.all(ids.map(insist))
  await until(async () => (await up(ids)) === ids.length, { what: 'all VMs to be up', timeoutMs: 600_000 })
  open.yes = false
  await beside
  await until(
    async () => (await sql`select 1 from job where kind = 'vm.start' and ended_at is null limit 1`).length === 0,
    { what: 'all starts to be recorded', timeoutMs: 120_000 },
  )
  const failed = await sql<{ error: unknown }>`select error from job where kind = 'vm.start' and status <> 'finished'`
  assert.deepEqual(failed, [])
  assert.deepEqual(world.sim.violations, [])
  t.diagnostic(
    `${crowd} starts in one moment: up ${((performance.now() - began) / 1000).toFixed(1)} s later; ${turnedAway.n} were asked to come again; the longest of ${looks.length} looks at a VM meanwhile ${Math.max(...looks).toFixed(0)} ms`,
  )
})
