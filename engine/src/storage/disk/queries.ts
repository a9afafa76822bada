import { z } from 'zod'
import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { among, listOf, listRows } from '../../inventory/list.ts'
import type { DiskRow } from './types.ts'

/** Disks, by alias. */
export const list = query({
  name: 'disk.list',
  input: listOf({ storageDomainIds: z.array(id).optional(), vmIds: z.array(id).optional() }),
  run: (ctx, i): Promise<DiskRow[]> =>
    listRows(ctx, 'disk', i, {
      and: [
        among(fragment`v.storage_domain_id`, i.storageDomainIds),
        i.vmIds === undefined ? undefined : fragment`v.vm_ids && ${i.vmIds}::uuid[]`,
      ],
      orderBy: fragment`v.alias, v.id`,
    }),
})
