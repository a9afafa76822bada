import type { Sql } from '../db/index.ts'

/** Events that are looked at in one statement. */
const most = 1000

/**
 * Removes events older than so many days, the oldest first; the newest stays whatever its age, since readers begin at it. Answers
 * how many went.
 */
export async function pruneEvents(sql: Sql, days: number): Promise<number> {
  for (let gone = 0; ; ) {
    // Ids follow time closely enough, and have an index; a search by time would read the whole history to find nothing.
    const dropped = await sql.run`
      delete from event where id in (
        select id from (select id, at from event where id < (select max(id) from event) order by id limit ${most}) oldest
         where at < now() - make_interval(days => ${days}))`
    gone += dropped
    if (dropped < most) return gone
  }
}
