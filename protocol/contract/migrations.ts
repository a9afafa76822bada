import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { FinishResult, type MigrationPlan, MigrateResult, MigrationTarget } from '../src/index.ts'
import { withGuest, withoutGuests } from './guests.ts'
import type { Given } from './suite.ts'
import { refusal } from './world.ts'

const plan: MigrationPlan = {
  bandwidth: null,
  connections: null,
  autoConverge: false,
  compressed: false,
  encrypted: true,
  downtime: 500,
  convergence: [],
}

/** What one host promises about guests that come and go; that two of them move a guest is shown with two of them. */
export function migrationTests(given: Given): void {
  test('room is made for a guest that is to come, and taken away when it does not come', async () => {
    const world = given()
    const volume = await world.volume()
    const run = { vmId: randomUUID(), runId: randomUUID() }
    const task = {
      kind: 'vm.migrate.prepare' as const,
      ...run,
      disks: [{ diskId: volume.imageId, volume }],
      nics: [],
      medium: null,
      seed: null,
    }
    const target = MigrationTarget.parse(await world.run(task))
    assert.equal(target.runId, run.runId)
    assert.equal(target.disks[0]?.diskId, volume.imageId)
    assert.deepEqual(MigrationTarget.parse(await world.run(task)), target)
    const finish = { kind: 'vm.migrate.finish' as const, ...run, nicIds: [] }
    assert.deepEqual(FinishResult.parse(await world.run(finish)), { runId: run.runId, arrived: false })
    assert.deepEqual(FinishResult.parse(await world.run(finish)), { runId: run.runId, arrived: false })
    // Nothing runs here that nobody sent.
    await assert.rejects(world.run({ kind: 'vm.resume', ...run }), refusal('notFound'))
    const elsewhere = await world.run({ kind: 'vm.migrate', vmId: randomUUID(), runId: randomUUID(), target, plan })
    assert.equal(MigrateResult.parse(elsewhere).left, true)
    await world.removeImage(volume)
  })

  test('no room is made for a guest whose disk is not there, or that runs here already', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    await withGuest(world, {}, async spec => {
      await world.run({ kind: 'vm.create', spec })
      await world.status(spec.runId, 'up')
      const [disk] = spec.disks
      assert.ok(disk)
      const prepare = {
        kind: 'vm.migrate.prepare' as const,
        vmId: spec.vmId,
        runId: randomUUID(),
        disks: [{ diskId: disk.diskId, volume: disk.volume }],
        nics: [],
        medium: null,
        seed: null,
      }
      await assert.rejects(world.run(prepare), refusal('conflict', 'vm.other_run'))
      // The guest that is here is here: as often as one asks.
      const finish = { kind: 'vm.migrate.finish' as const, vmId: spec.vmId, runId: spec.runId, nicIds: [] }
      assert.equal(FinishResult.parse(await world.twice(finish)).arrived, true)
      // One that a host lost: nobody expects it there, so it goes on here.
      const nowhere = MigrationTarget.parse({
        runId: randomUUID(),
        generation: 1,
        address: '127.0.0.1',
        port: 9,
        disks: [{ diskId: disk.diskId, file: '/nowhere' }],
        nics: [],
        medium: null,
        seedFile: null,
        vncSocket: '/nowhere/vnc',
        serialSocket: '/nowhere/tty',
        serialLog: '/nowhere/log',
      })
      await assert.rejects(world.run({ kind: 'vm.migrate', vmId: spec.vmId, runId: spec.runId, target: nowhere, plan }))
      await world.status(spec.runId, 'up')
    })
  })
}
