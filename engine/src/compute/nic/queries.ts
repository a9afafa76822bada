import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { among } from '../../inventory/list.ts'
import { stableUuid } from '../../jobs/index.ts'
import type { VmRow } from '../vm/types.ts'
import type { NicRow, ReportedDeviceRow } from './types.ts'

/** Network cards of VMs that the asker may see, in the order in which the guests see them. */
export const list = query({
  name: 'nic.list',
  input: z.strictObject({
    ids: z.array(id).max(10_000).optional(),
    vmIds: z.array(id).max(10_000).optional(),
    max: z.int().min(0).optional(),
  }),
  run: (ctx, i): Promise<NicRow[]> =>
    ctx.sql<NicRow>`
      select n.*, p.network_id from nic n join ${visible(ctx, 'vm')} v on v.id = n.vm_id left join vnic_profile p on p.id = n.vnic_profile_id
       where ${among(fragment`n.vm_id`, i.vmIds) ?? fragment`true`} and ${among(fragment`n.id`, i.ids) ?? fragment`true`}
       order by n.vm_id, n.position, n.id limit ${i.max ?? null}::bigint`,
})

/** Devices with addresses that guest agents told of; empty for a VM that does not run. */
export const reportedDevices = query({
  name: 'vm.reportedDevices',
  input: z.strictObject({ vmIds: z.array(id).max(10_000) }),
  async run(ctx, i): Promise<ReportedDeviceRow[]> {
    const rows = await ctx.sql<Pick<VmRow, 'id' | 'guest'> & { macs: Record<string, string> | null }>`
      select v.id, v.guest, (select jsonb_object_agg(n.mac, n.id) from nic n where n.vm_id = v.id) as macs
        from ${visible(ctx, 'vm')} v where v.id = any (${i.vmIds}::uuid[]) and v.run_id is not null order by v.id`
    return rows.flatMap(row =>
      (row.guest?.nics ?? []).map(nic => ({
        id: stableUuid('reported device', row.id, nic.name),
        vmId: row.id,
        name: nic.name,
        mac: nic.mac,
        addresses: nic.addresses,
        nicId: (nic.mac === null ? undefined : row.macs?.[nic.mac.toLowerCase()]) ?? null,
      })),
    )
  },
})
