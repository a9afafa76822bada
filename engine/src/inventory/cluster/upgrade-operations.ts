import { conflict, invalid } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { find } from '../access.ts'
import { id, text } from '../input.ts'
import type { ClusterRow } from './types.ts'
import { markUpgrade, upgradeCluster } from './upgrade.ts'

const ref = (id: string) => ({ kind: 'cluster' as const, id })
const permit = { action: 'edit_cluster_configuration' as const, on: (i: { id: string }) => ref(i.id) }

/** Brings every host of a cluster the agent of this engine, one after the other, each emptied before; or only these hosts. */
export const upgrade = operation({
  name: 'cluster.upgrade',
  input: z.strictObject({ id, hostIds: z.array(id).max(1000).default([]) }),
  output: z.object({ id: z.string(), jobId: z.string() }),
  permit,
  async run(ctx, i) {
    const row = await find<ClusterRow>(ctx, 'cluster', i.id)
    mustRest(row)
    const hosts = await hostsOf(ctx, i)
    ctx.changed('cluster', i.id)
    return { id: i.id, ...(await ctx.start(upgradeCluster, { clusterId: i.id, name: row.name, hosts })) }
  },
})

/** Hosts that are up and that the engine can sign in to; the one that serves the storage last, so that it moves once. */
async function hostsOf(ctx: Ctx, i: { id: string; hostIds: string[] }): Promise<{ id: string; name: string }[]> {
  const all = await ctx.sql<{ id: string; name: string; fit: boolean }>`
    select h.id, h.name, h.status = 'up' and h.ssh is not null as fit from host h left join spm s on s.host_id = h.id
     where h.cluster_id = ${i.id}::uuid order by s.host_id is not null, h.name, h.id`
  const wanted = i.hostIds.length === 0 ? all.filter(host => host.fit) : all.filter(host => i.hostIds.includes(host.id))
  const unfit = wanted.filter(host => !host.fit)
  if (wanted.length < new Set(i.hostIds).size)
    throw invalid('cluster.upgrade.other_host', 'Cannot upgrade Cluster. Not all of these Hosts belong to it.')
  if (wanted.length === 0 || unfit.length > 0)
    throw conflict(
      'cluster.upgrade.no_hosts',
      wanted.length === 0
        ? 'Cannot upgrade Cluster. It has no Host that is up and that the engine can sign in to.'
        : `Cannot upgrade Cluster. These Hosts are not up, or the engine cannot sign in to them: ${unfit.map(h => h.name).join(', ')}.`,
      { detail: { hosts: unfit.map(h => h.name) } },
    )
  return wanted.map(({ id, name }) => ({ id, name }))
}

function mustRest(row: ClusterRow): void {
  if (row.upgrading)
    throw conflict('cluster.upgrade.running', 'Cannot upgrade Cluster. An upgrade of it is in progress.', {
      ref: ref(row.id),
    })
}

/** What a program outside that upgrades the hosts by itself says of it: that it begins, how far it is, that it is over. */
export const report = operation({
  name: 'cluster.reportUpgrade',
  input: z.strictObject({
    id,
    action: z.enum(['start', 'update_progress', 'finish']),
    percent: z.int().min(0).max(100).optional(),
    /** What it calls its work. */
    correlation: text().optional(),
  }),
  output: z.object({ id: z.string() }),
  permit,
  async run(ctx, i) {
    const row = await find<ClusterRow>(ctx, 'cluster', i.id)
    const correlation = i.correlation ?? null
    const busy = await ctx.sql`select 1 from job_lock where kind = 'cluster' and entity_id = ${i.id}::uuid`
    if (busy.length > 0)
      throw conflict('cluster.upgrade.by_engine', 'Cannot update Cluster. The engine itself upgrades it.', {
        ref: ref(i.id),
      })
    if (i.action === 'start') {
      mustRest(row)
      await markUpgrade(ctx.sql, i.id, { percent: 0, correlation })
      ctx.event('cluster.upgrade.started', {
        refs: [{ ...ref(i.id), name: row.name }],
        args: { cluster: row.name, hosts: '-' },
      })
    } else {
      if (!row.upgrading)
        throw conflict('cluster.upgrade.none', 'Cannot update Cluster. No upgrade of it is in progress.', {
          ref: ref(i.id),
        })
      if (i.action === 'update_progress' && row.upgradeCorrelation !== correlation)
        throw conflict(
          'cluster.upgrade.other',
          'Cannot update Cluster. The upgrade that is in progress has another correlation id.',
          { ref: ref(i.id) },
        )
      const percent = i.percent ?? row.upgradePercent
      await markUpgrade(ctx.sql, i.id, i.action === 'finish' ? null : { percent, correlation })
      if (i.action === 'finish')
        ctx.event('cluster.upgrade.finished', {
          refs: [{ ...ref(i.id), name: row.name }],
          args: { cluster: row.name },
        })
    }
    ctx.changed('cluster', i.id)
    return { id: i.id }
  },
})
