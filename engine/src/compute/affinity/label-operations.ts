import { randomUUID } from 'node:crypto'
import { conflict, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { systemRef } from '../../core/kinds.ts'
import { operation } from '../../core/operation.ts'
import { ident } from '../../db/index.ts'
import { find, lockWord, mustBeSeen } from '../../inventory/access.ts'
import { lockGroups, mustAgree } from './store.ts'
import { AddAffinityLabel, type AffinityLabelRow, LabelMember, OneAffinity, UpdateAffinityLabel } from './types.ts'

const Done = z.object({ id: z.string() })
/** Labels are of the whole installation, as in oVirt: whoever may make groups everywhere may make them. */
const permit = { action: 'manipulate_affinity_groups', on: () => systemRef } as const

async function freeName(ctx: Ctx, verb: string, name: string, except: string | null): Promise<void> {
  await lockWord(ctx.sql, 'affinity labels')
  const rows = await ctx.sql`
    select 1 from affinity_label where lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  if (rows.length > 0)
    throw conflict('affinity_label.name_taken', `Cannot ${verb} Affinity Label. The name is already in use.`)
}

/** Makes a label for VMs and hosts. */
export const add = operation({
  name: 'affinityLabel.add',
  input: AddAffinityLabel,
  output: Done,
  permit,
  async run(ctx, i) {
    await freeName(ctx, 'create', i.name, null)
    const id = randomUUID()
    await ctx.sql`insert into affinity_label (id, name, description, implicit_group)
      values (${id}, ${i.name}, ${i.description}, ${i.implicitGroup})`
    ctx.changed('affinity_label', id)
    ctx.event('affinity_label.added', { refs: [{ kind: 'affinity_label', id, name: i.name }], args: { label: i.name } })
    return { id }
  },
})

/** Changes what is said of a label. */
export const update = operation({
  name: 'affinityLabel.update',
  input: UpdateAffinityLabel,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<AffinityLabelRow>(ctx, 'affinity_label', i.id)
    mustBeSeen(row, i.version)
    const name = i.name ?? row.name
    if (name !== row.name) await freeName(ctx, 'edit', name, i.id)
    await ctx.sql`update affinity_label set name = ${name}, description = ${i.description ?? row.description},
      implicit_group = ${i.implicitGroup ?? row.implicitGroup}, version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('affinity_label', i.id)
    ctx.event('affinity_label.updated', { refs: [{ kind: 'affinity_label', id: i.id, name }], args: { label: name } })
    return { id: i.id }
  },
})

/** Removes a label from everything that carries it, and from the groups that name it. */
export const remove = operation({
  name: 'affinityLabel.remove',
  input: OneAffinity,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<AffinityLabelRow>(ctx, 'affinity_label', i.id)
    ctx.changed('affinity_label', i.id, { gone: true })
    await ctx.sql`delete from affinity_label where id = ${i.id}::uuid`
    ctx.event('affinity_label.removed', {
      refs: [{ kind: 'affinity_label', id: i.id, name: row.name }],
      args: { label: row.name },
    })
    return { id: i.id }
  },
})

const tables = { vm: ['affinity_label_vm', 'vm_id'], host: ['affinity_label_host', 'host_id'] } as const

/** Puts a label on a VM or host; again is nothing new. */
export const assign = operation({
  name: 'affinityLabel.assign',
  input: LabelMember,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<AffinityLabelRow>(ctx, 'affinity_label', i.id)
    const member = await find<{ name: string; clusterId: string }>(ctx, i.kind, i.memberId)
    await lockGroups(ctx.sql, member.clusterId)
    const [table, column] = tables[i.kind]
    const added = await ctx.sql.run`insert into ${ident(table)} (label_id, ${ident(column)})
      values (${i.id}, ${i.memberId}) on conflict do nothing`
    if (added > 0) {
      await mustAgree(ctx.sql, 'edit', member.clusterId)
      moved(ctx, row, i.kind, { id: i.memberId, name: member.name })
    }
    return { id: i.id }
  },
})

/** Takes a label from a VM or host. */
export const unassign = operation({
  name: 'affinityLabel.unassign',
  input: LabelMember,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await find<AffinityLabelRow>(ctx, 'affinity_label', i.id)
    const member = await find<{ name: string }>(ctx, i.kind, i.memberId)
    const [table, column] = tables[i.kind]
    const removed = await ctx.sql.run`delete from ${ident(table)}
      where label_id = ${i.id}::uuid and ${ident(column)} = ${i.memberId}::uuid`
    if (removed === 0)
      throw notFound('affinity_label.not_assigned', `${member.name} does not carry the Affinity Label ${row.name}.`)
    moved(ctx, row, i.kind, { id: i.memberId, name: member.name })
    return { id: i.id }
  },
})

function moved(ctx: Ctx, row: AffinityLabelRow, kind: 'vm' | 'host', member: { id: string; name: string }): void {
  ctx.changed('affinity_label', row.id)
  ctx.changed(kind, member.id)
  ctx.event('affinity_label.updated', { refs: [{ kind, ...member }], args: { label: row.name } })
}
