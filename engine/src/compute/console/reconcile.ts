import { reconciler } from '../../reconcile/reconciler.ts'

/** How long a ticket is kept after its time, used or not: who asks why a console opened finds it for a day. */
const keepHours = 24

/** Drops console tickets whose time was over {@link keepHours} ago. */
export const ticketsReconciler = reconciler('consoleTickets', { every: '5m' }, async ctx => {
  await ctx.sql.run`delete from console_ticket where expires_at < now() - make_interval(hours => ${keepHours})`
})
