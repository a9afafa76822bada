import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import { child, idOf, ovirtClient, textOf } from '../../../test/ovirt.ts'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call } from '../../core/call.ts'
import { update as updateCluster } from '../../inventory/cluster/operations.ts'
import { list as listClusters } from '../../inventory/cluster/queries.ts'
import * as host from '../../inventory/host/operations.ts'
import { list as listHosts } from '../../inventory/host/queries.ts'
import { waitForJob } from '../../jobs/index.ts'
import { quotaDifferences } from '../../metering/quota.ts'
import { list as listDomains } from '../../storage/domain/queries.ts'
import * as vm from '../vm/operations.ts'
import { list as listVms } from '../vm/queries.ts'
import type { VmRow } from '../vm/types.ts'
import { drain } from './drain.ts'
import * as migration from './operations.ts'

let world: World
before(async () => {
  world = await startWorld({ hosts: 3 })
})
after(() => world.stop())

const theVm = async (id: string): Promise<VmRow> => {
  const [row] = await ask(world.env, listVms, { ids: [id] })
  assert.ok(row)
  return row
}
const reaches = (id: string, status: string) =>
  until(async () => (await theVm(id)).status === status, { what: `the VM to be ${status}`, timeoutMs: 60_000 })
const ended = ({ jobId }: { jobId: string | null }) => waitForJob(world.env, jobId ?? '', { timeoutMs: 120_000 })
const done = async (answer: { jobId: string | null }) => {
  const row = await ended(answer)
  assert.equal(row.status, 'finished', JSON.stringify(row.error))
}
const hosts = () => ask(world.env, listHosts, {})
const indexOf = async (id: string) =>
  Number(/(\d+)$/.exec((await hosts()).find(h => h.id === id)?.url ?? '')?.[1] ?? assert.fail())
const events = (name: string, vmId: string) =>
  world.database.db.sql<{ message: string; data: Record<string, unknown> }>`
    select message, data from event where name = ${name} and refs @> jsonb_build_array(jsonb_build_object('kind', 'vm', 'id', ${vmId}::text))`
/** Runs of the VM on the pretended hosts. */
const copies = (vmId: string) =>
  [0, 1, 2].flatMap(n => [...world.sim.host(n).runs.values()].filter(r => r.spec.vmId === vmId).map(() => n))

let counter = 0
const made: string[] = []
async function running(o: { affinity?: 'pinned' | 'user_migratable' } = {}): Promise<VmRow> {
  const [cluster] = await ask(world.env, listClusters, {})
  const data = (await ask(world.env, listDomains, {})).find(domain => domain.type === 'data')
  assert.ok(cluster && data)
  const answer = await call(world.env, vm.add, {
    name: `mover-${++counter}`,
    clusterId: cluster.id,
    config: {
      memory: 256 * MiB,
      ...(o.affinity === undefined ? {} : { placement: { affinity: o.affinity } }),
    },
    disks: [
      {
        disk: { capacity: 64 * MiB, format: 'qcow2', storageDomainId: data.id } as never,
        interface: 'virtio',
        bootable: true,
      },
    ],
  })
  await done(answer)
  made.push(answer.id)
  await done(await call(world.env, vm.start, { id: answer.id }))
  await reaches(answer.id, 'up')
  return theVm(answer.id)
}
afterEach(async () => {
  for (let n = 0; n < 3; n++) world.sim.clearFaults(n)
  for (const id of made.splice(0)) {
    if ((await theVm(id)).status !== 'down') await done(await call(world.env, vm.stop, { id, reason: '' }))
    await reaches(id, 'down')
    await done(await call(world.env, vm.remove, { id }))
  }
  assert.deepEqual(world.sim.violations, [])
  assert.deepEqual(await quotaDifferences(world.database.db.sql), [])
})

