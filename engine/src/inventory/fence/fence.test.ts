import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiB } from '@rookery/model'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call } from '../../core/call.ts'
import * as vm from '../../compute/vm/operations.ts'
import { list as listVms } from '../../compute/vm/queries.ts'
import { list as listEvents } from '../../events/queries.ts'
import { waitForJob } from '../../jobs/index.ts'
import { list as listDomains } from '../../storage/domain/queries.ts'
import { list as listClusters } from '../cluster/queries.ts'
import * as cluster from '../cluster/operations.ts'
import * as hosts from '../host/operations.ts'
import { list as listHosts } from '../host/queries.ts'
import type { HostRow } from '../host/types.ts'
import * as fence from './operations.ts'
import { list as listAgents } from './queries.ts'

let world: World
let clusterId = ''
before(async () => {
  world = await startWorld({ hosts: 3 })
  clusterId = (await ask(world.env, listClusters, {}))[0]?.id ?? ''
  await call(world.env, cluster.update, { id: clusterId, settings: { fencing: { delaySeconds: 0 } } })
})
after(() => world.stop())

const all = () => ask(world.env, listHosts, {})
const theHost = async (id: string): Promise<HostRow> => {
  const [row] = await ask(world.env, listHosts, { ids: [id] })
  assert.ok(row)
  return row
}
const indexOf = (host: HostRow): number => Number(/(\d+)$/.exec(host.url)?.[1])
const patient = { timeoutMs: 120_000 }
const hostIs = (id: string, status: string) =>
  until(async () => (await theHost(id)).status === status, { what: `the host to be ${status}`, ...patient })
const theVm = async (id: string) => {
  const [row] = await ask(world.env, listVms, { ids: [id] })
  assert.ok(row)
  return row
}
const done = async ({ jobId }: { jobId: string | null }) => {
  const row = await waitForJob(world.env, jobId ?? '', { timeoutMs: 120_000 })
  assert.equal(row.status, 'finished', JSON.stringify(row.error))
  return row.result
}
const failure = async ({ jobId }: { jobId: string | null }) => {
  const row = await waitForJob(world.env, jobId ?? '', { timeoutMs: 120_000 })
  assert.equal(row.status, 'failed')
  return row.error
}
const codes = async (hostOrVm: string): Promise<number[]> =>
  (await ask(world.env, listEvents, { max: 500 }))
    .filter(event => event.refs.some(ref => ref.id === hostOrVm))
    .map(event => event.code)

/** Events have their place in history a moment after what they tell of. */
const tells = (about: string, code: number) =>
  until(async () => (await codes(about)).includes(code), { what: `event ${code}`, ...patient })

/** Waits until a host is lost; the half minute that this takes is made to be over. */
async function lost(id: string): Promise<void> {
  await hostIs(id, 'connecting')
  await world.one.engine.handle.db.sql`update host set seen_at = now() - interval '1 minute',
    fenced_at = fenced_at - interval '1 hour' where id = ${id}::uuid and status = 'connecting'`
  await hostIs(id, 'non_responsive')
}

/** Says how the power of a host is switched. */
async function powered(host: HostRow, more: object = {}): Promise<string> {
  const { id } = await call(world.env, fence.addAgent, {
    hostId: host.id,
    type: 'ipmilan',
    address: `bmc-${indexOf(host)}`,
    username: 'admin',
    password: 'hunter2-hunter2',
    ...more,
  })
  await call(world.env, hosts.update, { id: host.id, powerManagement: { enabled: true } })
  return id
}

/** A VM that runs on a host, with a disk of its own. */
async function aVm(name: string, hostId: string, ha: { enabled: boolean; priority?: number }): Promise<string> {
  const data = (await ask(world.env, listDomains, {})).find(domain => domain.type === 'data')
  assert.ok(data)
  const made = await call(world.env, vm.add, {
    name,
    clusterId,
    config: { memory: 64 * MiB, highAvailability: ha },
    disks: [
      { disk: { capacity: MiB, format: 'qcow2', storageDomainId: data.id } as never, bootable: true, active: true },
    ],
  })
  await done(made)
  await done(await call(world.env, vm.start, { id: made.id, runOnce: { hostIds: [hostId] } }))
  await until(async () => (await theVm(made.id)).status === 'up', { what: 'the guest to be up', ...patient })
  return made.id
}
const runs = (id: string, what = 'the VM to run again') =>
  until(async () => (await theVm(id)).status === 'up', { what, ...patient })

