import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call, inTransaction } from '../../core/call.ts'
import { list as listClusters } from '../../inventory/cluster/queries.ts'
import * as cluster from '../../inventory/cluster/operations.ts'
import * as fence from '../../inventory/fence/operations.ts'
import * as hosts from '../../inventory/host/operations.ts'
import { list as listHosts } from '../../inventory/host/queries.ts'
import { waitForJob } from '../../jobs/index.ts'
import { list as listDomains } from '../../storage/domain/queries.ts'
import * as vm from './operations.ts'
import { restartReconciler, waitSeconds } from './restart.ts'
import { settleVm } from './settle.ts'

let world: World
before(async () => {
  world = await startWorld({ hosts: 3 })
})
after(() => world.stop())

/** As many as issue 4 asks for. */
const count = 40

test('a host with 40 highly available VMs dies: all of them run again, the important ones first', async t => {
  const { sql } = world.one.engine.handle.db
  const [clusterRow] = await ask(world.env, listClusters, {})
  const data = (await ask(world.env, listDomains, {})).find(domain => domain.type === 'data')
  const victim = (await ask(world.env, listHosts, {})).find(host => host.spmStatus === 'spm')
  assert.ok(clusterRow && data && victim)
  await call(world.env, cluster.update, { id: clusterRow.id, settings: { fencing: { delaySeconds: 0 } } })
  const index = Number(/(\d+)$/.exec(victim.url)?.[1])
  await call(world.env, fence.addAgent, { hostId: victim.id, type: 'ipmilan', address: `bmc-${index}` })
  await call(world.env, hosts.update, { id: victim.id, powerManagement: { enabled: true } })
  const done = async (jobId: string | null) => {
    const row = await waitForJob(world.env, jobId ?? '', { timeoutMs: 120_000 })
    assert.equal(row.status, 'finished', JSON.stringify(row.error))
  }
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const made = await call(world.env, vm.add, {
        name: `ha-${n}`,
        clusterId: clusterRow.id,
        config: { memory: 64 * MiB, highAvailability: { enabled: true, priority: n < 10 ? 100 : 1 } },
        disks: [
          { disk: { capacity: MiB, format: 'qcow2', storageDomainId: data.id } as never, bootable: true, active: true },
        ],
      })
      await done(made.jobId)
      await done((await call(world.env, vm.start, { id: made.id, runOnce: { hostIds: [victim.id] } })).jobId)
    }),
  )
  const running = async (since: Date) =>
    (
      await sql.one<{ n: number }>`
      select count(*)::int as n from vm_run where status = 'up' and ended is null and created_at > ${since}`
    ).n
  await until(async () => (await running(new Date(0))) === count, { what: 'all VMs to be up', timeoutMs: 120_000 })

  world.sim.fault(index, { kind: 'power-off' })
  await until(
    async () => (await sql`select 1 from host where id = ${victim.id}::uuid and status = 'connecting'`).length,
    {
      what: 'the host to be missed',
      timeoutMs: 60_000,
    },
  )
  // The half minute until it counts as lost is made to be over.
  await sql`update host set seen_at = now() - interval '1 minute' where id = ${victim.id}::uuid`
  const [began, lost] = [performance.now(), new Date()]
  await until(async () => (await running(lost)) === count, { what: 'all VMs to run again', timeoutMs: 180_000 })
  t.diagnostic(`${count} VMs up again ${((performance.now() - began) / 1000).toFixed(1)} s after the host was lost`)
  assert.deepEqual(world.sim.violations, [])
  const { late, early } = await sql.one<{ late: Date; early: Date }>`
    select max(r.created_at) filter (where v.config #>> '{highAvailability,priority}' = '100') as late,
           min(r.created_at) filter (where v.config #>> '{highAvailability,priority}' = '1') as early
      from vm_run r join vm v on v.id = r.vm_id where v.name like 'ha-%'`
  assert.ok(late <= early, 'those of more priority have their places first')
})

