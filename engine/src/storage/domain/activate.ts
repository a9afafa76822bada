import { conflict } from '@rookery/model'
import type { StorageConnection } from '@rookery/protocol'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { connectEverywhere } from './connect.ts'

/** Takes a domain of a data center back into use: every host that is up connects it. */
export const activateDomain = job(
  {
    name: 'storageDomain.activate',
    version: 1,
    input: z.strictObject({ storageDomainId: id, dataCenterId: id, name: z.string() }),
    locks: i => [exclusive('storage_domain', i.storageDomainId)],
    describe: i => `Activating storage domain ${i.name}`,
    refs: i => [
      { kind: 'storage_domain', id: i.storageDomainId, name: i.name },
      { kind: 'data_center', id: i.dataCenterId },
    ],
    // Its first step looks again; so it may wait for a job that is only about to end.
    queueable: true,
  },
  async (j, i) => {
    const domain = await j.tx(
      'activating',
      async tx => {
        const row = await tx.sql.maybe<{ connection: StorageConnection; before: string }>`
          update storage_domain s set status = 'activating' from (select id, status from storage_domain where id = ${i.storageDomainId}::uuid for update) old
           where s.id = old.id and old.status in ('maintenance', 'inactive', 'unknown') returning s.connection, old.status as before`
        if (row === undefined)
          throw conflict('storage_domain.moved', `Storage Domain ${i.name} has another status by now.`)
        tx.changed('storage_domain', i.storageDomainId)
        return row
      },
      async (tx, { before }) => {
        await tx.sql`update storage_domain set status = ${before} where id = ${i.storageDomainId}::uuid and status = 'activating'`
        tx.changed('storage_domain', i.storageDomainId)
      },
    )
    await connectEverywhere(j, { ...i, connection: domain.connection })
    await j.tx('active', async tx => {
      await tx.sql`update storage_domain set status = 'active' where id = ${i.storageDomainId}::uuid`
      tx.changed('storage_domain', i.storageDomainId)
      tx.changed('data_center', i.dataCenterId)
      tx.event('storage_domain.activated', {
        refs: [{ kind: 'storage_domain', id: i.storageDomainId, name: i.name }],
        args: { storage_domain: i.name },
      })
    })
  },
)
