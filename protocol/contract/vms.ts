import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Given } from './suite.ts'
import { withGuest, withoutGuests } from './guests.ts'
import { refusal } from './world.ts'

/** Runs of VMs. */
export function vmTests(given: Given): void {
  test('a VM is created, boots until it is up, and is destroyed; all of it as often as one likes', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    await withGuest(world, {}, async spec => {
      const run = { vmId: spec.vmId, runId: spec.runId }
      const from = world.lines.length
      await world.run({ kind: 'vm.create', spec })
      await world.status(spec.runId, 'up')
      await world.run({ kind: 'vm.create', spec })
      const report = world.lastReport(spec.runId)
      assert.equal(report?.status, 'up')
      assert.ok((report?.startedAt ?? 0) > 0)
      const seen = world.lines
        .slice(from)
        .flatMap(l => (l.type === 'run' && l.run.runId === spec.runId ? [l.run.status] : []))
      assert.ok(seen.indexOf('powering_up') !== -1 && seen.indexOf('powering_up') < seen.indexOf('up'), seen.join(' '))

      const second = { ...spec, runId: randomUUID() }
      await assert.rejects(world.run({ kind: 'vm.create', spec: second }), refusal('conflict'))

      await world.run({ kind: 'vm.destroy', ...run })
      assert.equal(await world.ended(spec.runId), 'destroyed')
      await world.run({ kind: 'vm.destroy', ...run })
    })
  })

  test('a run that is over or unknown is not found, and destroying it is content', async () => {
    const run = { vmId: randomUUID(), runId: randomUUID() }
    await given().twice({ kind: 'vm.destroy', ...run })
    for (const kind of ['vm.shutdown', 'vm.reset', 'vm.resume'] as const)
      await assert.rejects(given().run({ kind, ...run }), refusal('notFound'))
  })

  test('a VM whose disk is not there is not created, and leaves nothing', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    await world.storage()
    const spec = world.spec(world.newVolume(), 'raw')
    await assert.rejects(world.run({ kind: 'vm.create', spec }), refusal('notFound'))
    await assert.rejects(world.run({ kind: 'vm.resume', vmId: spec.vmId, runId: spec.runId }), refusal('notFound'))
  })

  test('a VM that starts paused waits until it is resumed', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    await withGuest(world, { startPaused: true }, async spec => {
      const run = { vmId: spec.vmId, runId: spec.runId }
      await world.run({ kind: 'vm.create', spec })
      const report = await world.status(spec.runId, 'paused')
      assert.notEqual(report.pauseReason, null)
      await world.twice({ kind: 'vm.resume', ...run })
      await world.status(spec.runId, 'up')
    })
  })

  test('a guest whose power button is pressed shuts down', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    if (!world.guest.shutsDown) return t.skip('this guest does not hear the power button')
    await withGuest(world, {}, async spec => {
      await world.run({ kind: 'vm.create', spec })
      await world.status(spec.runId, 'up')
      await world.run({ kind: 'vm.shutdown', vmId: spec.vmId, runId: spec.runId })
      assert.equal(await world.ended(spec.runId), 'shutdown')
    })
  })

  test('a guest that is reset comes up again', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    await withGuest(world, {}, async spec => {
      await world.run({ kind: 'vm.create', spec })
      await world.status(spec.runId, 'up')
      await world.run({ kind: 'vm.reset', vmId: spec.vmId, runId: spec.runId })
      await world.status(spec.runId, 'up')
    })
  })

  test('saved memory is where the next run goes on', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    if (!world.guest.saves) return t.skip('this target saves no memory')
    await withGuest(world, {}, async spec => {
      const memory = await world.volume({ purpose: 'memory', capacity: 2 * spec.memory })
      try {
        const run = { vmId: spec.vmId, runId: spec.runId }
        await world.run({ kind: 'vm.create', spec })
        await world.status(spec.runId, 'up')
        await world.twice({ kind: 'vm.save', ...run, to: memory })
        assert.equal(await world.ended(spec.runId), 'saved')
        const next = { ...spec, runId: randomUUID(), restoreFrom: memory }
        try {
          await world.run({ kind: 'vm.create', spec: next })
          await world.status(next.runId, 'up')
        } finally {
          await world.run({ kind: 'vm.destroy', vmId: next.vmId, runId: next.runId })
        }
      } finally {
        await world.removeImage(memory)
      }
    })
  })

  test('a network in use is not taken away', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    if (world.target.powers?.networks === false) return t.skip('this target makes no networks')
    const networkId = randomUUID()
    await world.run({ kind: 'network.ensure', networkId, name: 'used', mode: 'isolated', mtu: 0 })
    const nic = {
      nicId: randomUUID(),
      name: 'nic1',
      mac: '56:6f:00:00:00:01',
      model: 'virtio' as const,
      networkId,
      linked: true,
      noMacSpoofing: true,
    }
    await withGuest(world, { nics: [nic] }, async spec => {
      const run = { vmId: spec.vmId, runId: spec.runId }
      await world.run({ kind: 'vm.create', spec })
      await assert.rejects(world.run({ kind: 'network.remove', networkId }), refusal('conflict'))
      await world.run({ kind: 'vm.destroy', ...run })
    })
    await world.run({ kind: 'network.remove', networkId })
  })

  test('a disk is plugged into a running guest and pulled out', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    const extra = await world.volume()
    await withGuest(world, {}, async spec => {
      const run = { vmId: spec.vmId, runId: spec.runId }
      await world.run({ kind: 'vm.create', spec })
      await world.status(spec.runId, 'up')
      const disk = {
        diskId: extra.imageId,
        volume: extra,
        format: 'raw' as const,
        interface: 'virtio' as const,
        readOnly: false,
        shareable: false,
        discard: false,
      }
      await world.twice({ kind: 'vm.disk.plug', ...run, disk })
      await world.twice({ kind: 'vm.disk.unplug', ...run, diskId: disk.diskId })
    })
    await world.removeImage(extra)
  })
}
