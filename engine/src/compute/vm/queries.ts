import { z } from 'zod'
import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { among, listOf, listRows } from '../../inventory/list.ts'
import { parsed, shown } from './store.ts'
import type { VmRow } from './types.ts'

/** VMs with their run, by name. */
export const list = query({
  name: 'vm.list',
  input: listOf({
    clusterIds: z.array(id).optional(),
    hostIds: z.array(id).optional(),
    /** VMs with a disk on one of these. */
    storageDomainIds: z.array(id).optional(),
  }),
  async run(ctx, i): Promise<VmRow[]> {
    const rows = await listRows<VmRow & { overcommit: number | null }>(ctx, 'vm', i, {
      columns: fragment`v.*, (select c.memory_overcommit from cluster c where c.id = v.cluster_id) as overcommit`,
      and: [
        among(fragment`v.cluster_id`, i.clusterIds),
        among(fragment`v.host_id`, i.hostIds),
        i.storageDomainIds === undefined
          ? undefined
          : fragment`exists (select 1 from disk_attachment a join disk d on d.id = a.disk_id
              where a.vm_id = v.id and d.storage_domain_id = any (${i.storageDomainIds}::uuid[]))`,
      ],
      orderBy: fragment`v.name, v.id`,
    })
    return rows.map(({ overcommit, ...rest }) => {
      const row = parsed(rest as VmRow)
      const percent = overcommit ?? 100
      return {
        ...row,
        config: shown(row.config, percent),
        nextRun: row.nextRun === null ? null : shown(row.nextRun, percent),
        runConfig: row.runConfig === null ? null : shown(row.runConfig, percent),
        runOverlay: row.runOverlay === null ? null : { ...row.runOverlay, initialization: undefined },
      }
    })
  },
})
