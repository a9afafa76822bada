import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { id } from '../input.ts'
import type { FenceAgentRow } from './types.ts'

/** Fence agents of hosts that the asker may see, in the order in which they are asked. Never their passwords. */
export const list = query({
  name: 'fenceAgent.list',
  input: z.strictObject({ ids: z.array(id).optional(), hostIds: z.array(id).optional() }),
  run: (ctx, i): Promise<FenceAgentRow[]> =>
    ctx.sql<FenceAgentRow>`
      select f.id, f.host_id, f.position, f.concurrent, f.type, f.address, f.port, f.username, f.encrypt_options, f.options,
             f.created_at, f.version
        from ${visible(ctx, 'host')} v join fence_agent f on f.host_id = v.id
       where (${i.ids ?? null}::uuid[] is null or f.id = any (${i.ids ?? null}::uuid[]))
         and (${i.hostIds ?? null}::uuid[] is null or f.host_id = any (${i.hostIds ?? null}::uuid[]))
       order by f.host_id, f.position, f.address, f.id`,
})
