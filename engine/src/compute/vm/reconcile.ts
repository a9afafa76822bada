import { reconciler } from '../../reconcile/reconciler.ts'
import { settleMigration } from '../migration/settle.ts'
import { settleVm } from './settle.ts'

/** Runs that have ended and were not settled, and VMs between two hosts that no job moves: it was cancelled too late, or its start was lost. */
export const runsReconciler = reconciler('runs', { every: '5s', wakeOn: ['host'] }, async ctx => {
  const rows = await ctx.sql<{
    vmId: string
    moving: boolean
  }>`select r.vm_id, bool_or(r.incoming) as moving from vm_run r
    where (r.ended is not null or r.incoming) and not exists (select 1 from job_lock l where l.kind = 'vm' and l.entity_id = r.vm_id)
    group by r.vm_id`
  for (const { vmId, moving } of rows) await ctx.start(moving ? settleMigration : settleVm, { vmId })
})
