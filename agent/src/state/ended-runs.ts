import type { DatabaseSync } from 'node:sqlite'
import { EndedRun, rememberedEnds } from '@rookery/protocol'
import { inTransaction } from './database.ts'

/** How runs ended, kept for engines that did not watch then. */
export interface EndedRuns {
  /** Remembers an end; of a run that is remembered already the later word counts. */
  add(ended: EndedRun): void
  /** What is remembered, the oldest first. */
  all(): EndedRun[]
}

/** Ends in the agent's durable memory: the last 1000, of 7 days. `now` gives epoch milliseconds. */
export function keepEndedRuns(db: DatabaseSync, now: () => number = Date.now): EndedRuns {
  const forget = db.prepare('delete from ended_run where run_id = ?')
  const insert = db.prepare('insert into ended_run (run_id, body, at) values (?, ?, ?)')
  const tidy = db.prepare(
    'delete from ended_run where at < ? or ord <= (select max(ord) from ended_run) - cast(? as integer)',
  )
  const list = db.prepare('select body from ended_run where at >= ? order by ord')
  const oldest = () => now() - rememberedEnds.ms
  return {
    add(ended) {
      inTransaction(db, () => {
        forget.run(ended.runId)
        insert.run(ended.runId, JSON.stringify(ended), now())
        tidy.run(oldest(), rememberedEnds.count)
      })
    },
    all: () => list.all(oldest()).map(row => EndedRun.parse(JSON.parse(String(row.body)))),
  }
}
