import { inTransaction } from '../../core/call.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { deleteDisk } from './store.ts'

/**
 * Disks that are locked although no job and no transfer holds them: a job was cancelled on the way. One that was never made goes; of
 * another nobody knows the content, so it is illegal until somebody removes it.
 */
export const disksReconciler = reconciler('disks', { every: '15s' }, async ctx => {
  const rows = await ctx.sql<{ id: string; made: boolean }>`
    select d.id, exists (select 1 from job j where j.kind = 'disk.create' and j.status = 'finished' and j.input ->> 'diskId' = d.id::text) as made
      from disk d
     where d.status = 'locked'
       and not exists (select 1 from job_lock l where l.kind = 'disk' and l.entity_id = d.id)
       and not exists (select 1 from image_transfer t where t.disk_id = d.id and t.ended_at is null)`
  for (const { id, made } of rows)
    await inTransaction(ctx, async tx => {
      const still = await tx.sql`select 1 from disk where id = ${id}::uuid and status = 'locked'
        and not exists (select 1 from job_lock l where l.kind = 'disk' and l.entity_id = ${id}::uuid) for update`
      if (still.length === 0) return
      tx.changed('disk', id, { gone: !made })
      if (made) await tx.sql`update disk set status = 'illegal' where id = ${id}::uuid`
      else await deleteDisk(tx.sql, id)
    })
})
