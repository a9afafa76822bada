import { z } from 'zod'
import { query } from '../../core/query.ts'
import { fragment, RememberedRows } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { among, listOf, rememberedRows } from '../../inventory/list.ts'
import { parsed, shown } from './store.ts'
import type { VmRow } from './types.ts'

/** Nothing in a row depends on who asks: who sees which row is the statement's matter. About 25 kB each with what hangs on it. */
const memory = new RememberedRows<VmRow>({
  most: 2000,
  make: row => {
    const { overcommit, ...rest } = row as unknown as VmRow & { overcommit: number | null }
    const { config, nextRun, runConfig, runOverlay, ...others } = parsed(rest)
    const percent = overcommit ?? 100
    return {
      ...others,
      config: shown(config, percent),
      nextRun: nextRun === null ? null : shown(nextRun, percent),
      runConfig: runConfig === null ? null : shown(runConfig, percent),
      runOverlay: runOverlay === null ? null : { ...runOverlay, initialization: undefined },
    }
  },
})

/** VMs with their run, by name. The rows are shared and frozen: copy before you change. */
export const list = query({
  name: 'vm.list',
  input: listOf({
    clusterIds: z.array(id).optional(),
    hostIds: z.array(id).optional(),
    /** VMs with a disk on one of these. */
    storageDomainIds: z.array(id).optional(),
  }),
  async run(ctx, i): Promise<VmRow[]> {
    return rememberedRows(ctx, 'vm', i, {
      memory,
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
  },
})
