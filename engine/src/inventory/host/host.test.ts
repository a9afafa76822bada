import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call } from '../../core/call.ts'
import { waitForJob } from '../../jobs/index.ts'
import * as domain from '../../storage/domain/operations.ts'
import { list as listDomains } from '../../storage/domain/queries.ts'
import { list as listDataCenters } from '../data-center/queries.ts'
import * as host from './operations.ts'
import { list as listHosts } from './queries.ts'

let world: World
before(async () => {
  world = await startWorld({ hosts: 2 })
})
after(() => world.stop())

const done = async ({ jobId }: { jobId: string | null }) => {
  const row = await waitForJob(world.env, jobId ?? '', { timeoutMs: 60_000 })
  assert.equal(row.status, 'finished', JSON.stringify(row.error))
}
const hosts = () => ask(world.env, listHosts, {})
const dataCenter = async () => (await ask(world.env, listDataCenters, {}))[0]

test('in maintenance a host gives the storage role to another one', async () => {
  const spm = (await hosts()).find(h => h.spmStatus === 'spm')
  assert.ok(spm)
  await done(await call(world.env, host.deactivate, { id: spm.id, reason: '' }))
  const after = await hosts()
  assert.equal(after.find(h => h.id === spm.id)?.status, 'maintenance')
  assert.equal(after.find(h => h.spmStatus === 'spm')?.id === spm.id, false)
  assert.equal((await dataCenter())?.status, 'up')
  await assert.rejects(call(world.env, host.deactivate, { id: spm.id, reason: '' }), {
    code: 'host.deactivate.not_allowed',
  })
  await done(await call(world.env, host.activate, { id: spm.id }))
  assert.equal((await hosts()).find(h => h.id === spm.id)?.status, 'up')
})

test('without any host the data center is not operational and its domains are unknown', async () => {
  for (const { id } of await hosts()) await done(await call(world.env, host.deactivate, { id, reason: '' }))
  assert.equal((await dataCenter())?.status, 'not_operational')
  assert.ok((await ask(world.env, listDomains, {})).every(d => d.status === 'unknown'))
  for (const { id } of await hosts()) await done(await call(world.env, host.activate, { id }))
  await until(async () => (await ask(world.env, listDomains, {})).every(d => d.status === 'active'), {
    what: 'domains to be active again',
  })
  assert.equal((await dataCenter())?.status, 'up')
})

test('a host whose agent was started anew is activated again', async () => {
  const [row] = await hosts()
  assert.ok(row)
  world.sim.fault(Number(row.name.slice(-4)), { kind: 'crash-agent', downMs: 500 })
  await until(async () => (await hosts()).find(h => h.id === row.id)?.facts?.incarnation !== row.facts?.incarnation, {
    what: 'new facts',
  })
  await until(async () => (await hosts()).find(h => h.id === row.id)?.status === 'up', {
    what: 'the host to be up again',
  })
})

test('a storage domain goes through its whole life', async () => {
  const [one] = await hosts()
  const dc = await dataCenter()
  assert.ok(one && dc)
  const made = await call(world.env, domain.add, {
    name: 'second',
    type: 'data',
    hostId: one.id,
    connection: { type: 'localfs', path: '/pretended/second' },
  })
  await done(made)
  const { id } = made
  const status = async () => (await ask(world.env, listDomains, { ids: [id] }))[0]?.status
  assert.equal(await status(), 'unattached')
  await done(await call(world.env, domain.attach, { id, dataCenterId: dc.id }))
  assert.equal(await status(), 'active')
  await assert.rejects(call(world.env, domain.remove, { id, hostId: one.id, format: true, destroy: false }), {
    code: 'storage_domain.attached',
  })
  await done(await call(world.env, domain.deactivate, { id, force: false }))
  assert.equal(await status(), 'maintenance')
  await done(await call(world.env, domain.activate, { id }))
  await done(await call(world.env, domain.deactivate, { id, force: false }))
  await done(await call(world.env, domain.detach, { id }))
  assert.equal(await status(), 'unattached')
  await done(await call(world.env, domain.remove, { id, hostId: one.id, format: true, destroy: false }))
  assert.equal(await status(), undefined)
})

test('a host that is activated while a domain is attached comes up with it (R58)', async () => {
  const [one, two] = (await hosts()).toSorted((a, b) => (a.spmStatus === 'spm' ? -1 : b.spmStatus === 'spm' ? 1 : 0))
  const dc = await dataCenter()
  assert.ok(one && two && dc)
  await done(await call(world.env, host.deactivate, { id: two.id, reason: '' }))
  const made = await call(world.env, domain.add, {
    name: 'meanwhile',
    type: 'data',
    hostId: one.id,
    connection: { type: 'localfs', path: '/pretended/meanwhile' },
  })
  await done(made)
  const { id } = made
  // Its networks are asked for in vain: it has looked for domains, and is not up yet.
  const index = Number(two.name.slice(-4))
  world.sim.fault(index, { kind: 'drop-reply', match: { taskKind: 'network.ensure' } })
  const activation = await call(world.env, host.activate, { id: two.id })
  await until(
    async () =>
      (await world.database.db.sql`select 1 from job_step where job_id = ${activation.jobId}::uuid and kind = 'host'`)
        .length > 0,
    { what: 'the activation to ask for networks' },
  )
  await done(await call(world.env, domain.attach, { id, dataCenterId: dc.id }))
  assert.equal((await hosts()).find(h => h.id === two.id)?.status, 'initializing')
  world.sim.clearFaults(index)
  await done(activation)
  assert.equal((await hosts()).find(h => h.id === two.id)?.status, 'up')
  const seen = await world.database.db.sql`select 1 from storage_domain_host
    where storage_domain_id = ${id}::uuid and host_id = ${two.id}::uuid and ok`
  assert.equal(seen.length, 1, 'the host has the domain')
  await done(await call(world.env, domain.deactivate, { id, force: false }))
  await done(await call(world.env, domain.detach, { id }))
  await done(await call(world.env, domain.remove, { id, hostId: one.id, format: true, destroy: false }))
})

test('the master cannot go before the others, nor a path be used twice', async () => {
  const [one] = await hosts()
  const master = (await ask(world.env, listDomains, {})).find(d => d.master)
  assert.ok(one && master)
  await assert.rejects(call(world.env, domain.deactivate, { id: master.id, force: false }), {
    code: 'storage_domain.master',
  })
  await assert.rejects(
    call(world.env, domain.add, { name: 'again', type: 'data', hostId: one.id, connection: master.connection }),
    { code: 'storage_domain.path_taken' },
  )
})
