import { conflict, forbidden, notFound } from '@rookery/model'
import type { Ctx } from '../core/ctx.ts'
import { kindSpec, type Ref, type RowKind } from '../core/kinds.ts'
import { holds, visible } from '../core/visible.ts'
import type { Sql } from '../db/index.ts'
import type { Permit } from '../identity/permits.ts'

/** An object that an input refers to. One that the asker may not see does not exist for him. */
export async function find<R>(ctx: Ctx, kind: RowKind, id: string): Promise<R> {
  const row = await ctx.sql.maybe<R>`select v.* from ${visible(ctx, kind)} v where v.id = ${id}::uuid`
  if (row === undefined) throw missing(kind, id)
  return row
}

/** The refusal for an id that nothing has. */
export function missing(kind: RowKind, id: string) {
  const { word } = kindSpec(kind)
  return notFound(`${kind}.not_found`, `Entity not found: ${word.charAt(0).toUpperCase()}${word.slice(1)}: id=${id}`, {
    ref: { kind, id },
  })
}

/** A permit that an operation needs on a further object, beside the one that it is about. */
export async function mustHold(ctx: Ctx, permit: Permit, ref: Ref): Promise<void> {
  if (await holds(ctx.sql, ctx.actor, permit, ref)) return
  throw forbidden('permission.missing', `User is not authorized to perform this action.`, { ref, detail: { permit } })
}

/** Refuses an update that was made from an older look at the row. */
export function mustBeSeen(
  row: { id: string; name?: string; alias?: string; version: number },
  seen: number | undefined,
): void {
  if (seen === undefined || seen === row.version) return
  throw conflict(
    'version.changed',
    `${row.name ?? row.alias ?? row.id} was changed by someone else. Look again and repeat.`,
    {
      detail: { seen, now: row.version },
    },
  )
}

/** Until the end of the transaction nobody else decides about this: a name in its data center, the addresses of a pool. */
export async function lockWord(sql: Sql, ...words: string[]): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${words.join('\n').toLowerCase()}, 0))`
}
