import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { DomainInfo, VolumeInfo } from '../src/index.ts'
import type { Given } from './suite.ts'
import { MiB, refusal, until } from './world.ts'

/** Storage domains and volumes. Everything is done twice: under a new id the effect is the same. */
export function storageTests(given: Given): void {
  test('a data domain is made, connected, attached, detached and removed, each as often as one likes', async () => {
    const world = given()
    const path = await world.target.makePath('contract-life')
    const storageDomainId = randomUUID()
    const at = { storageDomainId, connection: { type: 'localfs' as const, path } }
    const spm = { poolId: randomUUID(), epoch: 1 }
    const attach = { kind: 'storage.attach' as const, storageDomainId, poolName: 'p', role: 'Master' as const }

    await world.twice({ kind: 'storage.create', ...at, type: 'data', name: 'life' })
    const fresh = DomainInfo.parse(await world.twice({ kind: 'storage.connect', ...at }))
    assert.deepEqual(fresh, { storageDomainId, type: 'data', name: 'life', version: 5, poolId: null, role: 'Regular' })
    await world.twice({ ...attach, spm, poolDomains: [storageDomainId] })
    const attached = DomainInfo.parse(await world.run({ kind: 'storage.connect', ...at }))
    assert.deepEqual({ poolId: attached.poolId, role: attached.role }, { poolId: spm.poolId, role: 'Master' })

    const elsewhere = { ...attach, spm: { poolId: randomUUID(), epoch: 1 }, poolDomains: [storageDomainId] }
    await assert.rejects(world.run(elsewhere), refusal('conflict', 'storage.attached_elsewhere'))
    await assert.rejects(world.run({ kind: 'storage.format', ...at }), refusal('conflict'))
    await world.twice({ kind: 'storage.detach', storageDomainId, spm })
    await world.twice({ kind: 'storage.disconnect', storageDomainId })
    await world.twice({ kind: 'storage.format', ...at })
    await world.run({ kind: 'storage.create', ...at, type: 'data', name: 'again' })
    await world.run({ kind: 'storage.format', ...at })
  })

  test('a path that holds another domain is refused', async () => {
    const path = await given().storage()
    const at = { storageDomainId: randomUUID(), connection: { type: 'localfs' as const, path } }
    await assert.rejects(
      given().run({ kind: 'storage.create', ...at, type: 'data', name: 'other' }),
      refusal('conflict', 'storage.not_empty'),
    )
    await assert.rejects(given().run({ kind: 'storage.connect', ...at }))
  })

  test('an ISO domain is of version 1 and reports its files', async () => {
    const world = given()
    const path = await world.target.makePath('contract-iso')
    const storageDomainId = randomUUID()
    const at = { storageDomainId, connection: { type: 'localfs' as const, path } }
    await world.run({ kind: 'storage.create', ...at, type: 'iso', name: 'isos' })
    const info = DomainInfo.parse(await world.run({ kind: 'storage.connect', ...at }))
    assert.deepEqual({ type: info.type, version: info.version }, { type: 'iso', version: 1 })
    world.watch()
    const report = await until('a report of the ISO domain', () => reportOf(given, storageDomainId), world.patience)
    assert.ok(report.ok && report.files !== null)
    await world.run({ kind: 'storage.disconnect', storageDomainId })
    await world.run({ kind: 'storage.format', ...at })
  })

  test('space of a connected domain is reported', async () => {
    await given().storage()
    given().watch()
    const { storageDomainId, patience } = given()
    const report = await until('a report of the domain', () => reportOf(given, storageDomainId), patience)
    assert.ok(report.ok && report.available > 0 && report.files === null)
  })

  test('a storage manager of the past changes nothing', async () => {
    const world = given()
    await world.storage()
    world.epoch += 1
    const volume = await world.volume()
    const stale = { ...world.volumeCreate(world.newVolume()), spm: { poolId: world.poolId, epoch: world.epoch - 1 } }
    await assert.rejects(world.run(stale), refusal('conflict', 'spm.stale_epoch'))
    const { storageDomainId, imageId } = volume
    const remove = { kind: 'image.remove' as const, storageDomainId, imageId, wipe: false }
    await assert.rejects(world.run({ ...remove, spm: stale.spm }), refusal('conflict', 'spm.stale_epoch'))
    assert.ok(await world.run({ kind: 'volume.measure', volume, format: 'raw' }))
    await world.removeImage(volume)
  })

  for (const format of ['raw', 'qcow2'] as const) {
    test(`a ${format} volume is made, measured, grown, renamed, verified and removed`, async () => {
      const world = given()
      await world.storage()
      const volume = world.newVolume()
      await world.twice(world.volumeCreate(volume, { format, capacity: 32 * MiB }))
      const other = world.volumeCreate(volume, { format, capacity: 48 * MiB })
      await assert.rejects(world.run(other), refusal('conflict'))
      const made = VolumeInfo.parse(await world.run({ kind: 'volume.measure', volume, format }))
      assert.deepEqual({ capacity: made.capacity, format: made.format }, { capacity: 32 * MiB, format })

      const extend = { kind: 'volume.extend' as const, volume, spm: world.spm, format, run: null }
      await world.twice({ ...extend, capacity: 64 * MiB })
      await assert.rejects(world.run({ ...extend, capacity: 16 * MiB }))
      const grown = VolumeInfo.parse(await world.run({ kind: 'volume.measure', volume, format }))
      assert.equal(grown.capacity, 64 * MiB)

      const { spm } = world
      await world.twice({ kind: 'volume.describe', volume, spm, alias: 'Naïve "disk" <1>', description: 'x=y\nz' })
      const verify = { kind: 'volume.verify' as const, volume, spm, format, capacity: 64 * MiB }
      assert.equal(VolumeInfo.parse(await world.twice(verify)).capacity, 64 * MiB)

      const { storageDomainId, imageId } = volume
      await world.twice({ kind: 'image.remove', storageDomainId, imageId, spm, wipe: format === 'raw' })
      await assert.rejects(world.run({ kind: 'volume.measure', volume, format }), refusal('notFound'))
    })
  }

  test('a volume of a domain that is not connected cannot be reached', async () => {
    const volume = { ...given().newVolume(), storageDomainId: randomUUID() }
    await assert.rejects(given().run({ kind: 'volume.measure', volume, format: 'raw' }), refusal('unavailable'))
  })
}

function reportOf(given: Given, storageDomainId: string) {
  for (const line of given().lines.toReversed()) {
    const reports = line.type === 'listing' ? line.storage : line.type === 'storage' ? [line.storage] : []
    const found = reports.find(r => r.storageDomainId === storageDomainId)
    if (found !== undefined) return found
  }
  return undefined
}
