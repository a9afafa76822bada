import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { among, listOf, listRows } from '../../inventory/list.ts'
import type { IsoFileRow, StorageDomainRow } from './types.ts'

/** Storage domains, by name. */
export const list = query({
  name: 'storageDomain.list',
  input: listOf({ dataCenterIds: z.array(id).optional() }),
  run: (ctx, i): Promise<StorageDomainRow[]> =>
    listRows(ctx, 'storage_domain', i, {
      and: [among(fragment`v.data_center_id`, i.dataCenterIds)],
      orderBy: fragment`v.name, v.id`,
    }),
})

/** Files on ISO domains, as their hosts last listed them. */
export const files = query({
  name: 'storageDomain.files',
  input: z.strictObject({
    storageDomainIds: z.array(id).max(1000).optional(),
    names: z.array(z.string()).max(1000).optional(),
    max: z.int().min(0).optional(),
  }),
  run: (ctx, i): Promise<IsoFileRow[]> =>
    ctx.sql<IsoFileRow>`
      select f.storage_domain_id, f.name, f.size from iso_file f join ${visible(ctx, 'storage_domain')} v on v.id = f.storage_domain_id
       where ${among(fragment`f.storage_domain_id`, i.storageDomainIds) ?? fragment`true`}
         and (${i.names ?? null}::text[] is null or f.name = any (${i.names ?? null}::text[]))
       order by f.name limit ${i.max ?? null}::bigint`,
})
