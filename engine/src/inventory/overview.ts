import { z } from 'zod'
import { query } from '../core/query.ts'
import { visible } from '../core/visible.ts'

/** How many there are of what the asker may see, by status. */
export interface CountsRow {
  vms: Record<string, number>
  hosts: Record<string, number>
  storageDomains: Record<string, number>
  disks: number
  /** ISO images of ISO domains and disks that hold one. */
  isos: number
}

/** Counts by status for the dashboard; one statement. */
export const counts = query({
  name: 'inventory.counts',
  input: z.strictObject({}),
  run: (ctx): Promise<CountsRow> =>
    ctx.sql.one<CountsRow>`
      select (select coalesce(jsonb_object_agg(status, n), '{}') from (select status, count(*)::int as n from ${visible(ctx, 'vm')} x group by 1) s) as vms,
             (select coalesce(jsonb_object_agg(status, n), '{}') from (select status, count(*)::int as n from ${visible(ctx, 'host')} x group by 1) s) as hosts,
             (select coalesce(jsonb_object_agg(status, n), '{}')
                from (select status, count(*)::int as n from ${visible(ctx, 'storage_domain')} x group by 1) s) as storage_domains,
             (select count(*)::int from ${visible(ctx, 'disk')} x where x.content_type = 'data') as disks,
             ((select count(*) from iso_file f where f.storage_domain_id in (select x.id from ${visible(ctx, 'storage_domain')} x))
               + (select count(*) from ${visible(ctx, 'disk')} x where x.content_type = 'iso'))::int as isos`,
})

/** What the hosts and storage domains that the asker may see have, and what of it is used now. Bytes, and CPUs. */
export interface CapacityRow {
  cpus: number
  /** In CPUs: 1.5 of 4 are busy. */
  cpusUsed: number
  memory: number
  memoryUsed: number
  /** Reserved for VMs that run. */
  memoryPromised: number
  /** Of active data domains. */
  storage: number
  storageUsed: number
  /** Sum of the capacities of their disks. */
  storagePromised: number
}

/** The capacity of everything together, of hosts that are up; one statement. */
export const now = query({
  name: 'inventory.now',
  input: z.strictObject({}),
  run: (ctx): Promise<CapacityRow> =>
    ctx.sql.one<CapacityRow>`
      select h.*, s.* from
        (select coalesce(sum(cpus), 0)::float8 as cpus,
                coalesce(sum(cpus * ((x.stats ->> 'cpuUser')::float8 + (x.stats ->> 'cpuSystem')::float8)), 0)::float8 as cpus_used,
                coalesce(sum((x.facts ->> 'memory')::bigint), 0)::bigint as memory,
                coalesce(sum((x.stats ->> 'memoryUsed')::bigint), 0)::bigint as memory_used,
                coalesce(sum(x.committed_memory), 0)::bigint as memory_promised
           from ${visible(ctx, 'host')} x,
                lateral (select (x.facts #>> '{cpu,sockets}')::int * (x.facts #>> '{cpu,cores}')::int * (x.facts #>> '{cpu,threads}')::int as cpus) c
          where x.status = 'up') h,
        (select coalesce(sum(x.available + x.used), 0)::bigint as storage, coalesce(sum(x.used), 0)::bigint as storage_used,
                coalesce(sum(x.committed), 0)::bigint as storage_promised
           from ${visible(ctx, 'storage_domain')} x where x.type = 'data' and x.status = 'active') s`,
})
