import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call } from '../../core/call.ts'
import { list as listClusters } from '../../inventory/cluster/queries.ts'
import * as cluster from '../../inventory/cluster/operations.ts'
import * as fence from '../../inventory/fence/operations.ts'
import * as hosts from '../../inventory/host/operations.ts'
import { list as listHosts } from '../../inventory/host/queries.ts'
import { waitForJob } from '../../jobs/index.ts'
import { list as listDomains } from '../../storage/domain/queries.ts'
import * as vm from './operations.ts'
import { waitSeconds } from './restart.ts'

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

test('attempts to start a VM again are ever further apart', () => {
  assert.deepEqual([0, 1, 2, 3, 9].map(waitSeconds), [0, 5, 10, 20, 300])
})
