import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { withGuest, withoutGuests } from './guests.ts'
import type { Given } from './suite.ts'
import { MiB, refusal, until } from './world.ts'

/** The comparison of what is on a host with what an engine believes. */
export function inventoryTests(given: Given): void {
  const look = (...domains: string[]) => given().client.inventory(domains)

  test('the inventory has a volume from its creation to its removal, when its domain is asked for', async () => {
    const volume = await given().volume({ capacity: 4 * MiB })
    const there = await look(volume.storageDomainId)
    assert.deepEqual(
      there.volumes.filter(each => each.volume.imageId === volume.imageId),
      [{ volume, capacity: 4 * MiB, format: 'raw', legal: true, purpose: 'data' }],
    )
    assert.deepEqual(
      there.storage.filter(each => each.storageDomainId === volume.storageDomainId),
      [{ storageDomainId: volume.storageDomainId, poolId: given().poolId }],
    )
    assert.deepEqual((await look()).volumes, [])
    await given().removeImage(volume)
    const gone = await look(volume.storageDomainId)
    assert.ok(!gone.volumes.some(each => each.volume.imageId === volume.imageId))
    assert.deepEqual(gone.found, [])
    assert.deepEqual(gone.missing, [])
  })

  test('the inventory names an image ticket by its hash alone, until it ends', async () => {
    const volume = await given().volume({ capacity: 4 * MiB })
    const ticket = randomUUID()
    const terms = { ops: 'write' as const, format: 'raw' as const, serve: 'volume' as const, size: 4 * MiB }
    const times = { expiresInSeconds: 600, inactivityTimeoutSeconds: 0, filename: null }
    await given().run({ kind: 'image.ticket', volume, spm: given().spm, ticket, ...terms, ...times })
    const open = await look(volume.storageDomainId)
    const hash = createHash('sha256').update(ticket).digest('hex')
    assert.deepEqual(
      open.imageTickets.filter(each => each.hash === hash),
      [{ hash, volume, expired: false }],
    )
    assert.ok(!JSON.stringify(open).includes(ticket))
    assert.equal(open.volumes.find(each => each.volume.imageId === volume.imageId)?.legal, false)
    await given().run({ kind: 'image.ticket.end', ticket })
    assert.ok(!(await look()).imageTickets.some(each => each.hash === hash))
    await given().removeImage(volume)
  })

  test('the inventory tells which ends nobody has acknowledged', async () => {
    const id = randomUUID()
    await given().run({ kind: 'network.remove', networkId: randomUUID() }, id)
    const waits = async () => (await look()).tasks.unacknowledged.find(task => task.id === id)
    assert.equal((await waits())?.kind, 'network.remove')
    await given().client.acknowledge([id])
    assert.equal(await waits(), undefined)
    assert.deepEqual((await look()).tasks.acknowledgedRunning, [])
  })

  test('the inventory has the networks', async () => {
    const networkId = randomUUID()
    await given().run({ kind: 'network.ensure', networkId, name: 'inner', mode: 'isolated', mtu: 0 })
    assert.ok((await look()).networks.includes(networkId))
    await given().run({ kind: 'network.remove', networkId })
    const after = await look()
    assert.ok(!after.networks.includes(networkId))
    assert.deepEqual([after.found, after.missing], [[], []])
  })

  test('the inventory refuses a domain that is no id', async () => {
    await assert.rejects(look('x'), refusal('invalid'))
  })

  test('the inventory has a guest from its start to its end, and its console until it is visited', async t => {
    if (withoutGuests(given(), t)) return
    const { client } = given()
    await withGuest(given(), { startPaused: true }, async spec => {
      const { vmId, runId } = spec
      await given().run({ kind: 'vm.create', spec })
      const there = await look()
      assert.deepEqual(
        there.domains.filter(each => each.vmId === vmId),
        [{ vmId, runId, state: 'paused' }],
      )
      assert.ok(there.runs.some(each => each.runId === runId))
      const ticket = randomUUID()
      const stream = { mode: 'stream' as const, password: null, address: null, expiresInSeconds: 600 }
      await given().run({ kind: 'vm.console', vmId, runId, protocol: 'serial', ticket, ...stream })
      const waiting = async () => (await look()).consoles.filter(each => each.runId === runId)
      assert.deepEqual(
        (await waiting()).map(each => each.mode),
        ['stream'],
      )
      ;(await client.openConsole(ticket)).destroy()
      await until('the ticket to be used', async () => (await waiting()).length === 0)
      await given().run({ kind: 'vm.destroy', vmId, runId })
      const after = await look()
      assert.ok(!after.domains.some(each => each.vmId === vmId))
      assert.deepEqual(
        after.found.filter(each => each.about === vmId),
        [],
      )
    })
  })
}