test('a VM moves to the host that was asked for; it is one VM all the while, and its history says how long it paused', async () => {
  const before = await running()
  const target = (await hosts()).find(h => h.id !== before.hostId)
  assert.ok(target)
  const answer = await call(world.env, migration.migrate, { id: before.id, hostId: target.id })
  assert.equal((await theVm(before.id)).status, 'migrating')
  await assert.rejects(call(world.env, migration.migrate, { id: before.id }), { code: 'vm.migrate.not_allowed' })
  await done(answer)
  await reaches(before.id, 'up')
  const moved = await theVm(before.id)
  assert.equal(moved.hostId, target.id)
  assert.equal(moved.targetHostId, null)
  assert.notEqual(moved.runId, before.runId)
  assert.deepEqual(copies(before.id), [await indexOf(target.id)])
  const [told] = await events('vm.migration.done', before.id)
  assert.match(told?.message ?? '', /it paused for 60 ms/)
  assert.equal(told?.data.downtimeMs, 60)
  assert.equal((await events('vm.migration.started', before.id)).length, 1)
  // Its guest's addresses are those that it had.
  await until(async () => (await theVm(before.id)).guest?.nics.length === before.guest?.nics.length, {
    what: 'the guest to be heard',
  })
  await assert.rejects(call(world.env, migration.migrate, { id: before.id, hostId: target.id }), {
    code: 'vm.migrate.same_host',
  })
})

test('clients of oVirt move it, read how far it is, and find the history with the codes that they know', async () => {
  const client = await ovirtClient(world.one)
  const before = await running()
  const targets = (await client.good('GET', `/hosts?migration_target_of=${before.id}`)).children
  assert.equal(targets.length, 2)
  assert.ok(!targets.some(host => idOf(host) === before.hostId))
  const target = targets[0]
  const body = `<action><host id="${idOf(target)}"/><async>false</async></action>`
  const action = await client.good('POST', `/vms/${before.id}/migrate`, body, [200])
  assert.equal(textOf(action, 'status'), 'complete')
  const shown = () => client.good('GET', `/vms/${before.id}`)
  assert.match(textOf(await shown(), 'status') ?? '', /^(migrating|up)$/)
  await until(async () => textOf(await shown(), 'status') === 'up', { what: 'the VM to be up', timeoutMs: 60_000 })
  assert.equal(idOf(child(await shown(), 'host')), idOf(target))
  const statistics = (await client.good('GET', `/vms/${before.id}/statistics`)).children
  assert.ok(statistics.some(each => textOf(each, 'name') === 'migration.progress'))
  const codes = async () =>
    (await client.good('GET', `/events?search=${encodeURIComponent(`vm.name = ${before.name}`)}`)).children.map(event =>
      textOf(event, 'code'),
    )
  await until(async () => (await codes()).includes('63'), { what: 'the end in the history' })
  assert.ok((await codes()).includes('62'))
  const still = (await client.good('GET', `/vms?search=${encodeURIComponent('migration_progress_percent = 0')}`))
    .children
  assert.ok(still.some(each => idOf(each) === before.id))
  const refused = await client.ask('POST', `/vms/${before.id}/migrate`, body)
  assert.equal(refused.status, 409)
  assert.match(refused.text, /already running on Host/)
  const none = await client.ask('POST', `/vms/${before.id}/cancelmigration`, '<action/>')
  assert.equal(none.status, 409)
})

test('without a host one is chosen, and a VM that stays where it is is not moved', async () => {
  const one = await running()
  await done(await call(world.env, migration.migrate, { id: one.id }))
  assert.notEqual((await theVm(one.id)).hostId, one.hostId)
  const pinned = await running({ affinity: 'pinned' })
  await assert.rejects(call(world.env, migration.migrate, { id: pinned.id }), { code: 'vm.migrate.pinned' })
  await done(await call(world.env, migration.migrate, { id: pinned.id, force: true }))
  const byHand = await running({ affinity: 'user_migratable' })
  await done(await call(world.env, migration.migrate, { id: byHand.id }))
  const stopped = await running()
  await done(await call(world.env, vm.stop, { id: stopped.id, reason: '' }))
  await assert.rejects(call(world.env, migration.migrate, { id: stopped.id }), { code: 'vm.not_running' })
  await assert.rejects(call(world.env, migration.cancelMigration, { id: one.id }), { code: 'vm.migrate.none' })
})

test('a host that does not take it is left out, and the next one does', async () => {
  const one = await running()
  const others = (await hosts()).filter(h => h.id !== one.hostId)
  const first = others.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  for (const { id } of first.slice(0, 1))
    world.sim.fault(await indexOf(id), { kind: 'fail-task', match: { taskKind: 'vm.migrate.prepare' }, times: 1 })
  await done(await call(world.env, migration.migrate, { id: one.id }))
  await reaches(one.id, 'up')
  assert.equal(copies(one.id).length, 1)
})

