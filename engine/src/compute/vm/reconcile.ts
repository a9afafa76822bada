import { reconciler } from '../../reconcile/reconciler.ts'
import { settleVm } from './settle.ts'

/** Runs that have ended and were not settled: the job was cancelled, or its start was lost. */
export const runsReconciler = reconciler('runs', { every: '5s' }, async ctx => {
  const rows = await ctx.sql<{ vmId: string }>`select distinct r.vm_id from vm_run r
    where r.ended is not null and not exists (select 1 from job_lock l where l.kind = 'vm' and l.entity_id = r.vm_id)`
  for (const { vmId } of rows) await ctx.start(settleVm, { vmId })
})
