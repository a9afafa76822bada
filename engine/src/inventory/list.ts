import { z } from 'zod'
import type { Ctx } from '../core/ctx.ts'
import type { RowKind } from '../core/kinds.ts'
import { visible } from '../core/visible.ts'
import { fragment, join, SqlFragment } from '../db/index.ts'
import { listInput } from './input.ts'

/** A compiled search: a condition and an order over the visible row, which is called `v`. */
export interface Search {
  where?: SqlFragment | undefined
  orderBy?: SqlFragment | undefined
}

const isSearch = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(
    member => member === undefined || typeof member === 'number' || member instanceof SqlFragment,
  )

/** What every list query takes. `search` is made by the engine's own compiler; nothing that came over a wire passes. */
export const listOf = <S extends z.ZodRawShape>(more: S) =>
  z.strictObject({ ...listInput, search: z.custom<Search>(isSearch).optional(), ...more })

interface ListInput {
  ids?: string[] | undefined
  max?: number | undefined
  skip?: number | undefined
  search?: Search | undefined
}

/** Rows of a kind that the asker may see. One statement. */
export function listRows<R>(
  ctx: Ctx,
  kind: RowKind,
  input: ListInput,
  o: { and?: (SqlFragment | undefined)[]; orderBy: SqlFragment; columns?: SqlFragment },
): Promise<R[]> {
  const { ids, max, skip, search } = input
  const conditions = [
    ...(ids === undefined ? [] : [fragment`v.id = any (${ids}::uuid[])`]),
    ...(o.and ?? []).filter(f => f !== undefined),
    ...(search?.where === undefined ? [] : [fragment`(${search.where})`]),
  ]
  const statement = fragment`select ${o.columns ?? fragment`v.*`} from ${visible(ctx, kind)} v
    where ${conditions.length === 0 ? fragment`true` : join(conditions, ' and ')}
    order by ${search?.orderBy === undefined ? o.orderBy : fragment`${search.orderBy}, v.id`}
    limit ${max ?? null}::bigint offset ${skip ?? 0}::bigint`
  // Searches have endless shapes, and a named statement stays on its connection for ever.
  return search === undefined ? ctx.sql<R>`${statement}` : ctx.sql.unnamed<R>(statement)
}

/** `column = any (ids)`, or nothing when no ids were asked for. */
export const among = (column: SqlFragment, ids: readonly string[] | undefined): SqlFragment | undefined =>
  ids === undefined ? undefined : fragment`${column} = any (${ids}::uuid[])`
