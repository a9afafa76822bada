import { z } from 'zod'
import type { Ctx } from '../core/ctx.ts'
import type { Ref } from '../core/kinds.ts'
import { query } from '../core/query.ts'
import { visible } from '../core/visible.ts'
import { fragment, join, json, SqlFragment } from '../db/index.ts'
import { compileSearch, type SearchTable } from '../search/index.ts'
import type { Severity } from './catalog.ts'

/** A line of history as queries return it. `position` is its number and the cursor of whoever follows. */
export interface EventRow {
  id: number
  position: number
  at: Date
  code: number
  name: string
  severity: Severity
  actorId: string | null
  actorName: string | null
  correlationId: string | null
  jobId: string | null
  message: string
  refs: Ref[]
  /** What stands in the places of its text, for pages that word it in another language by `name`. */
  args: Record<string, string | number>
  origin: string
  customId: number
}

/** A compiled search over the visible row, which is called `v`. */
const search = z.custom<{ where?: SqlFragment; orderBy?: SqlFragment }>(
  value =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(v => v === undefined || v instanceof SqlFragment),
)

const ListEvents = z.strictObject({
  /** Only numbers greater than this. */
  from: z.int().optional(),
  /** Exactly these numbers. */
  positions: z.array(z.int()).max(10_000).optional(),
  max: z.int().min(0).optional(),
  search: search.optional(),
})

/** Numbered events that the asker may see, newest first. */
export const list = query({
  name: 'event.list',
  input: ListEvents,
  run(ctx: Ctx, i): Promise<EventRow[]> {
    const conditions = [
      fragment`v.position is not null and not v.hidden`,
      ...(i.from === undefined ? [] : [fragment`v.position > ${i.from}`]),
      ...(i.positions === undefined ? [] : [fragment`v.position = any (${i.positions}::bigint[])`]),
      ...(i.search?.where === undefined ? [] : [fragment`(${i.search.where})`]),
    ]
    const statement = fragment`select v.* from ${visible(ctx, 'event')} v where ${join(conditions, ' and ')}
      order by ${i.search?.orderBy === undefined ? fragment`v.position desc` : fragment`${i.search.orderBy}, v.position desc`}
      limit ${i.max ?? null}::bigint`
    return i.search === undefined ? ctx.sql<EventRow>`${statement}` : ctx.sql.unnamed<EventRow>(statement)
  },
})

/** A name that an event's refs carry for a kind. */
const named = (kind: string): SearchTable['fields'][string] => ({
  sql: fragment`r.name`,
  type: 'text',
  within: condition =>
    fragment`exists (select 1 from jsonb_to_recordset(v.refs) as r(kind text, id uuid, name text) where r.kind = ${kind} and ${condition})`,
})

/** Numbered events by the text that people type, newest first; `before` goes on where the last page ended. */
export const searchEvents = query({
  name: 'event.search',
  input: z.strictObject({
    text: z.string().max(4000).default(''),
    before: z.int().optional(),
    /** Only events about this entity. */
    about: z.strictObject({ kind: z.string().max(64), id: z.guid() }).optional(),
    max: z.int().min(1).max(500).default(100),
  }),
  run(ctx: Ctx, i): Promise<EventRow[]> {
    const { where } = compileSearch(i.text, eventFields, { seen: other => visible(ctx, other) })
    const conditions = [
      fragment`v.position is not null and not v.hidden`,
      ...(i.before === undefined ? [] : [fragment`v.position < ${i.before}`]),
      ...(i.about === undefined ? [] : [fragment`v.refs @> ${json([i.about])}::jsonb`]),
      ...(where === undefined ? [] : [fragment`(${where})`]),
    ]
    return ctx.sql.unnamed<EventRow>(fragment`
      select v.id, v.position, v.at, v.code, v.name, v.severity, v.actor_id, v.actor_name, v.correlation_id, v.job_id, v.message, v.refs,
             v.args, v.origin, v.custom_id
        from ${visible(ctx, 'event')} v where ${join(conditions, ' and ')} order by v.position desc limit ${i.max}::int`)
  },
})

/** What events can be searched by (fact sheet 1.8). */
export const eventFields: SearchTable = {
  fields: {
    type: { sql: fragment`v.code`, type: 'number' },
    severity: { sql: fragment`v.severity`, type: 'enum' },
    message: { sql: fragment`v.message`, type: 'text' },
    time: { sql: fragment`v.at`, type: 'time' },
    usrname: { sql: fragment`v.actor_name`, type: 'text' },
    correlation_id: { sql: fragment`v.correlation_id`, type: 'text' },
    origin: { sql: fragment`v.origin`, type: 'text' },
    custom_event_id: { sql: fragment`v.custom_id`, type: 'number' },
    event_host: named('host'),
    'host.name': named('host'),
    event_vm: named('vm'),
    'vm.name': named('vm'),
    event_template: named('template'),
    event_storage: named('storage_domain'),
    event_datacenter: named('data_center'),
  },
  default: ['message'],
  prefixes: ['event', 'events'],
}