test('a host that does not answer stays as it is without power management, and says so; a person confirms (R66)', async () => {
  const host = (await all()).find(h => h.spmStatus === 'spm')
  assert.ok(host)
  const important = await aVm('confirmed', host.id, { enabled: true, priority: 50 })
  const plain = await aVm('plain', host.id, { enabled: false })
  await assert.rejects(call(world.env, fence.fence, { id: host.id, how: 'confirm' }), {
    code: 'host.confirmRebooted.not_allowed',
  })
  await assert.rejects(call(world.env, fence.fence, { id: host.id, how: 'restart' }), {
    code: 'host.no_power_management',
  })
  world.sim.fault(indexOf(host), { kind: 'power-off' })
  await hostIs(host.id, 'connecting')
  await assert.rejects(call(world.env, fence.fence, { id: host.id, how: 'confirm' }), { code: 'host.still_heard' })
  await lost(host.id)
  await until(async () => (await theHost(host.id)).fencing?.reason === 'not_configured', {
    what: 'the reason why it is not fenced',
    ...patient,
  })
  assert.match((await theHost(host.id)).statusReason ?? '', /no power management.*not started elsewhere/)
  await tells(host.id, 9000)
  assert.equal((await theVm(important)).status, 'unknown')
  assert.equal((await theHost(host.id)).spmStatus, 'contending')

  await world.one.engine.handle.db.sql`update host set storage_seen_at = now() where id = ${host.id}::uuid`
  await assert.rejects(call(world.env, fence.fence, { id: host.id, how: 'confirm' }), {
    code: 'host.alive_on_storage',
  })
  await world.one.engine.handle.db.sql`update host set storage_seen_at = null where id = ${host.id}::uuid`

  await done(await call(world.env, fence.fence, { id: host.id, how: 'confirm' }))
  await runs(important)
  assert.notEqual((await theVm(important)).hostId, host.id)
  assert.equal((await theVm(plain)).status, 'down')
  await until(async () => (await all()).some(h => h.spmStatus === 'spm' && h.id !== host.id), {
    what: 'the storage to be served by another host',
    ...patient,
  })
  await tells(host.id, 494)
  await tells(important, 9602)
  world.sim.clearFaults(indexOf(host))
  await hostIs(host.id, 'up')
  assert.equal((await theHost(host.id)).fencing, null)
  assert.equal((await theVm(plain)).status, 'down')
  assert.deepEqual(world.sim.violations, [])
})

test('a silent host is fenced through another one, its VMs run elsewhere, and it comes back', async () => {
  const [host] = (await all()).filter(h => h.spmStatus !== 'spm')
  assert.ok(host)
  await powered(host)
  const important = await aVm('fenced', host.id, { enabled: true })
  const stopped = await aVm('stopped', host.id, { enabled: true })
  const before = (await theHost(host.id)).facts?.bootId
  // It runs and only does not speak: what a cut network looks like. Its guests live until its power goes.
  world.sim.fault(indexOf(host), { kind: 'silent' })
  await hostIs(host.id, 'connecting')
  const stop = await call(world.env, vm.stop, { id: stopped, reason: '' })
  await world.one.engine.handle.db.sql`update host set seen_at = now() - interval '1 minute',
    fenced_at = fenced_at - interval '1 hour' where id = ${host.id}::uuid`
  await until(async () => (await codes(host.id)).includes(121), { what: 'the host to be fenced', ...patient })
  await runs(important)
  assert.notEqual((await theVm(important)).hostId, host.id)
  world.sim.clearFaults(indexOf(host))
  await hostIs(host.id, 'up')
  assert.notEqual((await theHost(host.id)).facts?.bootId, before)
  assert.equal((await theHost(host.id)).fencedAt !== null, true)
  assert.deepEqual(world.sim.violations, [])
  // A person wanted that one down.
  await waitForJob(world.env, stop.jobId, { timeoutMs: 60_000 })
  await until(async () => (await theVm(stopped)).status === 'down', { what: 'the stopped VM to be down', ...patient })
  assert.ok(!(await codes(stopped)).includes(9602))
})

