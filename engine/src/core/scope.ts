import type { JobId } from '@rookery/model'
import { ident, json, type Sql, type Tx } from '../db/index.ts'
import { catalog, type EventDetails, type EventName, eventText } from '../events/catalog.ts'
import { redact } from './redact.ts'
import type { Actor } from './ctx.ts'
import { type EntityKind, isRowKind, kindSpec, type RowKind } from './kinds.ts'
import { viewers } from './visible.ts'

/** An entity that a transaction has touched. */
export interface Change {
  kind: RowKind
  id: string
  gone: boolean
}

/** An event as it will be written. */
export interface PlannedEvent {
  name: EventName
  code: number
  severity: string
  message: string
  refs: readonly { kind: string; id: string; name?: string }[]
  args: Readonly<Record<string, string | number>>
  data: Record<string, unknown>
}

/** Columns of one changed row: before and after. Null before: it is new. */
export type RowChange = Record<string, [before: unknown, after: unknown]>

/** A job that was started in the transaction. */
export interface PlannedJob {
  id: JobId
  kind: string
  description: string
}

/** Who acts, for what is written beside the change. */
export interface ScopeOptions {
  actor: Pick<Actor, 'userId' | 'name' | 'kind'>
  correlationId: string | null
  jobId?: string
  /** Reads what is committed, outside the transaction; with it the first event keeps before and after of each column. */
  outside?: Sql
}

/** What a transaction collects and writes at its end: events, changes, and one notification. */
export class Scope {
  readonly tx: Tx
  readonly events: PlannedEvent[] = []
  readonly jobs: PlannedJob[] = []
  readonly #options: ScopeOptions
  readonly #changes = new Map<string, Change>()
  readonly #viewers = new Map<string, Promise<string[]>>()

  constructor(tx: Tx, options: ScopeOptions) {
    this.tx = tx
    this.#options = options
  }

  /** See `Ctx.event`. */
  event(name: EventName, details: EventDetails): void {
    const { code, severity } = catalog[name]
    const args = { user: this.#options.actor.name, ...details.args }
    const data = { ...details.data }
    this.events.push({ name, code, severity, message: eventText(name, args), refs: details.refs, args, data })
  }

  /** See `Ctx.changed`. */
  changed(kind: EntityKind, id: string, options: { gone?: boolean } = {}): void {
    if (!isRowKind(kind)) return
    const key = `${kind} ${id}`
    const gone = options.gone === true
    if (gone && !this.#viewers.has(key)) {
      // Statements of a transaction run in order, so this one reads before the delete that the caller does next.
      const asked = viewers(this.tx.sql, { kind, id })
      asked.catch(() => undefined) // awaited in `flush`
      this.#viewers.set(key, asked)
    }
    this.#changes.set(key, { kind, id, gone: gone || this.#changes.get(key)?.gone === true })
  }

  /** The entities touched so far. */
  get changes(): Change[] {
    return [...this.#changes.values()]
  }

  /** Writes events and changes; call it last in the transaction. */
  async flush(): Promise<void> {
    const { outside } = this.#options
    const first = this.events[0]
    if (first !== undefined && outside !== undefined) {
      const rows = await this.rowChanges(outside)
      if (Object.keys(rows).length > 0) first.data.changes = rows
    }
    if (this.events.length > 0) await this.#writeEvents()
    if (this.#changes.size > 0) await this.#writeChanges()
  }

  /** Before and after of every column that differs, by `kind/id`; secrets are left out. */
  async rowChanges(outside: Sql): Promise<Record<string, RowChange>> {
    const result: Record<string, RowChange> = {}
    for (const { kind, id } of this.changes) {
      const base = ident(kindSpec(kind).base)
      const read = async (sql: Sql) =>
        (
          await sql.maybe<{
            row: Record<string, unknown>
          }>`select to_jsonb(t) as row from ${base} t where id = ${id}::uuid`
        )?.row
      const [before, after] = [await read(outside), await read(this.tx.sql)]
      const diff = difference(before, after)
      if (Object.keys(diff).length > 0) result[`${kind}/${id}`] = diff
    }
    return result
  }

  async #writeEvents(): Promise<void> {
    const { actor, correlationId, jobId } = this.#options
    const rows = this.events.map(event => ({
      ...event,
      refs: event.refs.map(({ kind, id, name }) => ({ kind, id, name })),
    }))
    const actorId = actor.kind === 'user' ? actor.userId : null
    await this.tx.sql`
      insert into event (code, name, severity, message, refs, args, data, actor_id, actor_name, correlation_id, job_id)
      select e.code, e.name, e.severity, e.message, e.refs, e.args, e.data, ${actorId}::uuid, ${actor.name}::text,
             ${correlationId}::text, ${jobId ?? null}::uuid
        from jsonb_to_recordset(${json(rows)}::jsonb)
             as e(code int, name text, severity text, message text, refs jsonb, args jsonb, data jsonb)`
    this.tx.notify('event')
  }

  async #writeChanges(): Promise<void> {
    const rows = await Promise.all(
      this.changes.map(async ({ kind, id, gone }) => ({
        kind,
        id,
        gone,
        viewers: gone ? await this.#viewers.get(`${kind} ${id}`) : null,
      })),
    )
    await this.tx.sql`
      insert into change (kind, entity_id, gone, viewers)
      select c.kind, c.id, c.gone, c.viewers
        from jsonb_to_recordset(${json(rows)}::jsonb) as c(kind text, id uuid, gone boolean, viewers uuid[])`
    for (const { kind } of this.changes) this.tx.notify(`change:${kind}`)
  }
}

const unnoticed = new Set(['version', 'modified_at', 'updated_at'])

function difference(before?: Record<string, unknown>, after?: Record<string, unknown>): RowChange {
  const clean = { before: redact(before ?? {}), after: redact(after ?? {}) }
  const result: RowChange = {}
  for (const column of new Set([...Object.keys(clean.before), ...Object.keys(clean.after)])) {
    if (unnoticed.has(column)) continue
    const [old, now] = [clean.before[column] ?? null, clean.after[column] ?? null]
    if (JSON.stringify(old) !== JSON.stringify(now)) result[column] = [old, now]
  }
  return result
}
