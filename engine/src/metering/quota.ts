import { quotaExceeded } from '@rookery/model'
import { json, type Sql } from '../db/index.ts'

/** What the ledger counts. Bytes are capacities, as users see them; running ones are held by runs. */
export const resources = [
  'vms',
  'vcpus',
  'memory',
  'disks',
  'disk_bytes',
  'running_vms',
  'running_vcpus',
  'running_memory',
] as const
export type Resource = (typeof resources)[number]

/** Amounts by resource; zero and absent mean the same. */
export type Amounts = Partial<Record<Resource, number>>

/**
 * Adds to the usage of a project, in the transaction that makes the thing. Rows are changed in sorted order, so that two
 * that charge at once do not wait for each other in a circle.
 *
 * @throws `quotaExceeded` when a limit would be passed; nothing is charged then
 */
export async function charge(sql: Sql, projectId: string, amounts: Amounts): Promise<void> {
  for (const [resource, amount] of entries(amounts)) {
    await sql`insert into quota_use (scope, resource) values (${projectId}, ${resource}) on conflict do nothing`
    const charged = await sql.run`update quota_use set used = used + ${amount}::bigint
      where scope = ${projectId}::uuid and resource = ${resource} and ("limit" is null or used + ${amount}::bigint <= "limit")`
    if (charged === 0) {
      const row = await sql.one<{ used: number; limit: number }>`
        select used, "limit" from quota_use where scope = ${projectId}::uuid and resource = ${resource}`
      throw quotaExceeded(
        'quota.exceeded',
        `The limit of ${resource} would be exceeded: ${row.used} of ${row.limit} are used and ${amount} more are asked for.`,
        { detail: { resource, ...row, asked: amount } },
      )
    }
  }
}

/** Gives back what {@link charge} took. */
export async function refund(sql: Sql, projectId: string, amounts: Amounts): Promise<void> {
  for (const [resource, amount] of entries(amounts))
    await sql`update quota_use set used = greatest(0, used - ${amount}::bigint)
      where scope = ${projectId}::uuid and resource = ${resource}`
}

const entries = (amounts: Amounts): [Resource, number][] =>
  resources.toSorted().flatMap(resource => ((amounts[resource] ?? 0) === 0 ? [] : [[resource, amounts[resource] ?? 0]]))

/** Usage as the things themselves say it. `doctor invariants` compares it with the ledger. */
export const recount = (sql: Sql): Promise<{ scope: string; resource: Resource; used: number }[]> =>
  sql`
    with counted as (
      select project_id as scope, 'disks' as resource, count(*)::bigint as used from disk group by 1
      union all select project_id, 'disk_bytes', sum(capacity)::bigint from disk group by 1
      union all select project_id, 'vms', count(*)::bigint from vm group by 1
      union all select project_id, 'memory', sum((config ->> 'memory')::bigint)::bigint from vm group by 1
      union all select project_id, 'vcpus', sum((config #>> '{cpu,sockets}')::bigint * (config #>> '{cpu,cores}')::bigint
                  * (config #>> '{cpu,threads}')::bigint)::bigint from vm group by 1
      union all select v.project_id, 'running_vms', count(*)::bigint from reservation r join vm_run u on u.id = r.run_id
                  join vm v on v.id = u.vm_id group by 1
      union all select v.project_id, 'running_vcpus', sum(r.vcpus)::bigint from reservation r join vm_run u on u.id = r.run_id
                  join vm v on v.id = u.vm_id group by 1
      union all select v.project_id, 'running_memory', sum(r.memory)::bigint from reservation r join vm_run u on u.id = r.run_id
                  join vm v on v.id = u.vm_id group by 1
    )
    select * from counted where used > 0 order by scope, resource`

/** Where ledger and recount differ; empty when all is well. */
export async function quotaDifferences(
  sql: Sql,
): Promise<{ scope: string; resource: string; used: number; counted: number }[]> {
  const counted = await recount(sql)
  return sql`
    select coalesce(q.scope, c.scope) as scope, coalesce(q.resource, c.resource) as resource,
           coalesce(q.used, 0) as used, coalesce(c.used, 0) as counted
      from quota_use q
      full join jsonb_to_recordset(${json(counted)}::jsonb) as c(scope uuid, resource text, used bigint)
        on c.scope = q.scope and c.resource = q.resource
     where coalesce(q.used, 0) <> coalesce(c.used, 0)`
}
