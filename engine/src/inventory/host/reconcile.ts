import { inTransaction } from '../../core/call.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { activateHost, serveStorage } from './activate.ts'

/** Hosts whose activation was lost on the way, and non-operational ones every five minutes: what they lacked may be there by now. */
export const hostsReconciler = reconciler('hosts', { every: '15s', wakeOn: [] }, async ctx => {
  const waiting = await ctx.sql<{ id: string }>`
    select h.id from host h
     where h.wanted = 'up'
       and (h.status = 'initializing'
            or h.status = 'non_operational' and not exists (
              select 1 from job j where j.kind = 'host.activate' and j.created_at > now() - interval '5 minutes'
                 and j.refs @> jsonb_build_array(jsonb_build_object('kind', 'host', 'id', h.id))))
       and not exists (select 1 from job_lock l where l.kind = 'host' and l.entity_id = h.id)`
  for (const { id } of waiting) await ctx.start(activateHost, { hostId: id, asked: false })
})

/** Data centers whose storage nobody serves although a host could. */
export const spmReconciler = reconciler('spm', { every: '10s', wakeOn: ['host'] }, async ctx => {
  const rows = await ctx.sql<{ id: string }>`
    select d.id from data_center d
     where exists (select 1 from host h join cluster c on c.id = h.cluster_id where c.data_center_id = d.id and h.status = 'up')
       and not exists (select 1 from spm s join host h on h.id = s.host_id where s.data_center_id = d.id and h.status = 'up')`
  for (const { id } of rows) await inTransaction(ctx, tx => serveStorage(tx, id))
})
