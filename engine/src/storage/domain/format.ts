import { conflict } from '@rookery/model'
import type { StorageConnection } from '@rookery/protocol'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'

/** Removes an unattached domain with its files. */
export const formatDomain = job(
  {
    name: 'storageDomain.format',
    version: 1,
    input: z.strictObject({ storageDomainId: id, hostId: id, name: z.string() }),
    locks: i => [exclusive('storage_domain', i.storageDomainId)],
    describe: i => `Removing storage domain ${i.name}`,
    refs: i => [
      { kind: 'storage_domain', id: i.storageDomainId, name: i.name },
      { kind: 'host', id: i.hostId },
    ],
    // Its first step looks again; so it may wait for a job that is only about to end.
    queueable: true,
  },
  async (j, i) => {
    const { storageDomainId } = i
    const { connection } = await j.tx(
      'take over',
      async tx => {
        const row = await tx.sql.maybe<{ connection: StorageConnection }>`
          update storage_domain set status = 'locked' where id = ${storageDomainId}::uuid and status = 'unattached' returning connection`
        if (row === undefined)
          throw conflict('storage_domain.moved', `Storage Domain ${i.name} has another status by now.`)
        tx.changed('storage_domain', storageDomainId)
        return row
      },
      async tx => {
        await tx.sql`update storage_domain set status = 'unattached' where id = ${storageDomainId}::uuid`
        tx.changed('storage_domain', storageDomainId)
      },
    )
    // No undo: files that are gone do not come back, nor does the domain. What failed half way can be asked for again.
    await j.host('format', i.hostId, { kind: 'storage.format', storageDomainId, connection })
    await j.pointOfNoReturn()
    await j.tx('forget', async tx => {
      tx.changed('storage_domain', storageDomainId, { gone: true })
      await tx.sql`delete from storage_domain where id = ${storageDomainId}::uuid`
      tx.event('storage_domain.removed', {
        refs: [{ kind: 'storage_domain', id: storageDomainId, name: i.name }],
        args: { storage_domain: i.name },
      })
    })
  },
)