test('a person asks for the power, restarts a host, and switches one in maintenance off and on', async () => {
  const host = (await all()).find(h => h.fenceAgents > 0)
  assert.ok(host)
  assert.deepEqual(await done(await call(world.env, fence.fence, { id: host.id, how: 'status' })), { power: 'on' })
  const guest = await aVm('restarted', host.id, { enabled: true })
  await done(await call(world.env, fence.fence, { id: host.id, how: 'restart' }))
  await runs(guest)
  await hostIs(host.id, 'up')
  await assert.rejects(call(world.env, fence.fence, { id: host.id, how: 'stop' }), {
    code: 'host.powerOff.not_allowed',
  })
  await done(await call(world.env, hosts.deactivate, { id: host.id, reason: '' }))
  await done(await call(world.env, fence.fence, { id: host.id, how: 'stop' }))
  assert.deepEqual(await done(await call(world.env, fence.fence, { id: host.id, how: 'status' })), { power: 'off' })
  assert.equal((await theHost(host.id)).status, 'down')
  await done(await call(world.env, fence.fence, { id: host.id, how: 'start' }))
  assert.deepEqual(await done(await call(world.env, fence.fence, { id: host.id, how: 'status' })), { power: 'on' })
  await hostIs(host.id, 'maintenance')
  await done(await call(world.env, hosts.activate, { id: host.id }))
  await hostIs(host.id, 'up')
  for (const code of [496, 41, 21, 20]) await tells(host.id, code)
})

test('fence agents are asked in their order; a password that was kept is nowhere to be read', async () => {
  const host = (await all()).find(h => h.fenceAgents === 0)
  assert.ok(host)
  const first = await powered(host, { type: 'missing' })
  await assert.rejects(powered(host, { type: 'missing' }), { code: 'fence_agent.exists' })
  const wrong = await call(world.env, fence.fence, { id: host.id, how: 'status' })
  assert.match((await failure(wrong))?.message ?? '', /no fence agent fence_missing/)
  await powered(host)
  assert.deepEqual(await done(await call(world.env, fence.fence, { id: host.id, how: 'status' })), { power: 'on' })
  const agents = await ask(world.env, listAgents, { hostIds: [host.id] })
  assert.deepEqual(
    agents.map(agent => [agent.position, agent.type]),
    [
      [1, 'missing'],
      [2, 'ipmilan'],
    ],
  )
  assert.ok(!JSON.stringify(agents).includes('assword'))
  await call(world.env, fence.updateAgent, { id: first, type: 'ipmilan', password: 'wrong' })
  assert.deepEqual(await done(await call(world.env, fence.fence, { id: host.id, how: 'status' })), { power: 'on' })
  for (const agent of agents) await call(world.env, fence.removeAgent, { id: agent.id })
  const { sql } = world.one.engine.handle.db
  const tables = await sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public'`
  for (const { name } of tables) {
    const rows = await world.database.db.pool.query(`select 1 from "${name}" x where x::text like '%hunter2-hunter2%'`)
    assert.equal(rows.rowCount, 0, name)
  }
})

