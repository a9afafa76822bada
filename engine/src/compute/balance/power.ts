import { RookeryError } from '@rookery/model'
import { inTransaction } from '../../core/call.ts'
import type { Ctx } from '../../core/ctx.ts'
import type { EventName } from '../../events/catalog.ts'
import { json, type Sql } from '../../db/index.ts'
import { type FenceInput, fenceHost } from '../../inventory/fence/fence.ts'
import { activateHost } from '../../inventory/host/activate.ts'
import { deactivateHost } from '../../inventory/host/deactivate.ts'
import { reconciler } from '../../reconcile/reconciler.ts'
import { powerPlan, type Switchable } from '../scheduling/balance.ts'
import { type ClusterFacts, clusterFacts } from '../scheduling/cluster-policy.ts'
import { loadsOf } from './reconcile.ts'

/** What power saving does with a host, and since when. */
export interface Saving {
  /**
   * `emptying` on its way to maintenance, `falling` its power is being cut, `asleep`, `waking` its power was given and it is to come up;
   * `rested` it was woken or could not be put to sleep, and is left alone for a while.
   */
  state: 'emptying' | 'falling' | 'asleep' | 'waking' | 'rested'
  /** ISO time. */
  at: string
}

/** A host that was woken, or could not be put to sleep, is left alone so long, minutes. */
const restMinutes = 10
/** A host that was woken and is not heard for so long (seconds) is given power again. */
const bootSeconds = 600

interface Row {
  id: string
  name: string
  clusterId: string
  status: string
  wanted: 'up' | 'maintenance'
  saving: Saving
  /** Seconds since `saving.at`. */
  since: number
  /** It was heard after that. */
  heard: boolean
  runs: boolean
  locked: boolean
  /** The last job that was to switch its power since then. */
  fence: 'finished' | 'failed' | 'cancelled' | null
}

/**
 * Switches hosts off and on as the policies of clusters want it, one at a time in each cluster. A host goes the way that people would send
 * it: to maintenance, and then its power is cut by its fence agents through another host; back by its power and its activation. Hosts that
 * people moved to maintenance are theirs, and so is one that sleeps and that somebody activates.
 */
export const powerReconciler = reconciler('power_saving', { every: '20s' }, async ctx => {
  const rows = await between(ctx.sql)
  for (const row of rows) await unlessHeld(goOn(ctx, row))
  const clusters = await ctx.sql<{ id: string }>`
    select c.id from cluster c where exists (select 1 from host h where h.cluster_id = c.id) order by c.id`
  for (const { id } of clusters) {
    const mine = rows.filter(row => row.clusterId === id)
    if (mine.some(row => ['emptying', 'falling', 'waking'].includes(row.saving.state))) continue
    const cluster = await clusterFacts(ctx.sql, id)
    const { enableAutomaticHostPowerManagement: enabled } = cluster.policy.properties
    const asleep = mine.filter(row => row.saving.state === 'asleep')
    // A policy that saves no power any more has no use for hosts that sleep.
    if (!enabled && asleep[0] !== undefined) await unlessHeld(wake(ctx, asleep[0]))
    if (enabled) await unlessHeld(decide(ctx, cluster, mine))
  }
})

/** Somebody is at work with the host: the next look decides. */
async function unlessHeld(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof RookeryError && error.kind === 'conflict')) throw error
  }
}

const between = (sql: Sql): Promise<Row[]> => sql<Row>`
  select h.id, h.name, h.cluster_id, h.status, h.wanted, h.saving,
         extract(epoch from now() - (h.saving ->> 'at')::timestamptz)::float8 as since,
         coalesce(h.seen_at > (h.saving ->> 'at')::timestamptz, false) as heard,
         exists (select 1 from vm_run r where r.host_id = h.id) as runs,
         exists (select 1 from job_lock l where l.kind in ('host', 'host_power') and l.entity_id = h.id) as locked,
         (select j.status from job j
           where j.kind = 'host.fence' and j.refs @> jsonb_build_array(jsonb_build_object('kind', 'host', 'id', h.id))
             and j.created_at >= (h.saving ->> 'at')::timestamptz
           order by j.created_at desc limit 1) as fence
    from host h where h.saving is not null order by h.id`

