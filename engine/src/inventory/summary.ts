import { z } from 'zod'
import { query } from '../core/query.ts'
import { visible } from '../core/visible.ts'

/** How many there are of what the asker may see, and how many of them work. */
export interface SummaryRow {
  hosts: number
  hostsUp: number
  storageDomains: number
  storageDomainsActive: number
  vms: number
  vmsActive: number
  users: number
}

/** Counts for the front page; one statement. */
export const summary = query({
  name: 'inventory.summary',
  input: z.strictObject({}),
  run: (ctx): Promise<SummaryRow> =>
    ctx.sql.one<SummaryRow>`
      select h.total as hosts, h.active as hosts_up, s.total as storage_domains, s.active as storage_domains_active,
             v.total as vms, v.active as vms_active, u.total as users
        from (select count(*) as total, count(*) filter (where status = 'up') as active from ${visible(ctx, 'host')} x) h,
             (select count(*) as total, count(*) filter (where status = 'active') as active from ${visible(ctx, 'storage_domain')} x) s,
             (select count(*) as total, count(*) filter (where status not in ('down', 'suspended', 'image_locked')) as active
                from ${visible(ctx, 'vm')} x) v,
             (select count(*) as total from ${visible(ctx, 'user')} x) u`,
})
