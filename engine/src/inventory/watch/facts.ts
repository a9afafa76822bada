import type { HostStatus } from '@rookery/model'
import type { HostFacts } from '@rookery/protocol'
import type { Ctx } from '../../core/ctx.ts'
import { json } from '../../db/index.ts'
import { followReports } from '../../storage/domain/store.ts'
import { activateHost } from '../host/activate.ts'

/** What becomes of a host that answers. */
export type OnAnswer = { status?: HostStatus; activate: boolean }

/**
 * What a host's answer means. A host that answers for the first time, after a long silence, or with an agent that was started anew is
 * activated: it may have forgotten networks and storage. After a short silence it is simply back. `emptying`: a job moves it to
 * maintenance and goes on with that. Pure.
 */
export function onAnswer(
  status: HostStatus,
  wanted: 'up' | 'maintenance',
  sameAgent: boolean,
  emptying = false,
): OnAnswer {
  if (wanted === 'maintenance')
    return ['connecting', 'non_responsive', 'installing', 'reboot', 'down'].includes(status)
      ? { status: emptying ? 'preparing_for_maintenance' : 'maintenance', activate: false }
      : { activate: false }
  switch (status) {
    case 'installing':
    case 'non_responsive':
    case 'reboot':
    case 'down':
      return { activate: true }
    case 'connecting':
      return sameAgent ? { status: 'up', activate: false } : { activate: true }
    case 'up':
    case 'non_operational':
    case 'initializing':
      return { activate: !sameAgent }
    default:
      return { activate: false }
  }
}

/** Records what a host said of itself when it was connected to, or when it was asked again. */
export async function applyFacts(ctx: Ctx, hostId: string, facts: HostFacts): Promise<void> {
  const { sql } = ctx
  const host = await sql.maybe<{
    name: string
    status: HostStatus
    wanted: 'up' | 'maintenance'
    bootIncarnation: number | null
    asked: boolean
    emptying: boolean
    dataCenterId: string | null
  }>`
    select h.name, h.status, h.wanted,
           exists (select 1 from job_lock l join job j on j.id = l.job_id
                    where l.kind = 'host' and l.entity_id = h.id and j.kind = 'host.deactivate') as emptying, (h.facts ->> 'incarnation')::bigint as boot_incarnation, c.data_center_id,
           h.facts_asked_at is not null and h.facts_asked_at > coalesce(h.facts_at, '-infinity') as asked
      from host h join cluster c on c.id = h.cluster_id where h.id = ${hostId}::uuid for update of h`
  if (host === undefined) return
  await sql`update host set facts = ${json(facts)}, facts_at = now(), seen_at = now(), lost_at = null, fencing = null, host_uuid = coalesce(host_uuid, ${facts.hostUuid}::uuid)
    where id = ${hostId}::uuid`
  ctx.changed('host', hostId)
  const ref = { kind: 'host' as const, id: hostId, name: host.name }
  if (host.asked) ctx.event('host.facts.refreshed', { refs: [ref], args: { host: host.name } })
  const next = onAnswer(host.status, host.wanted, host.bootIncarnation === facts.incarnation, host.emptying)
  if (next.status !== undefined) {
    await sql`update host set status = ${next.status}, status_reason = null where id = ${hostId}::uuid`
    if (next.status === 'up') ctx.event('host.detected', { refs: [ref], args: { host: host.name } })
    if (host.dataCenterId !== null)
      for (const domain of await followReports(sql, host.dataCenterId)) ctx.changed('storage_domain', domain)
    await touchVms(ctx, hostId)
  }
  if (next.activate) await ctx.start(activateHost, { hostId, asked: false })
}

/** Seconds of silence after which a host counts as lost. */
export const silenceSeconds = 30
/** Seconds that a host may take to come back after its power was switched. */
const bootSeconds = 900

/**
 * Records that a host does not answer: at first it is only being connected to again, after half a minute it is lost. VMs on it show
 * `unknown` meanwhile; nothing is started elsewhere. `justBegun`: whoever watches it has only begun to, and has not heard it yet, so
 * nobody knows how long the host has been silent: that nobody listened is not its fault.
 */
export async function applySilence(ctx: Ctx, hostId: string, o: { justBegun?: boolean } = {}): Promise<void> {
  const { sql } = ctx
  const row = await sql.maybe<{
    name: string
    status: HostStatus
    long: boolean
    notBack: boolean
    dataCenterId: string | null
  }>`
    select h.name, h.status, coalesce(h.seen_at, h.created_at) < now() - make_interval(secs => ${silenceSeconds}) as long,
           coalesce(h.fenced_at, h.seen_at, h.created_at) < now() - make_interval(secs => ${bootSeconds}) as not_back, c.data_center_id
      from host h join cluster c on c.id = h.cluster_id where h.id = ${hostId}::uuid for update of h`
  if (row === undefined) return
  if (['up', 'non_operational', 'initializing'].includes(row.status)) {
    await sql`update host set status = 'connecting' where id = ${hostId}::uuid`
    ctx.changed('host', hostId)
    await touchVms(ctx, hostId)
  } else if (
    (['connecting', 'preparing_for_maintenance'].includes(row.status) && row.long && o.justBegun !== true) ||
    (row.status === 'reboot' && row.notBack)
  ) {
    await sql`update host set status = 'non_responsive', lost_at = coalesce(lost_at, now()) where id = ${hostId}::uuid`
    ctx.changed('host', hostId)
    ctx.event('host.not_responding', { refs: [{ kind: 'host', id: hostId, name: row.name }], args: { host: row.name } })
    if (row.dataCenterId !== null) {
      ctx.changed('data_center', row.dataCenterId)
      for (const domain of await followReports(sql, row.dataCenterId)) ctx.changed('storage_domain', domain)
    }
    await touchVms(ctx, hostId)
  }
}

/** The status of VMs follows that of their host. */
async function touchVms(ctx: Ctx, hostId: string): Promise<void> {
  const vms = await ctx.sql<{ vmId: string }>`select vm_id from vm_run where host_id = ${hostId}::uuid`
  for (const { vmId } of vms) ctx.changed('vm', vmId)
}
