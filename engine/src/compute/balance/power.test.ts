import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call, readCtx } from '../../core/call.ts'
import { update as updateCluster } from '../../inventory/cluster/operations.ts'
import * as fence from '../../inventory/fence/operations.ts'
import * as hosts from '../../inventory/host/operations.ts'
import { list as listHosts } from '../../inventory/host/queries.ts'
import { plan } from './power-query.ts'
import { powerReconciler } from './power.ts'

let world: World
let clusterId: string
before(async () => {
  world = await startWorld({ hosts: 3 })
  clusterId = (await world.database.db.sql.one<{ id: string }>`select id from cluster limit 1`).id
})
after(() => world?.stop())

const indexOf = (url: string): number => Number(/(\d+)$/.exec(url)?.[1])
const look = () => powerReconciler.run(readCtx(world.env))
const saving = (properties: Record<string, string>) =>
  call(world.env, updateCluster, {
    id: clusterId,
    schedulingPolicyId: '5a2b0939-7d46-4b73-a469-e9c2c7fc6a53',
    settings: { schedulingProperties: properties },
  })
const statuses = async () =>
  (await ask(world.env, listHosts, {})).map(host => ({
    id: host.id,
    status: host.status,
    dark: world.sim.host(indexOf(host.url)).off,
  }))
const events = async () =>
  (
    await world.database.db.sql<{ name: string }>`
      select name from event where name like 'host.power_saving%' or name like '%not_responding' order by id`
  ).map(event => event.name)
const patient = { timeoutMs: 240_000, everyMs: 200 }

test('hosts without VMs are switched off beyond the reserve, and on when more of them are wanted', async () => {
  for (const host of await ask(world.env, listHosts, {})) {
    await call(world.env, fence.addAgent, { hostId: host.id, type: 'ipmilan', address: `bmc-${indexOf(host.url)}` })
    await call(world.env, hosts.update, { id: host.id, powerManagement: { enabled: true, automatic: true } })
  }
  await saving({ EnableAutomaticHostPowerManagement: 'true', HostsInReserve: '2' })
  assert.equal((await ask(world.env, plan, { id: clusterId })).power.sleep.length, 1)
  await until(
    async () => {
      await look()
      return (await world.database.db.sql`select 1 from host where saving ->> 'state' = 'asleep'`).length === 1
    },
    { what: 'one host to sleep', ...patient },
  )
  await look()
  const night = await statuses()
  assert.deepEqual(night.map(host => [host.status, host.dark]).sort(), [
    ['down', true],
    ['up', false],
    ['up', false],
  ])
  assert.deepEqual(await events(), ['host.power_saving.sleeps'], 'nobody misses it, and no other one follows')

  await saving({ EnableAutomaticHostPowerManagement: 'true', HostsInReserve: '3' })
  await until(
    async () => {
      await look()
      return (await statuses()).every(host => host.status === 'up' && !host.dark)
    },
    { what: 'it to be up again', ...patient },
  )
  assert.deepEqual(await events(), ['host.power_saving.sleeps', 'host.power_saving.wakes'])
  await saving({ EnableAutomaticHostPowerManagement: 'true', HostsInReserve: '0' })
  const { power } = await ask(world.env, plan, { id: clusterId })
  assert.equal(power.sleep.length, 2, 'all but the one that serves the storage')
})

test('a host that people moved to maintenance keeps its power', async () => {
  await saving({ EnableAutomaticHostPowerManagement: 'false' })
  const other = (await ask(world.env, listHosts, {})).find(host => host.status === 'up' && host.spmStatus !== 'spm')
  assert.ok(other)
  await call(world.env, hosts.deactivate, { id: other.id })
  await until(async () => (await statuses()).find(host => host.id === other.id)?.status === 'maintenance', {
    what: 'maintenance',
    ...patient,
  })
  await saving({ EnableAutomaticHostPowerManagement: 'true', HostsInReserve: '1' })
  for (let looks = 0; looks < 3; looks++) await look()
  assert.equal((await statuses()).find(host => host.id === other.id)?.dark, false)
})
