import type { Db } from '../db/index.ts'

const batch = 500

/**
 * Numbers committed events in the order in which they were written, a batch at a time. Positions are what clients page and
 * resume by, so they appear in order and without holes that fill later; the identity column alone could not promise that.
 * Any engine may run it: an advisory lock lets one at a time. Resolves with how many it numbered; -1 when another one is at it.
 */
export function numberEvents(db: Db): Promise<number> {
  return db.transaction(async tx => {
    const { sql } = tx
    const { mine } = await sql.one<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended('event sequencer', 0)) as mine`
    if (!mine) return -1
    const count = await sql.run`
      update event e set position = t.top + n.row
        from (select id, row_number() over (order by id) as row
                from (select id from event where position is null order by id limit ${batch}) waiting) n,
             (select coalesce(max(position), 0) as top from event where position is not null) t
       where e.id = n.id`
    if (count > 0) tx.notify('event-numbered')
    return count
  })
}

/** Numbers until nothing is left. */
export async function numberAllEvents(db: Db): Promise<void> {
  while ((await numberEvents(db)) === batch);
}
