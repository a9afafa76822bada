import { randomUUID } from 'node:crypto'
import type { EngineDatabase } from '../../test/database.ts'
import { permissionTest } from '../../test/permission.ts'
import { site } from '../../test/site.ts'
import * as disk from './disk/operations.ts'
import * as domain from './domain/operations.ts'
import * as transfer from './transfer/operations.ts'

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
