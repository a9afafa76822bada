import { conflict } from '@rookery/model'
import type { StorageConnection } from '@rookery/protocol'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { onSpm } from '../spm/on-spm.ts'

/** Takes a domain in maintenance out of its data center: the SPM removes the data center from the domain's own metadata. */
export const detachDomain = job(
  {
    name: 'storageDomain.detach',
    version: 1,
    input: z.strictObject({ storageDomainId: id, dataCenterId: id, name: z.string() }),
    locks: i => [exclusive('storage_domain', i.storageDomainId), exclusive('storage_pool', i.dataCenterId)],
    describe: i => `Detaching storage domain ${i.name}`,
    refs: i => [
      { kind: 'storage_domain', id: i.storageDomainId, name: i.name },
      { kind: 'data_center', id: i.dataCenterId },
    ],
    // Its first step looks again; so it may wait for a job that is only about to end.
    queueable: true,
  },
  async (j, i) => {
    const { connection } = await j.tx(
      'detaching',
      async tx => {
        const row = await tx.sql.maybe<{ connection: StorageConnection }>`
          update storage_domain set status = 'detaching' where id = ${i.storageDomainId}::uuid and status = 'maintenance' returning connection`
        if (row === undefined)
          throw conflict('storage_domain.moved', `Storage Domain ${i.name} has another status by now.`)
        tx.changed('storage_domain', i.storageDomainId)
        return row
      },
      async tx => {
        await tx.sql`update storage_domain set status = 'maintenance' where id = ${i.storageDomainId}::uuid and status = 'detaching'`
        tx.changed('storage_domain', i.storageDomainId)
      },
    )
    const { storageDomainId } = i
    const disconnect = { kind: 'storage.disconnect', storageDomainId } as const
    await onSpm(
      j,
      'connect',
      i.dataCenterId,
      () => ({ kind: 'storage.connect', storageDomainId, connection }),
      () => disconnect,
    )
    // No undo and no return: once the data center is out of the metadata somebody else may take the domain.
    await onSpm(j, 'detach', i.dataCenterId, spm => ({ kind: 'storage.detach', storageDomainId, spm }))
    await j.pointOfNoReturn()
    await j.attempt('disconnect', j => onSpm(j, 'disconnect', i.dataCenterId, () => disconnect))
    await j.tx('unattached', async tx => {
      await tx.sql`update storage_domain set status = 'unattached', data_center_id = null, master = false, version = version + 1
        where id = ${storageDomainId}::uuid`
      await tx.sql`delete from storage_domain_host where storage_domain_id = ${storageDomainId}::uuid`
      await tx.sql`delete from iso_file where storage_domain_id = ${storageDomainId}::uuid`
      tx.changed('storage_domain', storageDomainId)
      tx.changed('data_center', i.dataCenterId)
      tx.event('storage_domain.detached', {
        refs: [
          { kind: 'storage_domain', id: storageDomainId, name: i.name },
          { kind: 'data_center', id: i.dataCenterId },
        ],
        args: { storage_domain: i.name, data_center: 'its data center' },
      })
    })
  },
)
