import { randomUUID } from 'node:crypto'
import { conflict, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { find, mustBeSeen } from '../../inventory/access.ts'
import { lockGroups, type MemberLists, mustAgree, writeMembers } from './store.ts'
import { AddAffinityGroup, type AffinityGroupRow, GroupMember, OneAffinity, UpdateAffinityGroup } from './types.ts'

const Done = z.object({ id: z.string() })
const ref = (id: string) => ({ kind: 'affinity_group' as const, id })
const permit = { action: 'manipulate_affinity_groups', on: (i: { id: string }) => ref(i.id) } as const

async function freeName(ctx: Ctx, verb: string, clusterId: string, name: string, except: string | null): Promise<void> {
  const rows = await ctx.sql`select 1 from affinity_group
    where cluster_id = ${clusterId}::uuid and lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  if (rows.length > 0)
    throw conflict(
      'affinity_group.name_taken',
      `Cannot ${verb} Affinity Group. The Affinity Group name is already in use in this Cluster.`,
    )
}

const refsOf = (row: { id: string; name: string; clusterId: string }) => [
  { ...ref(row.id), name: row.name },
  { kind: 'cluster' as const, id: row.clusterId },
]

/** Makes a group of VMs, hosts and labels with its rules. */
export const add = operation({
  name: 'affinityGroup.add',
  input: AddAffinityGroup,
  output: Done,
  permit: { action: 'manipulate_affinity_groups', on: i => ({ kind: 'cluster', id: i.clusterId }) },
  async run(ctx, i) {
    await lockGroups(ctx.sql, i.clusterId)
    await freeName(ctx, 'create', i.clusterId, i.name, null)
    const id = randomUUID()
    const vms = { enabled: false, positive: true, enforcing: true, ...defined(i.vmsRule) }
    const hosts = { enabled: false, positive: true, enforcing: true, ...defined(i.hostsRule) }
    await ctx.sql`insert into affinity_group (id, cluster_id, name, description, priority,
        vms_enabled, vms_positive, vms_enforcing, hosts_enabled, hosts_positive, hosts_enforcing)
      values (${id}, ${i.clusterId}, ${i.name}, ${i.description ?? ''}, ${i.priority ?? 1}, ${vms.enabled}, ${vms.positive},
        ${vms.enforcing}, ${hosts.enabled}, ${hosts.positive}, ${hosts.enforcing})`
    await writeMembers(ctx, 'create', { id, clusterId: i.clusterId }, membersIn(i))
    await mustAgree(ctx.sql, 'create', i.clusterId)
    ctx.changed('affinity_group', id)
    ctx.event('affinity_group.added', {
      refs: refsOf({ id, name: i.name, clusterId: i.clusterId }),
      args: { group: i.name },
    })
    return { id }
  },
})

/** Changes what is said of a group, its rules and its members. */
export const update = operation({
  name: 'affinityGroup.update',
  input: UpdateAffinityGroup,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<AffinityGroupRow>(ctx, 'affinity_group', i.id)
    await lockGroups(ctx.sql, row.clusterId)
    mustBeSeen(row, i.version)
    const name = i.name ?? row.name
    if (name !== row.name) await freeName(ctx, 'edit', row.clusterId, name, i.id)
    const { vmsRule: vms = {}, hostsRule: hosts = {} } = i
    await ctx.sql`update affinity_group set name = ${name}, description = ${i.description ?? row.description},
      priority = ${i.priority ?? row.priority}, vms_enabled = ${vms.enabled ?? row.vmsEnabled},
      vms_positive = ${vms.positive ?? row.vmsPositive}, vms_enforcing = ${vms.enforcing ?? row.vmsEnforcing},
      hosts_enabled = ${hosts.enabled ?? row.hostsEnabled}, hosts_positive = ${hosts.positive ?? row.hostsPositive},
      hosts_enforcing = ${hosts.enforcing ?? row.hostsEnforcing}, version = version + 1 where id = ${i.id}::uuid`
    await writeMembers(ctx, 'edit', row, membersIn(i))
    await mustAgree(ctx.sql, 'edit', row.clusterId)
    ctx.changed('affinity_group', i.id)
    ctx.event('affinity_group.updated', { refs: refsOf({ ...row, name }), args: { group: name } })
    return { id: i.id }
  },
})

/** Removes a group; its members stay where they run. */
export const remove = operation({
  name: 'affinityGroup.remove',
  input: OneAffinity,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<AffinityGroupRow>(ctx, 'affinity_group', i.id)
    ctx.changed('affinity_group', i.id, { gone: true })
    await ctx.sql`delete from affinity_group where id = ${i.id}::uuid`
    ctx.event('affinity_group.removed', {
      refs: [{ kind: 'cluster', id: row.clusterId }],
      args: { group: row.name },
    })
    return { id: i.id }
  },
})

const listOf = { vm: 'vmIds', host: 'hostIds', vm_label: 'vmLabelIds', host_label: 'hostLabelIds' } as const

/** Puts one VM, host or label into a group; again is nothing new. */
export const addMember = operation({
  name: 'affinityGroup.addMember',
  input: GroupMember,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<AffinityGroupRow>(ctx, 'affinity_group', i.id)
    await lockGroups(ctx.sql, row.clusterId)
    const list = listOf[i.kind]
    if (row[list].includes(i.memberId)) return { id: i.id }
    await writeMembers(ctx, 'edit', row, { [list]: [...row[list], i.memberId] })
    await mustAgree(ctx.sql, 'edit', row.clusterId)
    await moved(ctx, row)
    return { id: i.id }
  },
})

/** Takes one VM, host or label out of a group. */
export const removeMember = operation({
  name: 'affinityGroup.removeMember',
  input: GroupMember,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<AffinityGroupRow>(ctx, 'affinity_group', i.id)
    await lockGroups(ctx.sql, row.clusterId)
    const list = listOf[i.kind]
    if (!row[list].includes(i.memberId))
      throw notFound('affinity_group.no_member', `The Affinity Group ${row.name} does not hold it.`)
    await writeMembers(ctx, 'edit', row, { [list]: row[list].filter(id => id !== i.memberId) })
    await moved(ctx, row)
    return { id: i.id }
  },
})

async function moved(ctx: Ctx, row: AffinityGroupRow): Promise<void> {
  await ctx.sql`update affinity_group set version = version + 1 where id = ${row.id}::uuid`
  ctx.changed('affinity_group', row.id)
  ctx.event('affinity_group.updated', { refs: refsOf(row), args: { group: row.name } })
}

const membersIn = (i: MemberLists | UpdateAffinityGroup): MemberLists =>
  defined({ vmIds: i.vmIds, hostIds: i.hostIds, vmLabelIds: i.vmLabelIds, hostLabelIds: i.hostLabelIds })

const defined = (object: object = {}) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
