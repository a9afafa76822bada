import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { id } from '../../inventory/input.ts'
import { VmConfig } from '../vm/config.ts'
import type { ConsoleRow, Viewer } from './types.ts'

/** Ids of graphics consoles: hex of the protocol's name. */
export const consoleIds = { vnc: '766e63', spice: '7370696365' } as const

/** Graphics consoles of VMs; none for a headless one. */
export const list = query({
  name: 'console.list',
  input: z.strictObject({ vmIds: z.array(id).max(10_000) }),
  async run(ctx, i): Promise<ConsoleRow[]> {
    const rows = await ctx.sql<{ id: string; config: VmConfig; address: string | null; viewer: Viewer | null }>`
      select v.id, coalesce(v.run_config, v.config) as config, h.address, v.run_viewer as viewer
        from ${visible(ctx, 'vm')} v left join host h on h.id = v.host_id where v.id = any (${i.vmIds}::uuid[]) order by v.id`
    return rows.flatMap(row =>
      VmConfig.parse(row.config).display.consoles.map(protocol => ({
        vmId: row.id,
        id: consoleIds[protocol],
        protocol,
        address: row.viewer?.address ?? row.address,
        port: row.viewer?.port ?? null,
      })),
    )
  },
})
