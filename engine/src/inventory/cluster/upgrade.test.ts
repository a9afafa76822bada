import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { aHost } from '../../../test/entities.ts'
import { jobSurvives, sharedWorld } from '../../../test/survive.ts'
import type { World } from '../../../test/survive-world.ts'
import { until } from '../../../test/until.ts'
import { call, readCtx } from '../../core/call.ts'
import { json } from '../../db/index.ts'
import { hostsReconciler } from '../host/reconcile.ts'
import { upgradeCluster } from './upgrade.ts'
import { report, upgrade } from './upgrade-operations.ts'

const world = { hosts: 1, moduleFiles: [join(import.meta.dirname, '../../../test/pretended-outside.ts')] }

interface Given {
  id: string
  hostId: string
}

const standing = ({ sql }: World, { id, hostId }: Given) =>
  sql.one<{ upgrading: boolean; wanted: string; updateAvailable: boolean }>`
    select c.upgrading, h.wanted, h.update_available from cluster c, host h where c.id = ${id}::uuid and h.id = ${hostId}::uuid`

/** A cluster whose host the engine can sign in to. */
async function given(w: World): Promise<Given> {
  const { id: hostId } = await aHost(w)
  const ssh = { port: 22, user: 'root', fingerprint: null }
  const { id } = await w.sql.one<{ id: string }>`
    update host set ssh = ${json(ssh)}, update_available = true where id = ${hostId}::uuid returning cluster_id as id`
  return { id, hostId }
}

/** Whatever became of it, the host comes up again by itself. */
async function cleanup(w: World, { hostId }: Given): Promise<void> {
  await hostsReconciler.run(readCtx(w.env))
  await until(async () => (await w.sql`select 1 from host where id = ${hostId}::uuid and status = 'up'`).length === 1, {
    what: 'the host to be up again',
    timeoutMs: 120_000,
  })
  await w.sql`update host set ssh = null, update_available = false where id = ${hostId}::uuid`
}

jobSurvives(upgradeCluster, {
  world,
  given,
  start: async (w, { id }) => (await call(w.env, upgrade, { id })).jobId,
  afterDone: async (w, g) =>
    assert.deepEqual(await standing(w, g), { upgrading: false, wanted: 'up', updateAvailable: false }),
  afterUndo: async (w, g) => {
    const { upgrading, wanted } = await standing(w, g)
    assert.deepEqual({ upgrading, wanted }, { upgrading: false, wanted: 'up' })
  },
  cleanup,
})

test('a program outside tells how far its upgrade is; another one is not heard meanwhile', async () => {
  const w = await sharedWorld(world)
  const { id } = await w.sql.one<{ id: string }>`select cluster_id as id from host limit 1`
  const now = () =>
    w.sql.one<{ upgrading: boolean; upgradePercent: number }>`
      select upgrading, upgrade_percent from cluster where id = ${id}::uuid`
  await assert.rejects(call(w.env, report, { id, action: 'finish' }), { code: 'cluster.upgrade.none' })
  await call(w.env, report, { id, action: 'start', correlation: 'mine' })
  await assert.rejects(call(w.env, report, { id, action: 'start', correlation: 'yours' }), {
    code: 'cluster.upgrade.running',
  })
  await assert.rejects(call(w.env, report, { id, action: 'update_progress', percent: 5, correlation: 'yours' }), {
    code: 'cluster.upgrade.other',
  })
  await call(w.env, report, { id, action: 'update_progress', percent: 15, correlation: 'mine' })
  assert.deepEqual(await now(), { upgrading: true, upgradePercent: 15 })
  await call(w.env, report, { id, action: 'finish', correlation: 'mine' })
  assert.deepEqual(await now(), { upgrading: false, upgradePercent: 0 })
})

test('a cluster without a host that the engine can sign in to is not upgraded', async () => {
  const w = await sharedWorld(world)
  const { id } = await w.sql.one<{ id: string }>`select cluster_id as id from host limit 1`
  await assert.rejects(call(w.env, upgrade, { id }), { code: 'cluster.upgrade.no_hosts' })
})
