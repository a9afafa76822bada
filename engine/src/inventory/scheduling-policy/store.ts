import { ident, type Sql, type SqlFragment } from '../../db/index.ts'
import { builtInPolicies } from '../../compute/scheduling/policies.ts'
import type { SchedulingPolicyRow } from './types.ts'

const builtIn: readonly SchedulingPolicyRow[] = builtInPolicies.map(policy => ({ ...policy, version: 0 }))

/** Every policy: those of the product, then those that people made (`from`: as far as they are seen), by name. */
export async function allPolicies(
  sql: Sql,
  from: SqlFragment = ident('scheduling_policy'),
): Promise<SchedulingPolicyRow[]> {
  const own = await sql<SchedulingPolicyRow>`
    select id, name, description, false as locked, false as is_default, filters, weights, balance_ids::text[] as balance_ids,
           properties, version
      from ${from} v order by lower(name)`
  return [...builtIn, ...own]
}

/** A policy by id; those of the product need no statement. */
export async function policyById(sql: Sql, id: string): Promise<SchedulingPolicyRow | undefined> {
  return builtIn.find(policy => policy.id === id) ?? (await allPolicies(sql)).find(policy => policy.id === id)
}
