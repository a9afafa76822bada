import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { id } from '../../inventory/input.ts'
import { mediumName } from '../vm/medium.ts'
import type { VmRow } from '../vm/types.ts'
import type { CdromRow } from './types.ts'

/** The CD drive of each VM. */
export const list = query({
  name: 'cdrom.list',
  input: z.strictObject({ vmIds: z.array(id).max(10_000) }),
  async run(ctx, i): Promise<CdromRow[]> {
    const rows = await ctx.sql<
      Pick<VmRow, 'id' | 'config' | 'nextRun' | 'runMedium'> & { mediumDiskId: string | null }
    >`
      select v.id, v.config, v.next_run, v.run_medium,
             (select d.id from disk d where d.volume_id::text = v.run_medium ->> 'volumeId') as medium_disk_id
        from ${visible(ctx, 'vm')} v where v.id = any (${i.vmIds}::uuid[]) order by v.id`
    return rows.map(row => ({
      vmId: row.id,
      stored: mediumName((row.nextRun ?? row.config).cdrom ?? null),
      current: row.runMedium === null ? null : 'file' in row.runMedium ? row.runMedium.file : row.mediumDiskId,
    }))
  },
})