async function decide(ctx: Ctx, cluster: ClusterFacts, mine: readonly Row[]): Promise<void> {
  const plan = powerPlan(
    await loadsOf(ctx.sql, cluster),
    (await switchableOf(ctx.sql, cluster.id)).filter(
      ({ hostId }) => !mine.some(row => row.id === hostId && row.saving.state === 'rested'),
    ),
    cluster.policy,
  )
  const woken = mine.find(row => row.id === plan.wake)
  if (woken !== undefined) return wake(ctx, woken)
  const [tired] = plan.sleep
  if (tired === undefined) return
  await inTransaction(ctx, async tx => {
    const { name } = await tx.sql.one<{ name: string }>`select name from host where id = ${tired}::uuid`
    await tx.start(deactivateHost, { hostId: tired })
    await move(tx, { id: tired, name }, 'emptying', 'host.power_saving.sleeps')
  })
}

/** Hosts of a cluster that power saving may switch: people let it, and there are fence agents. */
export const switchableOf = (sql: Sql, clusterId: string): Promise<Switchable[]> =>
  sql<Switchable>`
    select h.id as host_id, coalesce(h.saving ->> 'state' = 'asleep', false) as asleep
      from host h
     where h.cluster_id = ${clusterId}::uuid and h.power_management @> '{"enabled": true, "automatic": true}'
       and exists (select 1 from fence_agent f where f.host_id = h.id)
     order by h.id`

/** Takes a host one step on its way. */
async function goOn(ctx: Ctx, row: Row): Promise<void> {
  if (row.locked) return
  const { state } = row.saving
  switch (state) {
    case 'emptying':
      // What could not be emptied is up again, or is somebody else's.
      if (row.status !== 'maintenance') return give(ctx, row, 'rested')
      if (row.runs) return give(ctx, row, 'rested', 'a VM runs there')
      return power(ctx, row, 'stop', 'falling')
    case 'falling':
      if (row.wanted === 'up') return give(ctx, row, 'rested')
      if (row.fence === 'finished') return give(ctx, row, 'asleep')
      if (row.fence === null) return power(ctx, row, 'stop', 'falling')
      // It has its power still: it goes to work again.
      return inTransaction(ctx, async tx => {
        await activate(tx, row)
        await move(tx, row, 'rested', 'host.power_saving.failed', 'its power could not be cut')
      })
    case 'asleep':
      if (row.wanted === 'up') await give(ctx, row, null)
      return
    case 'waking':
      if (row.wanted === 'up') return row.status === 'up' ? give(ctx, row, 'rested') : undefined
      if (row.heard) return inTransaction(ctx, tx => activate(tx, row))
      if (row.fence === null || row.fence !== 'finished' || row.since > bootSeconds)
        await power(ctx, row, 'start', 'waking')
      return
    case 'rested':
      if (row.since > restMinutes * 60) await give(ctx, row, null)
  }
}

const wake = (ctx: Ctx, row: Row): Promise<void> =>
  inTransaction(ctx, async tx => {
    await move(tx, row, 'waking', 'host.power_saving.wakes')
    const input: FenceInput = { hostId: row.id, name: row.name, how: 'start', automatic: false }
    await tx.start(fenceHost, input)
  })

const power = (ctx: Ctx, row: Row, how: 'stop' | 'start', state: Saving['state']): Promise<void> =>
  inTransaction(ctx, async tx => {
    await move(tx, row, state)
    await tx.start(fenceHost, { hostId: row.id, name: row.name, how, automatic: false })
  })

async function activate(tx: Ctx, row: Row): Promise<void> {
  await tx.sql`update host set wanted = 'up', version = version + 1 where id = ${row.id}::uuid`
  tx.changed('host', row.id)
  await tx.start(activateHost, { hostId: row.id, asked: false })
}

const give = (ctx: Ctx, row: Row, state: Saving['state'] | null, why?: string): Promise<void> =>
  inTransaction(ctx, tx =>
    why === undefined ? move(tx, row, state) : move(tx, row, state, 'host.power_saving.failed', why),
  )

async function move(
  tx: Ctx,
  host: Pick<Row, 'id' | 'name'>,
  state: Saving['state'] | null,
  event?: EventName,
  reason?: string,
): Promise<void> {
  const saving: Saving | null = state === null ? null : { state, at: tx.now.toISOString() }
  await tx.sql`update host set saving = ${saving === null ? null : json(saving)}::jsonb where id = ${host.id}::uuid`
  tx.changed('host', host.id)
  if (event !== undefined)
    tx.event(event, {
      refs: [{ kind: 'host', id: host.id, name: host.name }],
      args: { host: host.name, ...(reason === undefined ? {} : { reason }) },
    })
}
