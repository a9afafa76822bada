import { conflict } from '@rookery/model'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { upHosts } from './store.ts'

/** Moves a domain to maintenance: nothing new begins on it, then its hosts let go of it. */
export const deactivateDomain = job(
  {
    name: 'storageDomain.deactivate',
    version: 1,
    input: z.strictObject({ storageDomainId: id, dataCenterId: id, name: z.string() }),
    locks: i => [exclusive('storage_domain', i.storageDomainId)],
    describe: i => `Moving storage domain ${i.name} to maintenance`,
    refs: i => [
      { kind: 'storage_domain', id: i.storageDomainId, name: i.name },
      { kind: 'data_center', id: i.dataCenterId },
    ],
    // Its first step looks again; so it may wait for a job that is only about to end.
    queueable: true,
  },
  async (j, i) => {
    const { hosts } = await j.tx(
      'preparing',
      async tx => {
        const moved = await tx.sql.maybe<{ before: string }>`
          update storage_domain s set status = 'preparing_for_maintenance'
            from (select id, status from storage_domain where id = ${i.storageDomainId}::uuid for update) old
           where s.id = old.id and old.status in ('active', 'inactive', 'unknown') returning old.status as before`
        if (moved === undefined)
          throw conflict('storage_domain.moved', `Storage Domain ${i.name} has another status by now.`)
        const busy = await tx.sql`select 1 from disk d join disk_attachment a on a.disk_id = d.id and a.active
          join vm_run r on r.vm_id = a.vm_id where d.storage_domain_id = ${i.storageDomainId}::uuid limit 1`
        if (busy.length > 0)
          throw conflict('storage_domain.in_use', `A VM with a Disk on Storage Domain ${i.name} was started meanwhile.`)
        tx.changed('storage_domain', i.storageDomainId)
        return { before: moved.before, hosts: await upHosts(tx.sql, i.dataCenterId) }
      },
      async (tx, { before }) => {
        await tx.sql`update storage_domain set status = ${before} where id = ${i.storageDomainId}::uuid and status = 'preparing_for_maintenance'`
        tx.changed('storage_domain', i.storageDomainId)
      },
    )
    // Hosts begin to let go: from here there is only the way to maintenance.
    await j.pointOfNoReturn()
    // A host that keeps it open does no harm: the domain is not used, and the host is asked again at its next activation.
    for (const host of hosts)
      await j.attempt(`disconnect ${host.name}`, j =>
        j.host('disconnect', host.id, { kind: 'storage.disconnect', storageDomainId: i.storageDomainId }),
      )
    await j.tx('maintenance', async tx => {
      await tx.sql`update storage_domain set status = 'maintenance' where id = ${i.storageDomainId}::uuid`
      await tx.sql`delete from storage_domain_host where storage_domain_id = ${i.storageDomainId}::uuid`
      tx.changed('storage_domain', i.storageDomainId)
      tx.changed('data_center', i.dataCenterId)
      tx.event('storage_domain.deactivated', {
        refs: [{ kind: 'storage_domain', id: i.storageDomainId, name: i.name }],
        args: { storage_domain: i.name },
      })
    })
  },
)