test('a migration that fails on the way leaves the guest where it was', async () => {
  const one = await running()
  const source = await indexOf(one.hostId ?? '')
  world.sim.fault(source, {
    kind: 'fail-task',
    match: { taskKind: 'vm.migrate' },
    error: { kind: 'conflict', code: 'vm.migrate.stalled', message: 'The guest writes faster than it can be sent.' },
  })
  const row = await ended(await call(world.env, migration.migrate, { id: one.id }))
  assert.equal(row.status, 'failed')
  assert.equal(row.error?.code, 'vm.migrate.stalled')
  const stayed = await theVm(one.id)
  assert.deepEqual([stayed.status, stayed.hostId, stayed.runId], ['up', one.hostId, one.runId])
  assert.deepEqual(copies(one.id), [source])
  assert.match((await events('vm.migration.failed', one.id))[0]?.message ?? '', /writes faster/)
})

test('a migration is cancelled, and the guest goes on where it is', async () => {
  const one = await running()
  const source = await indexOf(one.hostId ?? '')
  world.sim.fault(source, { kind: 'slow', ms: 1500, match: { taskKind: 'vm.migrate' }, times: 1 })
  const answer = await call(world.env, migration.migrate, { id: one.id })
  await until(async () => (await theVm(one.id)).targetHostId !== null, { what: 'a target' })
  await call(world.env, migration.cancelMigration, { id: one.id })
  const row = await ended(answer)
  await until(async () => (await theVm(one.id)).status === 'up', { what: 'the VM to be up', timeoutMs: 60_000 })
  // It may have been too late: then it has gone over, which is told, and it is still one.
  if (row.status === 'cancelled' && (await theVm(one.id)).hostId === one.hostId)
    assert.equal((await theVm(one.id)).runId, one.runId)
  else assert.equal((await events('vm.migration.done', one.id)).length, 1)
  assert.equal(copies(one.id).length, 1)
})

test('power off takes over from a migration', async () => {
  const one = await running()
  world.sim.fault(await indexOf(one.hostId ?? ''), {
    kind: 'slow',
    ms: 1500,
    match: { taskKind: 'vm.migrate' },
    times: 1,
  })
  await call(world.env, migration.migrate, { id: one.id })
  await until(async () => (await theVm(one.id)).targetHostId !== null, { what: 'a target' })
  await done(await call(world.env, vm.stop, { id: one.id, reason: '' }))
  await reaches(one.id, 'down')
  await until(() => copies(one.id).length === 0, { what: 'no copy on any host' })
})

test('a guest that dies on its way is down, and nothing of it is left', async () => {
  const one = await running()
  const source = await indexOf(one.hostId ?? '')
  const answer = await call(world.env, migration.migrate, { id: one.id })
  await until(() => copies(one.id).length === 2, { what: 'the guest to be on its way' }).catch(() => undefined)
  world.sim.fault(source, { kind: 'guest-crash', match: { vmId: one.id } })
  await ended(answer)
  const settled = async () => ['down', 'up'].includes((await theVm(one.id)).status)
  await until(settled, { what: 'the VM to be settled', timeoutMs: 60_000 })
  assert.equal(copies(one.id).length, (await theVm(one.id)).status === 'down' ? 0 : 1)
})

test('agents that die in mid-migration find it again, and it ends with one guest', async () => {
  const one = await running()
  const answer = await call(world.env, migration.migrate, { id: one.id })
  await until(async () => (await theVm(one.id)).targetHostId !== null, { what: 'a target' })
  const target = (await theVm(one.id)).targetHostId
  world.sim.fault(await indexOf(one.hostId ?? ''), { kind: 'crash-agent', downMs: 300 })
  if (target !== null) world.sim.fault(await indexOf(target), { kind: 'crash-agent', downMs: 300 })
  await done(answer)
  await until(async () => (await hosts()).every(h => h.status === 'up'), { what: 'hosts to be up', timeoutMs: 60_000 })
  await reaches(one.id, 'up')
  assert.equal(copies(one.id).length, 1)
})

