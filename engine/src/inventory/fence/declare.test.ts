import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LeaseReport, StorageReport } from '@rookery/protocol'
import { startWorld, type World } from '../../../test/small-world.ts'
import { until } from '../../../test/until.ts'
import { ask, call, inTransaction } from '../../core/call.ts'
import { waitForJob } from '../../jobs/index.ts'
import * as domains from '../../storage/domain/operations.ts'
import { list as listDomains } from '../../storage/domain/queries.ts'
import * as hosts from '../host/operations.ts'
import { list as listHosts } from '../host/queries.ts'
import type { HostRow } from '../host/types.ts'
import { applyLines } from '../watch/apply.ts'
import * as fence from './operations.ts'

let world: World
before(async () => {
  world = await startWorld({ hosts: 3 })
})
after(() => world.stop())

const patient = { timeoutMs: 120_000 }
const all = () => ask(world.env, listHosts, {})
const theHost = async (id: string): Promise<HostRow> => {
  const row = (await all()).find(host => host.id === id)
  assert.ok(row)
  return row
}
const indexOf = (host: HostRow): number => Number(/(\d+)$/.exec(host.url)?.[1])
const ended = async ({ jobId }: { jobId: string | null }) => {
  const row = await waitForJob(world.env, jobId ?? '', patient)
  return row.status === 'finished' ? null : row.error
}
const db = () => world.one.engine.handle.db

/** A shared data domain with leases. */
async function leasedDomain(): Promise<string> {
  const host = (await all()).find(h => h.spmStatus === 'spm')
  assert.ok(host?.dataCenterId)
  const made = await call(world.env, domains.add, {
    name: 'leased',
    type: 'data',
    hostId: host.id,
    connection: { type: 'posixfs', path: '/srv/leased', vfsType: 'none', mountOptions: 'bind', lease: true },
  })
  assert.equal(await ended(made), null)
  // That of pretended hosts is a local one, for its first domain's sake.
  await db().sql`update data_center set local = false where id = ${host.dataCenterId}::uuid`
  await call(world.env, domains.attach, { id: made.id, dataCenterId: host.dataCenterId })
  await until(async () => (await ask(world.env, listDomains, { ids: [made.id] }))[0]?.status === 'active', {
    what: 'the domain to be active',
    ...patient,
  })
  return made.id
}

test('a word about a host that is seen to renew its lease is refused; one that is dead is called dead by others first', async () => {
  const storageDomainId = await leasedDomain()
  const hostIds = (await all()).filter(h => h.spmStatus !== 'spm').map(h => h.id)
  const [id = ''] = hostIds
  const { hostUuid, name } = await theHost(id)
  const observer = (await all()).find(h => h.id !== id)
  assert.ok(observer && hostUuid)
  const lost = async (fault: 'silent' | 'power-off') => {
    world.sim.fault(indexOf(await theHost(id)), { kind: fault })
    await until(async () => (await theHost(id)).status === 'connecting', { what: 'silence', ...patient })
    await db().sql`update host set seen_at = now() - interval '1 minute' where id = ${id}::uuid`
    await until(async () => (await theHost(id)).status === 'non_responsive', {
      what: 'the host to be lost',
      ...patient,
    })
  }

  // Cut off from the engine alone: it runs, and the storage says so.
  await lost('silent')
  const error = await ended(await call(world.env, fence.fence, { id, how: 'confirm' }))
  assert.equal(error?.code, 'host.alive_on_storage')
  assert.match(error?.message ?? '', new RegExp(`${name} renewed its storage lease on leased 3 seconds ago`))
  assert.equal((await theHost(id)).status, 'non_responsive')

  // What others see is kept for the policy of fencing, while the host does not answer.
  const say = (unmoved: number, state: LeaseReport['state'] = 'valid') => {
    const lease: LeaseReport = {
      state,
      age: 1,
      watchdog: false,
      others: [{ hostUuid, unmoved, looksDead: false, dead: false }],
    }
    const storage: StorageReport = {
      storageDomainId,
      ok: true,
      detail: null,
      available: 1,
      used: 1,
      files: null,
      lease,
    }
    return inTransaction(world.env, ctx =>
      applyLines(ctx, observer.id, [{ type: 'storage', incarnation: 1_000_000, seq: 1, storage }]),
    )
  }
  const seconds = async () =>
    (
      await db().sql.one<{ seconds: number | null }>`
        select extract(epoch from now() - storage_seen_at)::float8 as seconds from host where id = ${id}::uuid`
    ).seconds
  // An observer whose own lease is over has not looked.
  await say(2, 'expired')
  assert.equal(await seconds(), null)
  await say(100)
  assert.ok(((await seconds()) ?? 0) >= 100)
  await assert.doesNotReject(say(2))
  assert.ok(((await seconds()) ?? 100) < 35)
  await assert.rejects(call(world.env, fence.fence, { id, how: 'confirm' }), { code: 'host.alive_on_storage' })
  world.sim.clearFaults(indexOf(await theHost(id)))
  await until(async () => (await theHost(id)).status === 'up', { what: 'the host to be back', ...patient })

  await db().sql`update host set storage_seen_at = null where id = ${id}::uuid`
  await lost('power-off')
  assert.equal(await ended(await call(world.env, fence.fence, { id, how: 'confirm' })), null)
  world.sim.clearFaults(indexOf(await theHost(id)))
  await until(async () => (await theHost(id)).status === 'up', { what: 'the host to be back', ...patient })
})

test('leases are switched on and off only while nobody uses the domain, and only on shared data domains', async () => {
  const [leased] = (await ask(world.env, listDomains, {})).filter(d => d.name === 'leased')
  const [local] = (await ask(world.env, listDomains, {})).filter(d => d.storageType === 'localfs')
  const [host] = (await all()).filter(h => h.status === 'up')
  assert.ok(leased && host)
  await assert.rejects(call(world.env, domains.update, { id: leased.id, lease: false }), {
    code: 'storage_domain.lease_in_use',
  })
  // What is so already is no change.
  await call(world.env, domains.update, { id: leased.id, lease: true })
  if (local !== undefined)
    await assert.rejects(call(world.env, domains.update, { id: local.id, lease: true }), {
      code: 'storage_domain.no_lease',
    })
  const connection = { type: 'posixfs', path: '/srv/x', vfsType: 'none', mountOptions: 'bind', lease: true } as const
  await assert.rejects(call(world.env, domains.add, { name: 'isos', type: 'iso', hostId: host.id, connection }), {
    code: 'storage_domain.no_lease',
  })
  await call(world.env, hosts.refresh, { id: host.id })
})
