import type { Sql } from '../../db/index.ts'

/** Notes that hosts were heard, each so many seconds ago. One that a fence reached since then is not heard by that. */
export async function noteSeen(sql: Sql, heard: readonly { hostId: string; seconds: number }[]): Promise<void> {
  await sql`
    update host h set seen_at = greatest(h.seen_at, now() - make_interval(secs => s.seconds))
      from (select * from unnest(${heard.map(each => each.hostId)}::uuid[], ${heard.map(each => each.seconds)}::float8[]) as s(id, seconds)
             order by id) s
     where h.id = s.id`
}
