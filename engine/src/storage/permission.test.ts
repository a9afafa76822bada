import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { EngineDatabase } from '../../test/database.ts'
import { testEnv, testUser } from '../../test/env.ts'
import { giveRole, permissionTest, sharedDatabase } from '../../test/permission.ts'
import { site } from '../../test/site.ts'
import { ask, call } from '../core/call.ts'
import type { Actor } from '../core/ctx.ts'
import * as disk from './disk/operations.ts'
import * as domain from './domain/operations.ts'
import * as transfer from './transfer/operations.ts'
import { list as listTransfers } from './transfer/queries.ts'

const aDomain = async (db: EngineDatabase) => (await site(db)).domain
/** A domain in maintenance. */
const anIdleDomain = async (db: EngineDatabase) => (await site(db)).isoDomain
/** A domain that nothing uses. */
const aFreeDomain = async (db: EngineDatabase) => {
  const { domain: id, busyDisk } = await site(db)
  await db.db.sql`update image_transfer set ended_at = now() where disk_id = ${busyDisk}`
  await db.db.sql`update disk_attachment set active = false where disk_id = ${busyDisk}`
  return id
}
const anUnattachedDomain = async (db: EngineDatabase) => (await site(db)).unattachedDomain
const aDisk = async (db: EngineDatabase) => (await site(db)).freeDisk
const aTransfer = async (db: EngineDatabase) => (await site(db)).transfer
const aPausedTransfer = async (db: EngineDatabase) => {
  const id = await aTransfer(db)
  await db.db.sql`update image_transfer set phase = 'paused_user' where id = ${id}`
  return id
}

permissionTest(domain.add, {
  input: async (_, db) => ({
    name: `d-${randomUUID().slice(0, 8)}`,
    type: 'data' as const,
    hostId: (await site(db)).host,
    connection: { type: 'localfs' as const, path: `/${randomUUID()}` },
  }),
})
permissionTest(domain.update, { object: aDomain, input: ({ id }) => ({ id, description: 'x' }) })
permissionTest(domain.attach, {
  object: anUnattachedDomain,
  input: async ({ id }, db) => ({ id, dataCenterId: (await site(db)).dataCenter }),
})
permissionTest(domain.activate, { object: anIdleDomain, input: ({ id }) => ({ id }) })
permissionTest(domain.deactivate, { object: aFreeDomain, input: ({ id }) => ({ id }) })
permissionTest(domain.detach, { object: anIdleDomain, input: ({ id }) => ({ id }) })
permissionTest(domain.remove, { object: anUnattachedDomain, input: ({ id }) => ({ id, destroy: true }) })

permissionTest(disk.add, {
  object: aDomain,
  input: ({ id }) => ({ storageDomainId: id, capacity: 1_048_576, format: 'raw' as const, sparse: true }),
})
permissionTest(disk.update, { object: aDisk, input: ({ id }) => ({ id, alias: 'x' }) })
permissionTest(disk.remove, { object: aDisk, input: ({ id }) => ({ id }) })

permissionTest(transfer.add, { object: aDisk, input: ({ id }) => ({ diskId: id }) })
permissionTest(transfer.pause, { object: aTransfer, input: ({ id }) => ({ id }) })
permissionTest(transfer.resume, { object: aPausedTransfer, input: ({ id }) => ({ id }) })
permissionTest(transfer.extend, { object: aTransfer, input: ({ id }) => ({ id }) })
permissionTest(transfer.cancel, { object: aTransfer, input: ({ id }) => ({ id }) })
permissionTest(transfer.finalize, { object: aTransfer, input: ({ id }) => ({ id }) })

test('who does not see a transfer is not told of its disk', async () => {
  const database = await sharedDatabase()
  const { transfer: id, busyDisk } = await site(database)
  const stranger = testEnv(database, await testUser(database))
  await assert.rejects(call(stranger, transfer.cancel, { id }), (error: Error) => {
    assert.match(error.message, new RegExp(id))
    assert.doesNotMatch(JSON.stringify(error) + error.message, new RegExp(busyDisk))
    return true
  })
})

test('whoever may change a VM may end the transfer of its disk', async () => {
  const database = await sharedDatabase()
  const { transfer: id, runningVm } = await site(database)
  const user = await testUser(database)
  await giveRole(database, user.userId, ['edit_disk_properties'], { kind: 'vm', id: runningVm })
  await call(testEnv(database, user), transfer.cancel, { id })
})

test('the ticket of a transfer is shown to its owner and to administrators', async () => {
  const database = await sharedDatabase()
  const { transfer: id, domain: domainId } = await site(database)
  const [owner, looker] = [await testUser(database), await testUser(database)]
  await database.db.sql`update image_transfer set user_id = ${owner.userId} where id = ${id}`
  await giveRole(database, looker.userId, ['login'], { kind: 'storage_domain', id: domainId })
  const shown = async (who: Actor) => (await ask(testEnv(database, who), listTransfers, { ids: [id] }))[0]
  assert.equal((await shown(owner))?.url, 'https://h:54322/images/secret')
  assert.equal((await shown({ ...looker, admin: true }))?.url, 'https://h:54322/images/secret')
  const seen = await shown(looker)
  assert.deepEqual([seen?.id, seen?.ticket, seen?.url], [id, '', null])
})
