import { json, type Sql } from '../db/index.ts'
import { giveBack, charge as ledgerCharge, type Usage } from '../identity/usage.ts'

/** What the ledger counts. Bytes are capacities, as users see them; running ones are held by runs. */
export const resources = [
  'vms',
  'vcpus',
  'memory',
  'disks',
  'disk.bytes',
  'running.vms',
  'running.vcpus',
  'running.memory',
] as const
export type Resource = (typeof resources)[number]

/** Amounts by resource; zero and absent mean the same. */
export type Amounts = Partial<Record<Resource, number>>

/**
 * Adds to the usage of a project, in the transaction that makes the thing.
 *
 * @throws `quotaExceeded` when a limit would be passed; nothing is charged then
 */
export const charge = (sql: Sql, projectId: string, amounts: Amounts): Promise<void> =>
  ledgerCharge(sql, lines(projectId, amounts))

/** Gives back what {@link charge} took. */
export const refund = (sql: Sql, projectId: string, amounts: Amounts): Promise<void> =>
  giveBack(sql, lines(projectId, amounts))

const lines = (scope: string, amounts: Amounts): Usage[] =>
  resources.flatMap(resource => {
    const amount = amounts[resource] ?? 0
    return amount === 0 ? [] : [{ scope, resource, amount }]
  })

/** Usage as the things themselves say it. `doctor invariants` compares it with the ledger. */
export const recount = (sql: Sql): Promise<{ scope: string; resource: Resource; used: number }[]> =>
  sql`
    with counted as (
      select project_id as scope, 'disks' as resource, count(*)::bigint as used from disk group by 1
      union all select project_id, 'disk.bytes', sum(capacity)::bigint from disk group by 1
      union all select project_id, 'vms', count(*)::bigint from vm group by 1
      union all select project_id, 'memory', sum((config ->> 'memory')::bigint)::bigint from vm group by 1
      union all select project_id, 'vcpus', sum((config #>> '{cpu,sockets}')::bigint * (config #>> '{cpu,cores}')::bigint
                  * (config #>> '{cpu,threads}')::bigint)::bigint from vm group by 1
      union all select v.project_id, 'running.vms', count(*)::bigint from reservation r join vm_run u on u.id = r.run_id and not u.incoming
                  join vm v on v.id = u.vm_id group by 1
      union all select v.project_id, 'running.vcpus', sum(r.vcpus)::bigint from reservation r join vm_run u on u.id = r.run_id and not u.incoming
                  join vm v on v.id = u.vm_id group by 1
      union all select v.project_id, 'running.memory', sum(r.memory)::bigint from reservation r join vm_run u on u.id = r.run_id and not u.incoming
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
