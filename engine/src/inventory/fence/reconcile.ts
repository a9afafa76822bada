import { inTransaction } from '../../core/call.ts'
import type { Ctx } from '../../core/ctx.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { ClusterSettings } from '../cluster/types.ts'
import { type FenceInput, fenceHost } from './fence.ts'
import { againSeconds, refusalOf } from './policy.ts'
import { restartAgent } from './restart-agent.ts'
import { situationOf, writeFencing } from './store.ts'
import type { FenceReason, FencingState } from './types.ts'

const events = {
  not_configured: 'host.fence.not_configured',
  disabled: 'host.fence.skipped',
  connectivity_broken: 'host.fence.skipped',
  storage_active: 'host.fence.skipped',
  no_proxy: 'host.fence.no_proxy',
  failed: 'host.fence.failed',
} as const satisfies Record<FenceReason, string>

interface Silent {
  id: string
  name: string
  settings: unknown
  fencing: FencingState | null
  /** Its agent can be started again over SSH. */
  bySsh: boolean
  lostSeconds: number
  triedSeconds: number | null
}

/** An agent that was started again has so long (seconds) to be heard before the power of its host is cut. */
const answerSeconds = 20

/** When many were silent and the first of them is heard again, the others have so long (seconds) at least to be heard too. */
const returnSeconds = 20

/**
 * Hosts that do not answer are fenced, softly first: where the engine can, it starts their agent again over SSH. Power is cut after the time
 * in which they may come back by themselves, unless a policy is against it, which is said once and looked at again. One that was fenced is
 * left alone until it has been heard. One that was on its way to maintenance is fenced for the sake of the VMs that did not get away.
 */
export const fencingReconciler = reconciler('fencing', { every: '3s', wakeOn: ['host'] }, async ctx => {
  const rows = await ctx.sql<Silent>`
    select h.id, h.name, c.settings, h.fencing, h.ssh ->> 'fingerprint' is not null as by_ssh, extract(epoch from now() - h.lost_at)::float8 as lost_seconds,
           extract(epoch from now() - (h.fencing ->> 'at')::timestamptz)::float8 as tried_seconds
      from host h join cluster c on c.id = h.cluster_id
     where h.status = 'non_responsive' and h.lost_at is not null
       and (h.wanted = 'up' or exists (select 1 from vm_run r where r.host_id = h.id))
       and (h.fenced_at is null or h.fenced_at < coalesce(h.seen_at, '-infinity'))
       and not exists (select 1 from job_lock l where l.kind = 'host_power' and l.entity_id = h.id)
     order by h.id`
  for (const host of rows) await decide(ctx, host)
})

async function decide(ctx: Ctx, host: Silent): Promise<void> {
  const { delaySeconds, enabled } = ClusterSettings.parse(host.settings).fencing
  // Once for each silence, and at once: it costs nobody anything.
  if (enabled && host.bySsh && host.fencing === null) {
    await ctx.start(restartAgent, { hostId: host.id, name: host.name })
    return
  }
  if (host.fencing?.outcome === 'agent_restarted' && (host.triedSeconds ?? 0) < answerSeconds) return
  if (host.lostSeconds < delaySeconds) return
  if (host.fencing?.outcome === 'failed' && (host.triedSeconds ?? 0) < againSeconds(host.fencing.tries)) return
  const refusal = refusalOf(await situationOf(ctx.sql, host.id))
  const { reason } = host.fencing ?? {}
  if (refusal === undefined && (reason === 'no_proxy' || reason === 'connectivity_broken')) {
    // The engine was the one that was cut off, or the network was broken: whoever is heard first must not fence those that come a moment later.
    const wait = Math.max(0, returnSeconds - delaySeconds)
    await ctx.sql`update host set fencing = null, lost_at = now() + make_interval(secs => ${wait})
      where id = ${host.id}::uuid and status = 'non_responsive'`
    return
  }
  if (refusal === undefined) {
    const input: FenceInput = { hostId: host.id, name: host.name, how: 'restart', automatic: true }
    await ctx.start(fenceHost, input)
    return
  }
  if (host.fencing?.outcome === 'skipped' && host.fencing.reason === refusal.reason) return
  await inTransaction(ctx, async tx => {
    await writeFencing(tx.sql, host.id, {
      at: tx.now.toISOString(),
      outcome: 'skipped',
      reason: refusal.reason,
      message: `It does not answer and is not fenced: ${refusal.message}. VMs on it are not started elsewhere.`,
      tries: 0,
    })
    tx.changed('host', host.id)
    tx.event(events[refusal.reason], {
      refs: [{ kind: 'host', id: host.id, name: host.name }],
      args: { host: host.name, reason: refusal.message },
    })
  })
}