test('a host is emptied for maintenance, takes nothing, and comes back', async () => {
  const vms = [await running(), await running(), await running(), await running()]
  const here = vms[0]?.hostId ?? ''
  // All on one host, whatever was chosen.
  for (const { id, hostId } of vms)
    if (hostId !== here) await done(await call(world.env, migration.migrate, { id, hostId: here }))
  const plan = await ask(world.env, drain, { id: here })
  assert.equal(plan.length, 4)
  assert.ok(plan.every(row => row.target !== null && row.target.id !== here))
  await done(await call(world.env, host.deactivate, { id: here, reason: 'new fans' }))
  assert.equal((await hosts()).find(h => h.id === here)?.status, 'maintenance')
  assert.equal((await hosts()).find(h => h.id === here)?.vmsTotal, 0)
  for (const { id } of vms) {
    await reaches(id, 'up')
    assert.notEqual((await theVm(id)).hostId, here)
    assert.equal(copies(id).length, 1)
    await assert.rejects(call(world.env, migration.migrate, { id, hostId: here }), { code: 'vm.migrate.no_host' })
  }
  assert.equal((await events('vm.migration.started.system', vms[0]?.id ?? '')).length >= 1, true)
  await done(await call(world.env, host.activate, { id: here }))
  assert.equal((await hosts()).find(h => h.id === here)?.status, 'up')
  await done(await call(world.env, migration.migrate, { id: vms[0]?.id ?? '', hostId: here }))
})

test('maintenance is refused with names while a VM has nowhere to go', async () => {
  const one = await running({ affinity: 'pinned' })
  const here = one.hostId ?? ''
  await assert.rejects(
    call(world.env, host.deactivate, { id: here, reason: '' }),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'host.cannot_empty')
      assert.match(error.message, new RegExp(`${one.name}: VM is pinned to Host`))
      return true
    },
  )
  const [row] = await ask(world.env, drain, { id: here })
  assert.deepEqual([row?.name, row?.target, row?.code], [one.name, null, 'vm.migrate.pinned'])
})

test('a maintenance that cannot end is ended by activation; what has moved stays where it went', async () => {
  const one = await running()
  const here = one.hostId ?? ''
  world.sim.fault(await indexOf(here), { kind: 'fail-task', match: { taskKind: 'vm.migrate' } })
  const answer = await call(world.env, host.deactivate, { id: here, reason: '' })
  await until(async () => (await hosts()).find(h => h.id === here)?.status === 'preparing_for_maintenance', {
    what: 'the host to be emptied',
  })
  await until(
    async () =>
      (
        await world.database.db
          .sql`select 1 from event where name = 'host.maintenance.failed' and message like ${`%${one.name}%`}`
      ).length > 0,
    { what: 'the VM that does not get away to be named', timeoutMs: 60_000 },
  )
  await done(await call(world.env, host.activate, { id: here }))
  assert.equal((await ended(answer)).status, 'cancelled')
  assert.equal((await hosts()).find(h => h.id === here)?.status, 'up')
  assert.equal((await theVm(one.id)).status, 'up')
})

test('a host sends as many at a time as the policy allows, and the rest wait their turn', async () => {
  const [cluster] = await ask(world.env, listClusters, {})
  assert.ok(cluster)
  // "Suspend workload if needed": one at a time.
  const policy = (policyId: string) =>
    call(world.env, updateCluster, { id: cluster.id, settings: { migration: { policyId } } })
  await policy('80554327-0569-496b-bdeb-fcbbf52b827c')
  try {
    const vms = [await running(), await running(), await running()]
    const here = vms[0]?.hostId ?? ''
    for (const { id, hostId } of vms)
      if (hostId !== here) await done(await call(world.env, migration.migrate, { id, hostId: here }))
    const answers = await Promise.all(vms.map(({ id }) => call(world.env, migration.migrate, { id })))
    let most = 0
    const all = Promise.all(answers.map(done))
    let over = false
    void all.finally(() => {
      over = true
    })
    await until(
      async () => {
        const { n } = await world.database.db.sql.one<{ n: number }>`
          select count(*)::int as n from vm_run m join vm_run r on r.vm_id = m.vm_id and not r.incoming where m.incoming and r.host_id = ${here}::uuid`
        most = Math.max(most, n)
        return over
      },
      { what: 'all to have moved', timeoutMs: 120_000 },
    )
    await all
    assert.equal(most, 1)
  } finally {
    await policy('80554327-0569-496b-bdeb-fcbbf52b827b')
  }
})
