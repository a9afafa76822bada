import { reconciler } from '../../reconcile/reconciler.ts'
import { settleVm } from './settle.ts'

/** Runs that have ended and were not settled: the job was cancelled, or its start was lost. */
export const runsReconciler = reconciler('runs', { every: '15s' }, async ctx => {
  const rows = await ctx.sql<{ vmId: string }>`select distinct vm_id from vm_run where ended is not null`
  for (const { vmId } of rows) await ctx.start(settleVm, { vmId })
})
