import { quotaExceeded } from '@rookery/model'
import { json, type Sql } from '../db/index.ts'

/** So much of a resource for a project. */
export interface Usage {
  /** The project. */
  scope: string
  /** `memory`, `vcpus`, `disk.bytes`, `vms`, `running.vms`, …; bytes where it is a size. */
  resource: string
  amount: number
}

/** Amounts of the same scope and resource added up, in the order in which everybody changes rows. */
function sorted(usage: readonly Usage[]): Usage[] {
  const sums = new Map<string, Usage>()
  for (const each of usage) {
    const key = `${each.scope} ${each.resource}`
    const sum = (sums.get(key)?.amount ?? 0) + each.amount
    sums.set(key, { ...each, amount: sum })
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, each]) => each)
    .filter(each => each.amount !== 0)
}

/**
 * Adds to what projects use, in the transaction that inserts the entity or the job. With `jobId` the job holds the amounts:
 * should it fail, what it still holds is returned with its end.
 *
 * @throws `quotaExceeded` when a limit would be passed; nothing is charged then
 */
export async function charge(sql: Sql, usage: readonly Usage[], jobId?: string): Promise<void> {
  const lines = sorted(usage)
  for (const { scope, resource, amount } of lines) {
    const row = await sql.maybe`
      insert into quota_use as q (scope, resource, used) values (${scope}::uuid, ${resource}, ${amount})
      on conflict (scope, resource) do update set used = q.used + excluded.used
       where q."limit" is null or q.used + excluded.used <= q."limit"
      returning used`
    if (row === undefined)
      throw quotaExceeded(
        'quota.exceeded',
        `The project has no ${amount} of ${resource} left. Free some, or ask for more.`,
        {
          detail: { scope, resource, amount },
        },
      )
  }
  if (jobId === undefined || lines.length === 0) return
  await sql`
    insert into quota_held as h (job_id, scope, resource, amount)
    select j.root_id, l.scope, l.resource, l.amount
      from job j, jsonb_to_recordset(${json(lines)}::jsonb) as l(scope uuid, resource text, amount bigint)
     where j.id = ${jobId}::uuid
    on conflict (job_id, scope, resource) do update set amount = h.amount + excluded.amount`
}

/** Takes back from what projects use: when the entity goes, or (with `jobId`) when a step of a job is undone. */
export async function giveBack(sql: Sql, usage: readonly Usage[], jobId?: string): Promise<void> {
  for (const { scope, resource, amount } of sorted(usage)) {
    await sql`update quota_use set used = greatest(used - ${amount}::bigint, 0)
               where scope = ${scope}::uuid and resource = ${resource}`
    if (jobId !== undefined)
      await sql`
        update quota_held set amount = amount - ${amount}::bigint
         where job_id = (select root_id from job where id = ${jobId}::uuid) and scope = ${scope}::uuid and resource = ${resource}`
  }
}

/** Returns everything that a job still holds; part of its failed end. */
export async function returnAll(sql: Sql, rootJobId: string): Promise<void> {
  const held = await sql<Usage>`
    delete from quota_held where job_id = ${rootJobId}::uuid returning scope, resource, amount`
  await giveBack(sql, held)
}
