import { randomUUID } from 'node:crypto'
import { conflict, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { systemRef } from '../../core/kinds.ts'
import { operation } from '../../core/operation.ts'
import { json } from '../../db/index.ts'
import { lockWord, mustBeSeen } from '../access.ts'
import { allPolicies, policyById } from './store.ts'
import {
  AddSchedulingPolicy,
  RemoveSchedulingPolicy,
  type SchedulingPolicyRow,
  UpdateSchedulingPolicy,
} from './types.ts'

const Done = z.object({ id: z.string() })
const permit = { action: 'configure_engine', on: () => systemRef } as const

async function freeName(ctx: Ctx, verb: string, name: string, except: string | null): Promise<void> {
  await lockWord(ctx.sql, 'scheduling policies')
  const taken = (await allPolicies(ctx.sql)).some(
    policy => policy.id !== except && policy.name.toLowerCase() === name.toLowerCase(),
  )
  if (taken)
    throw conflict(
      'scheduling_policy.name_taken',
      `Cannot ${verb} Scheduling Policy. The Scheduling Policy name is already in use.`,
    )
}

/** A policy that people made; those of the product cannot be changed. */
async function own(ctx: Ctx, verb: string, id: string): Promise<SchedulingPolicyRow> {
  const policy = await policyById(ctx.sql, id)
  if (policy === undefined)
    throw notFound('scheduling_policy.not_found', `Entity not found: SchedulingPolicy: id=${id}`)
  if (policy.locked)
    throw conflict(
      'scheduling_policy.locked',
      `Cannot ${verb} Scheduling Policy. ${policy.name} belongs to the product; make a policy of your own instead.`,
    )
  return policy
}

const noUnitTwice = (verb: string, unitIds: readonly string[]) => {
  if (new Set(unitIds).size < unitIds.length)
    throw conflict('scheduling_policy.unit_twice', `Cannot ${verb} Scheduling Policy. One of its units is named twice.`)
}

/** Makes a policy of filters, weights and a way to balance. */
export const add = operation({
  name: 'schedulingPolicy.add',
  input: AddSchedulingPolicy,
  output: Done,
  permit,
  async run(ctx, i) {
    await freeName(ctx, 'add', i.name, null)
    const { filters = [], weights = [] } = i
    noUnitTwice(
      'add',
      filters.map(f => f.unitId),
    )
    noUnitTwice(
      'add',
      weights.map(w => w.unitId),
    )
    const id = randomUUID()
    await ctx.sql`insert into scheduling_policy (id, name, description, filters, weights, balance_ids, properties)
      values (${id}, ${i.name}, ${i.description ?? ''}, ${json(filters)}, ${json(weights)}, ${i.balanceIds ?? []}::uuid[],
        ${json(i.properties ?? {})})`
    ctx.changed('scheduling_policy', id)
    ctx.event('scheduling_policy.added', {
      refs: [{ kind: 'scheduling_policy', id, name: i.name }],
      args: { policy: i.name },
    })
    return { id }
  },
})

/** Changes a policy; clusters that have it place by it at once. */
export const update = operation({
  name: 'schedulingPolicy.update',
  input: UpdateSchedulingPolicy,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await own(ctx, 'edit', i.id)
    mustBeSeen(row, i.version)
    if (i.name !== undefined && i.name !== row.name) await freeName(ctx, 'edit', i.name, i.id)
    const { filters = row.filters, weights = row.weights } = i
    noUnitTwice(
      'edit',
      filters.map(f => f.unitId),
    )
    noUnitTwice(
      'edit',
      weights.map(w => w.unitId),
    )
    const name = i.name ?? row.name
    await ctx.sql`update scheduling_policy set name = ${name}, description = ${i.description ?? row.description},
      filters = ${json(filters)}, weights = ${json(weights)}, balance_ids = ${[...(i.balanceIds ?? row.balanceIds)]}::uuid[],
      properties = ${json(i.properties ?? row.properties)}, version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('scheduling_policy', i.id)
    ctx.event('scheduling_policy.updated', {
      refs: [{ kind: 'scheduling_policy', id: i.id, name }],
      args: { policy: name },
    })
    return { id: i.id }
  },
})

/** Removes a policy that no cluster has. */
export const remove = operation({
  name: 'schedulingPolicy.remove',
  input: RemoveSchedulingPolicy,
  output: Done,
  permit,
  async run(ctx, i) {
    const row = await own(ctx, 'remove', i.id)
    const users = await ctx.sql<{ name: string }>`
      select name from cluster where scheduling_policy_id = ${i.id}::uuid order by name limit 20`
    if (users.length > 0)
      throw conflict(
        'scheduling_policy.in_use',
        `Cannot remove Scheduling Policy. Clusters use it: ${users.map(c => c.name).join(', ')}. Give them another one first.`,
        { detail: { clusters: users.map(c => c.name) } },
      )
    ctx.changed('scheduling_policy', i.id, { gone: true })
    await ctx.sql`delete from scheduling_policy where id = ${i.id}::uuid`
    ctx.event('scheduling_policy.removed', {
      refs: [{ kind: 'scheduling_policy', id: i.id, name: row.name }],
      args: { policy: row.name },
    })
    return { id: i.id }
  },
})
