import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call, readCtx } from '../../core/call.ts'
import { json } from '../../db/index.ts'
import { update as updateCluster } from '../../inventory/cluster/operations.ts'
import { waitForJob } from '../../jobs/index.ts'
import * as group from '../affinity/group-operations.ts'
import { groups } from '../affinity/queries.ts'
import * as vm from '../vm/operations.ts'
import { plan } from './power-query.ts'
import { balanceReconciler } from './reconcile.ts'

let world: World
let clusterId: string
before(async () => {
  world = await startWorld({ hosts: 2, hooks: { byHand: ['balance'] } })
  clusterId = (await world.database.db.sql.one<{ id: string }>`select id from cluster limit 1`).id
})
after(() => world?.stop())

const hosts = () => world.database.db.sql<{ id: string }>`select id from host order by name`

/** A VM that runs on this host. */
async function running(name: string, hostId: string): Promise<string> {
  const { sql } = world.database.db
  const { id } = await call(world.env, vm.add, {
    name,
    clusterId,
    config: { memory: 64 * MiB, os: { boot: ['cdrom'] } },
  })
  const file = await sql.one<{
    storageDomainId: string
    name: string
  }>`select storage_domain_id, name from iso_file limit 1`
  const cdrom = { storageDomainId: file.storageDomainId, file: file.name }
  await sql`update vm set config = jsonb_set(config, '{cdrom}', ${json(cdrom)}) where id = ${id}::uuid`
  const { jobId } = await call(world.env, vm.start, { id, runOnce: { hostIds: [hostId] } })
  assert.equal((await waitForJob(world.env, jobId, { timeoutMs: 60_000 })).status, 'finished')
  await until(async () => (await statusOf(id)) === 'up', { what: `${name} to be up` })
  return id
}
const statusOf = async (id: string) =>
  (await world.database.db.sql.one<{ status: string }>`select status from vm_view where id = ${id}::uuid`).status
const hostOf = async (id: string) =>
  (await world.database.db.sql.one<{ hostId: string }>`select host_id from vm_view where id = ${id}::uuid`).hostId
/** Runs it as it runs by itself elsewhere, and waits until what it started is over. */
async function balanced(): Promise<number> {
  const { sql } = world.database.db
  const jobs = () => sql<{ id: string }>`select id from job where kind = 'vm.migrate'`
  const before = (await jobs()).length
  await balanceReconciler.run(readCtx(world.env))
  const after = await jobs()
  for (const { id } of after) await waitForJob(world.env, id, { timeoutMs: 120_000 })
  await until(async () => (await sql`select 1 from vm_run where incoming`).length === 0, {
    what: 'migrations to settle',
  })
  return after.length - before
}

test('VMs that an enforcing group keeps apart are moved apart, one at a time, and then left alone', async () => {
  const [first] = await hosts()
  assert.ok(first)
  const ids = [await running('apart-a', first.id), await running('apart-b', first.id)]
  assert.equal(await balanced(), 0, 'nobody asked for anything yet')
  const made = await call(world.env, group.add, {
    clusterId,
    name: 'apart',
    vmsRule: { enabled: true, positive: false },
    vmIds: ids,
  })
  assert.equal((await ask(world.env, groups, { ids: [made.id] }))[0]?.broken, true)
  assert.equal(await balanced(), 1)
  assert.notEqual(await hostOf(ids[0] as string), await hostOf(ids[1] as string))
  assert.equal((await ask(world.env, groups, { ids: [made.id] }))[0]?.broken, false)
  assert.equal(await balanced(), 0)
  await call(world.env, group.remove, { id: made.id })
})

test('a policy that counts VMs moves them off the crowded host one by one, and says before what it would do', async () => {
  const [first, second] = await hosts()
  assert.ok(first && second)
  for (let n = 0; n < 5; n++) await running(`crowd-${n}`, first.id)
  await call(world.env, updateCluster, {
    id: clusterId,
    schedulingPolicyId: '8d5d7bec-68de-4a67-b53e-0ac54686d579',
    settings: { schedulingProperties: { HighVmCount: '3', MigrationThreshold: '2', SpmVmGrace: '0' } },
  })
  const before = await ask(world.env, plan, { id: clusterId })
  assert.deepEqual(before.move, { fromHostId: first.id, toHostIds: [second.id], why: 'count' })
  assert.equal(before.policy, 'vm_evenly_distributed')
  const counted = async () =>
    (
      await world.database.db.sql.one<{
        n: number
      }>`select count(*)::int as n from vm_run where host_id = ${first.id}::uuid`
    ).n
  const many = await counted()
  for (const left of [many - 1, many - 2]) {
    assert.equal(await balanced(), 1)
    assert.equal(await counted(), left)
  }
  assert.equal(await balanced(), 0, 'neither has many more than the other')
})
