import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Given } from './suite.ts'
import { withGuest, withoutGuests } from './guests.ts'
import { assertGrowing } from './watches.ts'
import { refusal, request, until } from './world.ts'

/** What outlives the agent. */
export function restartTests(given: Given): void {
  test('a restart in the middle of tasks loses none, and raises the incarnation', async t => {
    const world = given()
    const { restart } = world.target
    if (restart === undefined) return t.skip('this target is not restarted')
    await world.storage()
    const { incarnation, hostUuid } = await world.client.facts()
    const ended = randomUUID()
    const end = await world.end({ kind: 'network.remove', networkId: randomUUID() }, ended)
    const cancelled = randomUUID()
    await world.client.cancelTask(cancelled)
    const running = Array.from({ length: 5 }, () => ({ id: randomUUID(), volume: world.newVolume() }))
    await Promise.all(running.map(r => world.client.putTask(r.id, request(world.volumeCreate(r.volume)))))

    await restart()

    const facts = await until('the agent to answer', () => world.client.facts().catch(() => undefined), world.patience)
    assert.equal(facts.hostUuid, hostUuid)
    assert.ok(facts.incarnation > incarnation)
    assert.deepEqual(await world.client.task(ended), end)
    const late = world.client.putTask(cancelled, request({ kind: 'network.remove', networkId: randomUUID() }))
    await assert.rejects(late, refusal('conflict', 'task.gone'))
    for (const { id, volume } of running) {
      assert.equal((await world.settled(id)).state, 'finished')
      await world.run({ kind: 'volume.measure', volume, format: 'raw' })
      await world.removeImage(volume)
    }
    const stale = { ...world.volumeCreate(world.newVolume()), spm: { poolId: world.poolId, epoch: world.epoch - 1 } }
    if (world.epoch > 1) await assert.rejects(world.run(stale), refusal('conflict', 'spm.stale_epoch'))
  })

  test('guests outlive a restart of the agent and are found again', async t => {
    const world = given()
    const { restart } = world.target
    if (restart === undefined) return t.skip('this target is not restarted')
    if (withoutGuests(world, t)) return
    const runs: { vmId: string; runId: string }[] = []
    await withGuest(world, {}, async spec => {
      runs.push({ vmId: spec.vmId, runId: spec.runId })
      await world.run({ kind: 'vm.create', spec })
      await world.status(spec.runId, 'up')
      const from = world.lines.length
      await restart()
      const listing = await until(
        'a listing after the restart',
        () => world.lines.slice(from).find(l => l.type === 'listing'),
        world.patience,
      )
      assert.ok(listing.type === 'listing' && listing.runs.some(r => r.runId === spec.runId))
      await world.status(spec.runId, 'up')
      await world.run({ kind: 'vm.create', spec })
    })
    await restart()
    // A watcher who was not there when it ended learns how, also from the next incarnation.
    await until('the agent to answer', () => world.client.facts().catch(() => undefined), world.patience)
    for await (const line of world.client.watch({ signal: AbortSignal.timeout(world.patience) })) {
      if (line.type !== 'listing') continue
      const [run] = runs
      const told = line.ended.find(ended => ended.runId === run?.runId)
      assert.deepEqual(told && { vmId: told.vmId, end: told.end }, { vmId: run?.vmId, end: 'destroyed' })
      break
    }
  })

  test('everything that was told, also across restarts, was told in growing order', () => {
    assertGrowing(given().lines)
  })
}
