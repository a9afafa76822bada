import { forbidden, zeroUuid } from '@rookery/model'
import { z } from 'zod'
import { query } from '../core/query.ts'
import { holds } from '../core/visible.ts'
import { lookTwice, type Report } from './look.ts'

/**
 * What stands between database and hosts that must not be. It reads everything there is and waits for every host, with a
 * deadline: administrators alone may ask (docs/decisions/invariants.md).
 */
export const invariants = query({
  name: 'invariants',
  input: z.strictObject({
    /** Time between the two looks, milliseconds. */
    apartMs: z.int().min(0).max(60_000).default(3000),
  }),
  async run(ctx, i): Promise<Report> {
    if (!(await holds(ctx.sql, ctx.actor, 'configure_engine', { kind: 'system', id: zeroUuid })))
      throw forbidden('invariants.forbidden', 'Only administrators of the whole system may look at everything.')
    return lookTwice(ctx.env, i.apartMs)
  },
})
