import { z } from 'zod'
import type { RowKind } from '../core/kinds.ts'
import { query } from '../core/query.ts'
import { visible } from '../core/visible.ts'
import { fragment, type SqlFragment } from '../db/index.ts'
import { compileSearch } from './compile.ts'
import type { SearchTable } from './field.ts'

/** Longer lists ask for a narrower search: 50,000 ids are more than a person scrolls through. */
export const mostIds = 50_000

/** The longest search text, characters: a name of 4 KB may stand in it, with what is escaped. */
const mostText = 16_000

/** The spine of a list: the ordered ids of everything that was found, and how much there is. */
export interface Found {
  ids: string[]
  /** Of everything that matches, also beyond `max`. */
  total: number
}

const Search = z.strictObject({
  /** oVirt's search language without the prefix: `status = up and host.name = hyper* sortby name desc`. Absent: everything. */
  text: z.string().max(mostText).default(''),
  max: z.int().min(1).max(mostIds).default(mostIds),
})

/**
 * The search query of a kind, `<name>.search`: ordered ids by the text that people type. Pages fetch rows by id from `<name>.list`,
 * as many as they show; so a list of 10,000 costs 250 kB once, and its order can stand still.
 */
export const searchOf = (name: string, kind: RowKind, table: SearchTable, order: SqlFragment) =>
  query({
    name: `${name}.search`,
    input: Search,
    async run(ctx, i): Promise<Found> {
      const { where, orderBy } = compileSearch(i.text, table, { seen: other => visible(ctx, other) })
      const rows = await ctx.sql.unnamed<{ id: string; total: number }>(fragment`
        select v.id, count(*) over ()::int as total from ${visible(ctx, kind)} v where ${where ?? fragment`true`}
         order by ${orderBy === undefined ? order : fragment`${orderBy}, ${order}`} limit ${i.max}::int`)
      return { ids: rows.map(row => row.id), total: rows[0]?.total ?? 0 }
    },
  })
