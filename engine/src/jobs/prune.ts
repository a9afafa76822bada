import type { Sql } from '../db/index.ts'

/** Families of jobs that go in one statement: short locks, whatever has gathered. */
const most = 1000

/**
 * Removes jobs that ended longer ago than so many days, with their children and steps; a family goes as a whole, and one of which
 * anything is still open stays. Answers how many jobs went. Events keep their job's id, which then leads nowhere.
 */
export async function pruneJobs(sql: Sql, days: number): Promise<number> {
  let gone = 0
  for (;;) {
    const { families, jobs } = await sql.one<{ families: number; jobs: number }>`
      with recursive old as (
             select r.id from job r
              where r.parent_id is null
                and r.created_at < now() - make_interval(days => ${days})
                and r.ended_at < now() - make_interval(days => ${days})
                and not exists (select 1 from job open where open.root_id = r.id and open.ended_at is null)
              order by r.created_at limit ${most}),
           family as (
             select id from old
             union all
             select child.id from job child join family on child.parent_id = family.id),
           dropped as (delete from job where id in (select id from family) returning 1)
      select (select count(*) from old)::int as families, (select count(*) from dropped)::int as jobs`
    gone += jobs
    if (families < most) return gone
  }
}
