import { notFound } from '@rookery/model'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { failure, onSpm } from '../spm/on-spm.ts'
import { connectEverywhere } from './connect.ts'
import { getDomain } from './store.ts'

/**
 * Attaches a storage domain: every host that is up connects it, then the SPM writes the data center into the domain's own metadata,
 * so that nobody else takes it. The first data domain becomes the master; the master's metadata lists every domain.
 */
export const attachDomain = job(
  {
    name: 'storageDomain.attach',
    version: 1,
    input: z.strictObject({ storageDomainId: id, dataCenterId: id, name: z.string(), dataCenter: z.string() }),
    locks: i => [exclusive('storage_domain', i.storageDomainId), exclusive('storage_pool', i.dataCenterId)],
    describe: i => `Attaching storage domain ${i.name} to ${i.dataCenter}`,
    refs: i => [
      { kind: 'storage_domain', id: i.storageDomainId, name: i.name },
      { kind: 'data_center', id: i.dataCenterId, name: i.dataCenter },
    ],
  },
  async (j, i) => {
    const refs = [
      { kind: 'storage_domain' as const, id: i.storageDomainId, name: i.name },
      { kind: 'data_center' as const, id: i.dataCenterId, name: i.dataCenter },
    ]
    const done = await j.attempt('attach', async j => {
      const plan = await j.tx('look', async ({ sql }) => {
        const row = await getDomain(sql, i.storageDomainId)
        if (row === undefined) throw notFound('storage_domain.not_found', `Storage Domain ${i.name} is gone.`)
        const pool = await sql<{ id: string; master: boolean }>`
          select id, master from storage_domain where data_center_id = ${i.dataCenterId}::uuid order by id`
        const masterId = pool.find(p => p.master)?.id ?? row.id
        return { connection: row.connection, master: row.master, masterId, all: pool.map(p => p.id) }
      })
      await connectEverywhere(j, { ...i, connection: plan.connection })
      const pool = { poolName: i.dataCenter, poolDomains: plan.all }
      const role = plan.master ? ('Master' as const) : ('Regular' as const)
      await onSpm(
        j,
        'write',
        i.dataCenterId,
        spm => ({ kind: 'storage.attach', storageDomainId: i.storageDomainId, spm, ...pool, role }),
        spm => ({ kind: 'storage.detach', storageDomainId: i.storageDomainId, spm }),
      )
      // No undo: a list with one domain too many is what the next attach writes anew.
      if (!plan.master)
        await onSpm(j, 'tell master', i.dataCenterId, spm => ({
          kind: 'storage.attach',
          storageDomainId: plan.masterId,
          spm,
          ...pool,
          role: 'Master',
        }))
      await j.tx('active', async tx => {
        await tx.sql`update storage_domain set status = 'active' where id = ${i.storageDomainId}::uuid`
        tx.changed('storage_domain', i.storageDomainId)
        tx.changed('data_center', i.dataCenterId)
        tx.event('storage_domain.attached', { refs, args: { storage_domain: i.name, data_center: i.dataCenter } })
        tx.event('storage_domain.activated', { refs, args: { storage_domain: i.name } })
      })
    })
    if (done.ok) return
    await j.tx('give up', async tx => {
      await tx.sql`update storage_domain set status = 'unattached', data_center_id = null, master = false, version = version + 1
        where id = ${i.storageDomainId}::uuid`
      tx.changed('storage_domain', i.storageDomainId)
      tx.changed('data_center', i.dataCenterId)
      tx.event('storage_domain.failed', {
        refs,
        args: { storage_domain: i.name, reason: `it could not be attached to ${i.dataCenter}: ${done.error.message}` },
      })
    })
    throw failure(done.error)
  },
)
