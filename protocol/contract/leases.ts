import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Given } from './suite.ts'
import { refusal } from './world.ts'

/** Storage leases. What hosts do on a domain that has them is shown with several real hosts (`lab/long`). */
export function leaseTests(given: Given): void {
  test('nobody is called dead on a storage domain without leases, nor on one that is not connected', async () => {
    const world = given()
    await world.storage()
    const declare = { kind: 'lease.declare' as const, hostUuid: randomUUID(), cause: 'fenced' as const }
    const { storageDomainId } = world
    await assert.rejects(world.run({ ...declare, storageDomainId }), refusal('conflict', 'lease.none'))
    await assert.rejects(world.run({ ...declare, storageDomainId: randomUUID() }))
  })
}
