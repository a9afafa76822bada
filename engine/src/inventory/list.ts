import { z } from 'zod'
import type { Ctx } from '../core/ctx.ts'
import type { RowKind } from '../core/kinds.ts'
import { visible } from '../core/visible.ts'
import { fragment, join, type RememberedRows, SqlFragment } from '../db/index.ts'
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

/** What a list asks for beside its input. */
interface ListOptions {
  and?: (SqlFragment | undefined)[]
  orderBy: SqlFragment
  columns?: SqlFragment
}

/** Rows of a kind that the asker may see. One statement. */
export function listRows<R>(ctx: Ctx, kind: RowKind, input: ListInput, o: ListOptions): Promise<R[]> {
  const statement = listStatement(ctx, kind, input, o)
  return isNamed(input) ? ctx.sql<R>`${statement}` : ctx.sql.unnamed<R>(statement)
}

/** The same for wide rows that are asked for often: those that look as they did last time are not made anew. */
export async function rememberedRows<R extends object>(
  ctx: Ctx,
  kind: RowKind,
  input: ListInput,
  o: ListOptions & { memory: RememberedRows<R> },
): Promise<R[]> {
  return o.memory.rowsOf(await ctx.sql.raw(listStatement(ctx, kind, input, o), { named: isNamed(input) }))
}

/** Searches have endless shapes, and a named statement stays on its connection for ever. */
const isNamed = (input: ListInput): boolean => input.search === undefined

function listStatement(ctx: Ctx, kind: RowKind, input: ListInput, o: ListOptions): SqlFragment {
  const { ids, max, skip, search } = input
  const conditions = [
    ...(ids === undefined ? [] : [fragment`v.id = any (${ids}::uuid[])`]),
    ...(o.and ?? []).filter(f => f !== undefined),
    ...(search?.where === undefined ? [] : [fragment`(${search.where})`]),
  ]
  return fragment`select ${o.columns ?? fragment`v.*`} from ${visible(ctx, kind)} v
    where ${conditions.length === 0 ? fragment`true` : join(conditions, ' and ')}
    order by ${search?.orderBy === undefined ? o.orderBy : fragment`${search.orderBy}, v.id`}
    limit ${max ?? null}::bigint offset ${skip ?? 0}::bigint`
}

/** `column = any (ids)`, or nothing when no ids were asked for. */
export const among = (column: SqlFragment, ids: readonly string[] | undefined): SqlFragment | undefined =>
  ids === undefined ? undefined : fragment`${column} = any (${ids}::uuid[])`
