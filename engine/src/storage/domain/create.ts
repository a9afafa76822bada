import { notFound } from '@rookery/model'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { failure } from '../spm/on-spm.ts'
import { getDomain } from './store.ts'

/**
 * Makes the files of an empty storage domain on one host. The row is there already, locked, so that clients find it by the id
 * they were told; when this fails it goes.
 */
export const createDomain = job(
  {
    name: 'storageDomain.create',
    version: 1,
    input: z.strictObject({ storageDomainId: id, hostId: id, name: z.string() }),
    locks: i => [exclusive('storage_domain', i.storageDomainId)],
    describe: i => `Adding storage domain ${i.name}`,
    refs: i => [
      { kind: 'storage_domain', id: i.storageDomainId, name: i.name },
      { kind: 'host', id: i.hostId },
    ],
  },
  async (j, i) => {
    const ref = { kind: 'storage_domain' as const, id: i.storageDomainId, name: i.name }
    const made = await j.attempt('make', async j => {
      const domain = await j.tx('look', async ({ sql }) => {
        const row = await getDomain(sql, i.storageDomainId)
        if (row === undefined) throw notFound('storage_domain.not_found', `Storage Domain ${i.name} is gone.`)
        return { type: row.type === 'iso' ? ('iso' as const) : ('data' as const), connection: row.connection }
      })
      const at = { storageDomainId: i.storageDomainId, connection: domain.connection }
      await j.host(
        'create',
        i.hostId,
        { kind: 'storage.create', ...at, type: domain.type, name: i.name },
        { kind: 'storage.format', ...at },
      )
      await j.tx('unattached', async tx => {
        await tx.sql`update storage_domain set status = 'unattached' where id = ${i.storageDomainId}::uuid`
        tx.changed('storage_domain', i.storageDomainId)
        tx.event('storage_domain.added', { refs: [ref], args: { storage_domain: i.name } })
      })
    })
    if (made.ok) return
    await j.tx('give up', async tx => {
      tx.changed('storage_domain', i.storageDomainId, { gone: true })
      await tx.sql`delete from storage_domain where id = ${i.storageDomainId}::uuid`
      tx.event('storage_domain.add.failed', {
        refs: [ref],
        args: { storage_domain: i.name, reason: made.error.message },
      })
    })
    throw failure(made.error)
  },
)