test('the more important one has its turn although its end is settled later', async () => {
  const { sql } = world.one.engine.handle.db
  const [clusterRow] = await ask(world.env, listClusters, {})
  const victim = (await ask(world.env, listHosts, {})).find(host => host.status === 'up' && host.spmStatus !== 'spm')
  const data = (await ask(world.env, listDomains, {})).find(domain => domain.type === 'data')
  assert.ok(clusterRow && data && victim)
  const made = async (name: string, priority: number) => {
    const { id, jobId } = await call(world.env, vm.add, {
      name,
      clusterId: clusterRow.id,
      config: { memory: 64 * MiB, highAvailability: { enabled: true, priority } },
      disks: [
        { disk: { capacity: MiB, format: 'qcow2', storageDomainId: data.id } as never, bootable: true, active: true },
      ],
    })
    if (jobId !== null) await waitForJob(world.env, jobId, { timeoutMs: 60_000 })
    await waitForJob(world.env, (await call(world.env, vm.start, { id, runOnce: { hostIds: [victim.id] } })).jobId, {
      timeoutMs: 60_000,
    })
    return id
  }
  const [high, low] = [await made('high', 50), await made('low', 1)]
  // Somebody holds the important one for a moment, so that its end waits.
  const holder = randomUUID()
  await sql`insert into job (id, kind, version, input, status, root_id, description) values (${holder}, 'x', 1, '{}', 'running', ${holder}, 'x')`
  await sql`insert into job_lock (kind, entity_id, mode, job_id) values ('vm', ${high}, 'exclusive', ${holder})`
  await sql`update vm_run set ended = '{"end": "fenced", "detail": null}' where vm_id in (${high}::uuid, ${low}::uuid)`
  await inTransaction(world.env, async tx => {
    for (const vmId of [low, high]) await tx.start(settleVm, { vmId })
  })
  await until(async () => (await sql`select 1 from vm_restart where vm_id = ${low}::uuid`).length > 0, {
    what: 'the less important one to wait for its start',
  })
  for (let looks = 0; looks < 3; looks++) await inTransaction(world.env, tx => restartReconciler.run(tx))
  assert.equal((await sql`select 1 from vm_run where vm_id = ${low}::uuid`).length, 0, 'it came first')
  await sql`delete from job_lock where job_id = ${holder}::uuid`
  await sql`update job set status = 'finished', ended_at = now() where id = ${holder}::uuid`
  await sql`select pg_notify('job', '')`
  const placed = (id: string) => sql.maybe<{ at: Date }>`select created_at as at from vm_run where vm_id = ${id}::uuid`
  await until(async () => (await placed(low)) !== undefined && (await placed(high)) !== undefined, {
    what: 'both to run again',
    timeoutMs: 120_000,
  })
  assert.ok(((await placed(high))?.at ?? 0) < ((await placed(low))?.at ?? 0), 'the important one has its place first')
})

test('one that no host can start any more is given up after ten attempts, and says so', async () => {
  const { sql } = world.one.engine.handle.db
  const { id } = await sql.one<{ id: string }>`select id from vm where name = 'low'`
  const { url } = await sql.one<{ url: string }>`
    select h.url from vm_run r join host h on h.id = r.host_id where r.vm_id = ${id}::uuid`
  for (const index of [0, 1, 2]) world.sim.fault(index, { kind: 'fail-task', match: { taskKind: 'vm.create' } })
  world.sim.fault(Number(/(\d+)$/.exec(url)?.[1]), { kind: 'guest-crash', match: { vmId: id } })
  const told = async (name: string) =>
    (await sql`select 1 from event where name = ${name} and refs @> ${`[{"id": "${id}"}]`}::jsonb`).length
  await until(
    async () => {
      // The waits between the attempts are made to be over.
      await sql`update vm_restart set next_at = now() where vm_id = ${id}::uuid and next_at > now()`
      await inTransaction(world.env, tx => restartReconciler.run(tx)).catch(() => undefined) // its own turn came between
      return (await told('vm.ha.gave_up')) > 0
    },
    { what: 'it to be given up', timeoutMs: 180_000 },
  )
  assert.equal(
    await told('vm.ha.restarting'),
    10,
    'one after its host had died, nine in vain: it was not well in between',
  )
  assert.equal((await sql`select 1 from vm_restart where vm_id = ${id}::uuid`).length, 0)
  for (const index of [0, 1, 2]) world.sim.clearFaults(index)
})

test('attempts to start a VM again are ever further apart', () => {
  assert.deepEqual([0, 1, 2, 3, 9].map(waitSeconds), [0, 5, 10, 20, 300])
})
