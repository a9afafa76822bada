import { conflict } from '@rookery/model'
import { z } from 'zod'
import { inTransaction } from '../../core/call.ts'
import type { Sql } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { onSpm } from '../../storage/spm/on-spm.ts'

/**
 * A VM is not suspended any more: a run has read its memory, or it was stopped. What lies on storage is written down as spent in the
 * same transaction, and removed by {@link removeMemory}. False when there is none.
 */
export async function spendMemory(sql: Sql, vmId: string): Promise<boolean> {
  // A domain that was removed has taken it along.
  await sql`
    insert into spent_memory (image_id, storage_domain_id, vm_id, vm_name)
    select (v.suspended_volume ->> 'imageId')::uuid, s.id, v.id, v.name
      from vm v join storage_domain s on s.id = (v.suspended_volume ->> 'storageDomainId')::uuid
     where v.id = ${vmId}::uuid
    on conflict (image_id) do nothing`
  const spent = await sql.run`
    update vm set suspended_volume = null, suspended_medium = null where id = ${vmId}::uuid and suspended_volume is not null`
  return spent > 0
}

/** Removes saved memory that is spent. Started by {@link memoryReconciler}; when it fails, it is begun again later. */
export const removeMemory = job(
  {
    name: 'memory.remove',
    version: 1,
    input: z.strictObject({ imageId: id, vmId: id, vmName: z.string() }),
    locks: i => [exclusive('saved_memory', i.imageId)],
    describe: i => `Removing the saved memory of VM ${i.vmName}`,
    refs: i => [{ kind: 'vm', id: i.vmId, name: i.vmName }],
  },
  async (j, i) => {
    const at = await j.tx('look', async ({ sql }) => {
      const row = await sql.maybe<{ storageDomainId: string; dataCenterId: string | null }>`
        select m.storage_domain_id, s.data_center_id from spent_memory m join storage_domain s on s.id = m.storage_domain_id
         where m.image_id = ${i.imageId}::uuid`
      return row ?? null
    })
    if (at === null) return
    const { storageDomainId, dataCenterId } = at
    if (dataCenterId === null)
      throw conflict('storage_domain.moved', 'The Storage Domain of the memory was detached meanwhile.')
    // No undo: bytes that are gone do not come back.
    await onSpm(j, 'remove', dataCenterId, spm => ({
      kind: 'image.remove',
      storageDomainId,
      imageId: i.imageId,
      spm,
      wipe: false,
    }))
    await j.tx('forget', ({ sql }) => sql`delete from spent_memory where image_id = ${i.imageId}::uuid`)
  },
)

/**
 * Spent memory on domains that are active, while somebody serves their storage. What cannot be removed is tried again a
 * second later, then after twice the time each, up to an hour.
 */
export const memoryReconciler = reconciler('spentMemory', { every: '5s', wakeOn: ['vm'] }, async ctx => {
  const rows = await ctx.sql<{ imageId: string; vmId: string; vmName: string }>`
    select m.image_id, m.vm_id, m.vm_name from spent_memory m join storage_domain s on s.id = m.storage_domain_id
     where m.retry_at <= now() and s.status = 'active'
       and exists (select 1 from spm p where p.data_center_id = s.data_center_id and p.host_id is not null)
       and not exists (select 1 from job_lock l where l.kind = 'saved_memory' and l.entity_id = m.image_id)
     order by m.created_at limit 100`
  for (const row of rows)
    await inTransaction(ctx, async tx => {
      await tx.sql`update spent_memory set tries = tries + 1,
          retry_at = now() + least(interval '1 hour', interval '1 second' * 2 ^ least(tries, 12))
        where image_id = ${row.imageId}::uuid`
      await tx.start(removeMemory, row)
    })
})