test('when nobody was heard and the first host is heard again, the others have their time to come back', async () => {
  const host = (await all()).find(h => h.fenceAgents > 0)
  assert.ok(host)
  const others = (await all()).filter(h => h.id !== host.id)
  const fenced = (await codes(host.id)).filter(code => code === 121).length
  const delay = (delaySeconds: number) =>
    call(world.env, cluster.update, { id: clusterId, settings: { fencing: { delaySeconds } } })
  const { sql } = world.one.engine.handle.db
  // Nobody is fenced before all of them are silent.
  await delay(3600)
  for (const each of await all()) world.sim.fault(indexOf(each), { kind: 'silent' })
  await until(
    async () => {
      await sql`update host set seen_at = now() - interval '1 minute', fenced_at = fenced_at - interval '1 hour' where status = 'connecting'`
      return (await all()).every(h => h.status === 'non_responsive')
    },
    { what: 'all hosts to be lost', ...patient },
  )
  await delay(0)
  await until(async () => (await theHost(host.id)).fencing?.reason === 'no_proxy', {
    what: 'nobody to be there who could fence it',
    ...patient,
  })
  // From now on a host that is lost may take a minute to come back; this one was lost long ago.
  await delay(60)
  await sql`update host set lost_at = now() - interval '1 hour' where id = ${host.id}::uuid`
  for (const each of others) world.sim.clearFaults(indexOf(each))
  for (const each of others) await hostIs(each.id, 'up')
  await until(async () => Date.now() - ((await theHost(host.id)).lostAt?.getTime() ?? 0) < 120_000, {
    what: 'its time to begin anew',
    ...patient,
  })
  world.sim.clearFaults(indexOf(host))
  await hostIs(host.id, 'up')
  assert.equal((await codes(host.id)).filter(code => code === 121).length, fenced)
  await delay(0)
})

test('a highly available VM whose QEMU crashes is started again; one that was shut down is not', async () => {
  const [host] = await all()
  assert.ok(host)
  const id = await aVm('crashes', host.id, { enabled: true })
  const first = (await theVm(id)).runId
  const index = indexOf(await theHost((await theVm(id)).hostId ?? ''))
  world.sim.fault(index, { kind: 'guest-crash', match: { vmId: id } })
  await until(async () => (await theVm(id)).runId !== first && (await theVm(id)).status === 'up', {
    what: 'the VM to run again',
    ...patient,
  })
  await done(await call(world.env, vm.shutdown, { id, reason: '' }))
  await until(async () => (await theVm(id)).status === 'down', { what: 'the VM to be down', ...patient })
  assert.equal((await theVm(id)).status, 'down')
})

test('a host that falls silent while it is emptied is lost and fenced like any other, and then is in maintenance (R58, R66)', async () => {
  const host = (await all()).find(h => h.status === 'up' && h.spmStatus !== 'spm')
  assert.ok(host)
  if (host.fenceAgents === 0) await powered(host)
  // It does not get away, so the host stays as it is.
  const stays = await aVm('stays', host.id, { enabled: true })
  world.sim.fault(indexOf(host), { kind: 'fail-task', match: { taskKind: 'vm.migrate' } })
  const { jobId } = await call(world.env, hosts.deactivate, { id: host.id, reason: '' })
  await hostIs(host.id, 'preparing_for_maintenance')
  const { sql } = world.one.engine.handle.db
  const age = () => sql`update host set seen_at = now() - interval '1 minute', fenced_at = fenced_at - interval '1 hour'
    where id = ${host.id}::uuid and status <> 'non_responsive'`
  world.sim.fault(indexOf(host), { kind: 'silent' })
  await until(
    async () => {
      await age()
      return (await theHost(host.id)).status === 'non_responsive'
    },
    { what: 'the host to be lost', ...patient },
  )
  await until(async () => (await codes(host.id)).includes(121), { what: 'the host to be fenced', ...patient })
  await runs(stays)
  assert.notEqual((await theVm(stays)).hostId, host.id)
  world.sim.clearFaults(indexOf(host))
  await done({ jobId })
  await hostIs(host.id, 'maintenance')
  assert.deepEqual(world.sim.violations, [])

  // The same while it is activated.
  world.sim.fault(indexOf(host), { kind: 'silent' })
  await call(world.env, hosts.activate, { id: host.id })
  await until(
    async () => {
      await age()
      return (await theHost(host.id)).status === 'non_responsive'
    },
    { what: 'the host to be lost again', ...patient },
  )
  await until(async () => (await codes(host.id)).filter(code => code === 121).length === 2, {
    what: 'the host to be fenced again',
    ...patient,
  })
  world.sim.clearFaults(indexOf(host))
  await hostIs(host.id, 'up')
})
