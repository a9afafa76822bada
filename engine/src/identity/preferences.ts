import { invalid } from '@rookery/model'
import { z } from 'zod'
import { operation } from '../core/operation.ts'
import { query } from '../core/query.ts'
import { json } from '../db/index.ts'

/** Most keys that a user may have, and the most bytes of one as JSON. */
const limits = { keys: 200, bytes: 16_384 }

const Key = z.string().regex(/^[a-z][a-zA-Z0-9_.-]{0,63}$/, 'must be a word of at most 64 letters, digits and . _ -')

/** What the asker has chosen in the console: columns, theme, language, bookmarks. */
export const listPreferences = query({
  name: 'preference.list',
  input: z.strictObject({}),
  async run(ctx): Promise<Record<string, unknown>> {
    const rows = await ctx.sql<{ key: string; value: unknown }>`
      select key, value from preference where user_id = ${ctx.actor.userId}::uuid order by key`
    return Object.fromEntries(rows.map(row => [row.key, row.value]))
  },
})

/** Keeps one choice of the asker; null takes it away. */
export const setPreference = operation({
  name: 'preference.set',
  input: z.strictObject({ key: Key, value: z.json() }),
  permit: 'signedIn',
  async run(ctx, i) {
    const user = ctx.actor.userId
    if (i.value === null) {
      await ctx.sql`delete from preference where user_id = ${user}::uuid and key = ${i.key}`
      return
    }
    const size = Buffer.byteLength(JSON.stringify(i.value))
    if (size > limits.bytes)
      throw invalid('preference.too_large', `The value has ${size} bytes; at most ${limits.bytes} are kept.`)
    const [row] = await ctx.sql<{ count: number }>`
      select count(*)::int as count from preference where user_id = ${user}::uuid and key <> ${i.key}`
    if ((row?.count ?? 0) >= limits.keys)
      throw invalid('preference.too_many', `At most ${limits.keys} settings are kept; take one away first.`)
    await ctx.sql`insert into preference (user_id, key, value) values (${user}::uuid, ${i.key}, ${json(i.value)}::jsonb)
      on conflict (user_id, key) do update set value = excluded.value, updated_at = now()`
  },
})
