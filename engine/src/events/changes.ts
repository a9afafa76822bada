import { isRowKind, kindSpec, type RowKind } from '../core/kinds.ts'
import { seenBy } from '../core/visible.ts'
import type { Actor } from '../core/ctx.ts'
import { fragment, ident, type Sql } from '../db/index.ts'

/** An entity that looks different now. */
export interface ChangeRow {
  kind: RowKind
  id: string
  gone: boolean
  /** Of something gone: who could see it, beside those who see everything. */
  viewers: string[] | null
}

/**
 * Where a reader stands: a snapshot of the database (`xmin:xmax:…`). Asking for what the last snapshot did not show is exact
 * whatever the order in which transactions commit; a highest number would miss those that commit late.
 */
export type Cursor = string

const cursorPattern = /^\d{1,20}:\d{1,20}:[\d,]{0,4000}$/

/** Whether a text may be a cursor; it comes back from clients as `Last-Event-ID`. */
export const isCursor = (text: string): boolean => cursorPattern.test(text)

/** The cursor of now. */
export const currentCursor = async (sql: Sql): Promise<Cursor> =>
  (await sql.one<{ at: string }>`select pg_current_snapshot()::text as at`).at

/** Changes are kept this long; a reader who comes back later must look at everything again. */
export const keepMinutes = 60

/**
 * What was committed since the cursor, each entity once, and the cursor of now. `lost` when the cursor is older than what is
 * kept, or of another database: then nobody knows what changed.
 */
export async function changesSince(
  sql: Sql,
  since: Cursor,
): Promise<{ changes: ChangeRow[]; cursor: Cursor; lost: boolean }> {
  const rows = await sql<{
    at: string
    lost: boolean
    kind: string | null
    id: string
    gone: boolean
    viewers: string[] | null
  }>`
    with me as (select pg_current_snapshot() as now, ${since}::pg_snapshot as last),
         seen as (
           select c.kind, c.entity_id as id, bool_or(c.gone) as gone, max(c.position) as position,
                  jsonb_agg(to_jsonb(c.viewers)) filter (where c.gone) -> 0 as viewers
             from change c, me
            where c.xid >= pg_snapshot_xmin(me.last) and not pg_visible_in_snapshot(c.xid, me.last)
            group by c.kind, c.entity_id)
    select me.now::text as at,
           pg_snapshot_xmax(me.last) > pg_snapshot_xmax(me.now)
             or coalesce((select s.value::text::xid8 from setting s where s.key = 'change.pruned'), '0'::xid8) > pg_snapshot_xmin(me.last) as lost,
           seen.kind, seen.id, seen.gone, seen.viewers
      from me left join seen on true
     order by seen.position`
  const first = rows[0] as (typeof rows)[number]
  const changes = rows.flatMap(({ kind, id, gone, viewers }) =>
    kind !== null && isRowKind(kind) ? [{ kind, id, gone, viewers }] : [],
  )
  return { changes, cursor: first.at, lost: first.lost }
}

/** Drops old rows and remembers up to where. */
export const pruneChanges = (sql: Sql): Promise<number> =>
  sql.run`
    with dropped as (delete from change where at < now() - make_interval(mins => ${keepMinutes}) returning xid),
         top as (select max(xid) as xid from dropped)
    insert into setting (key, value) select 'change.pruned', to_jsonb(xid::text::bigint) from top where xid is not null
    on conflict (key) do update set value = excluded.value, updated_at = now()`

/** What a client is told of one change. */
export interface ChangeMessage {
  kind: RowKind
  id: string
  /** Of kinds that have one. */
  version?: number
  gone?: true
}

const versionless = new Set<RowKind>(['job', 'event', 'role', 'permission', 'project'])

/** The changes that the actor may know of, each with the entity's version now. */
export async function tellable(sql: Sql, actor: Actor, changes: readonly ChangeRow[]): Promise<ChangeMessage[]> {
  const messages: ChangeMessage[] = []
  const byKind = Map.groupBy(
    changes.filter(change => !change.gone),
    change => change.kind,
  )
  for (const [kind, list] of byKind) {
    const ids = list.map(change => change.id)
    const base = ident(kindSpec(kind).base)
    const version = versionless.has(kind) ? fragment`null::int` : fragment`x.version`
    const may = actor.everything ? fragment`true` : seenBy(kind, actor.userId)
    // Base tables have the columns that `seenBy` looks at; the views only add to them.
    const rows = await sql<{ id: string; version: number | null }>`
      select x.id, ${version} as version from ${base} x where x.id = any (${ids}::uuid[]) and ${may}`
    for (const row of rows)
      messages.push({ kind, id: row.id, ...(row.version === null ? {} : { version: row.version }) })
  }
  for (const { kind, id, gone, viewers } of changes)
    if (gone && (actor.everything || viewers?.includes(actor.userId))) messages.push({ kind, id, gone: true })
  return messages
}
