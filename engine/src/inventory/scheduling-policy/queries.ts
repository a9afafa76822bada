import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { units as allUnits, type PolicyUnit } from '../../compute/scheduling/units.ts'
import { listInput } from '../input.ts'
import { allPolicies } from './store.ts'
import type { SchedulingPolicyRow } from './types.ts'

/** Scheduling policies: those of the product, which everybody may read, then those that people made here. */
export const list = query({
  name: 'schedulingPolicy.list',
  input: z.strictObject({ ids: listInput.ids, max: listInput.max }),
  async run(ctx, i): Promise<SchedulingPolicyRow[]> {
    const rows = await allPolicies(ctx.sql, visible(ctx, 'scheduling_policy'))
    return rows.filter(({ id }) => i.ids === undefined || i.ids.includes(id)).slice(0, i.max)
  },
})

/** What policies are made of. */
export const units = query({
  name: 'schedulingPolicy.units',
  input: z.strictObject({}),
  run: async (): Promise<PolicyUnit[]> => [...allUnits],
})
