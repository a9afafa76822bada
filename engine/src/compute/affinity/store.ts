import { conflict, invalid } from '@rookery/model'
import type { Ctx } from '../../core/ctx.ts'
import type { Sql } from '../../db/index.ts'
import { find, lockWord } from '../../inventory/access.ts'
import { contradiction, type Members } from './conflicts.ts'
import type { AffinityGroupRow } from './types.ts'

/** Lists of members of a group, each with its table and what else its rows say. */
export type MemberLists = Partial<Pick<AffinityGroupRow, 'vmIds' | 'hostIds' | 'vmLabelIds' | 'hostLabelIds'>>

/** Replaces the lists that are said. Members are of the group's cluster; labels are of no cluster. */
export async function writeMembers(
  ctx: Ctx,
  verb: string,
  group: { id: string; clusterId: string },
  lists: MemberLists,
): Promise<void> {
  const { sql } = ctx
  const { vmIds, hostIds, vmLabelIds, hostLabelIds } = lists
  if (vmIds !== undefined) {
    await mustBeIn(ctx, verb, 'vm', vmIds, group.clusterId)
    await sql`delete from affinity_group_vm where group_id = ${group.id}::uuid and vm_id <> all (${vmIds}::uuid[])`
    await sql`insert into affinity_group_vm (group_id, vm_id) select ${group.id}::uuid, unnest(${vmIds}::uuid[]) on conflict do nothing`
  }
  if (hostIds !== undefined) {
    await mustBeIn(ctx, verb, 'host', hostIds, group.clusterId)
    await sql`delete from affinity_group_host where group_id = ${group.id}::uuid and host_id <> all (${hostIds}::uuid[])`
    await sql`insert into affinity_group_host (group_id, host_id) select ${group.id}::uuid, unnest(${hostIds}::uuid[]) on conflict do nothing`
  }
  for (const [side, ids] of [
    ['vm', vmLabelIds],
    ['host', hostLabelIds],
  ] as const) {
    if (ids === undefined) continue
    for (const id of ids) await find(ctx, 'affinity_label', id)
    await sql`delete from affinity_group_label where group_id = ${group.id}::uuid and side = ${side} and label_id <> all (${ids}::uuid[])`
    await sql`insert into affinity_group_label (group_id, label_id, side)
      select ${group.id}::uuid, unnest(${ids}::uuid[]), ${side} on conflict do nothing`
  }
}

async function mustBeIn(
  ctx: Ctx,
  verb: string,
  kind: 'vm' | 'host',
  ids: readonly string[],
  clusterId: string,
): Promise<void> {
  for (const id of new Set(ids)) {
    const row = await find<{ name: string; clusterId: string }>(ctx, kind, id)
    if (row.clusterId !== clusterId)
      throw invalid(
        'affinity_group.other_cluster',
        `Cannot ${verb} Affinity Group. ${row.name} is in another Cluster than the group.`,
        { ref: { kind, id } },
      )
  }
}

/**
 * Refuses groups that contradict one another; called after the change, within its transaction. Changes of groups of one cluster happen
 * one after the other by the lock.
 */
export async function mustAgree(sql: Sql, verb: string, clusterId: string): Promise<void> {
  const found = contradiction(await membersOf(sql, clusterId))
  if (found !== undefined)
    throw conflict(
      'affinity_group.contradiction',
      `Cannot ${verb} Affinity Group. The groups ${found.together} and ${found.apart} contradict each other: no Host could satisfy both.`,
      { detail: { groups: [found.together, found.apart] } },
    )
}

/** Until the end of the transaction nobody else changes the groups of this cluster. */
export const lockGroups = (sql: Sql, clusterId: string): Promise<void> => lockWord(sql, 'affinity groups', clusterId)

const membersOf = (sql: Sql, clusterId: string): Promise<Members[]> => sql<Members>`
  select g.name, g.vms_enabled, g.vms_positive, g.vms_enforcing, g.hosts_enabled, g.hosts_positive, g.hosts_enforcing,
         array(select m.vm_id::text from affinity_group_member_vm m where m.group_id = g.id order by 1) as vm_ids,
         array(select m.host_id::text from affinity_group_member_host m where m.group_id = g.id order by 1) as host_ids
    from affinity_group g where g.cluster_id = ${clusterId}::uuid order by g.name`
