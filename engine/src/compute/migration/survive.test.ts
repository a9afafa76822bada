import assert from 'node:assert/strict'
import { aRunningVm, jobAbout, statusOf, withoutVm } from '../../../test/entities.ts'
import { jobSurvives } from '../../../test/survive.ts'
import type { World } from '../../../test/survive-world.ts'
import { until } from '../../../test/until.ts'
import { call } from '../../core/call.ts'
import { abandonJob } from '../../jobs/control.ts'
import { quotaDifferences } from '../../metering/quota.ts'
import { migrateVm } from './migrate.ts'
import { migrate } from './operations.ts'
import { settleMigration } from './settle.ts'
import type { MigrateInput } from './types.ts'

interface Given {
  vmId: string
  hostId: string
}

const hostOf = async (world: World, vmId: string) =>
  (await world.sql.one<{ hostId: string }>`select host_id from vm_run where vm_id = ${vmId}::uuid and not incoming`)
    .hostId

async function given(world: World): Promise<Given> {
  const { vmId } = await aRunningVm(world)
  return { vmId, hostId: await hostOf(world, vmId) }
}

/** One run, one guest, charged once; wherever. */
async function one(world: World, { vmId }: Given): Promise<void> {
  await until(async () => (await statusOf(world, vmId)) === 'up', { what: 'the guest to be up', timeoutMs: 60_000 })
  await until(
    async () =>
      (await world.sql.one<{ n: number }>`select count(*)::int as n from vm_run where vm_id = ${vmId}::uuid`).n === 1,
    { what: 'one run', timeoutMs: 60_000 },
  )
  const hosts = await Promise.all(Array.from({ length: world.simulator.hosts }, (_, n) => world.simulator.look(n)))
  assert.equal(hosts.flatMap(h => h.runs).filter(r => r.vmId === vmId).length, 1)
  assert.deepEqual(await quotaDifferences(world.sql), [])
}

jobSurvives<MigrateInput, Given>(migrateVm, {
  given,
  start: async (world, { vmId }) => (await call(world.env, migrate, { id: vmId, force: false })).jobId,
  afterDone: async (world, before) => {
    await one(world, before)
    assert.notEqual(await hostOf(world, before.vmId), before.hostId)
  },
  afterUndo: async (world, before) => {
    await one(world, before)
    assert.equal(await hostOf(world, before.vmId), before.hostId)
  },
  cleanup: withoutVm,
})

jobSurvives<{ vmId: string }, Given & { migrationId: string }>(settleMigration, {
  // A migration whose end nobody wrote down, and which a person abandoned: the guest is there, and the database says here.
  given: async world => {
    const before = await given(world)
    world.mischief.failing.add('vm.migrate moved')
    const { jobId } = await call(world.env, migrate, { id: before.vmId, force: false })
    const row = await world.ended(jobId)
    assert.equal(row.status, 'stuck')
    return { ...before, migrationId: jobId }
  },
  start: async (world, { vmId, migrationId }) => {
    await call(world.env, abandonJob, { jobId: migrationId })
    return jobAbout(world, 'vm.settle_migration', 'vmId', vmId)
  },
  afterDone: async (world, before) => {
    await one(world, before)
    assert.notEqual(await hostOf(world, before.vmId), before.hostId)
  },
  // What was not settled is settled by the next look.
  afterUndo: async (world, before) => {
    await one(world, before)
    assert.notEqual(await hostOf(world, before.vmId), before.hostId)
  },
  cleanup: withoutVm,
})

jobSurvives<{ vmId: string }, Given & { other: string }>(settleMigration, {
  title: 'of a guest that never left',
  given: async world => {
    const before = await given(world)
    const { id } = await world.sql.one<{ id: string }>`
      select id from host where id <> ${before.hostId}::uuid and status = 'up' limit 1`
    return { ...before, other: id }
  },
  start: async (world, { vmId, other }) => {
    // As a migration leaves it that was abandoned before anything was sent.
    await world.sql`insert into vm_run (id, vm_id, host_id, incoming, config, status)
      select gen_random_uuid(), vm_id, ${other}::uuid, true, config, 'migrating' from vm_run where vm_id = ${vmId}::uuid`
    return jobAbout(world, 'vm.settle_migration', 'vmId', vmId)
  },
  afterDone: async (world, before) => {
    await one(world, before)
    assert.equal(await hostOf(world, before.vmId), before.hostId)
  },
  afterUndo: async (world, before) => {
    await one(world, before)
    assert.equal(await hostOf(world, before.vmId), before.hostId)
  },
  cleanup: withoutVm,
})
