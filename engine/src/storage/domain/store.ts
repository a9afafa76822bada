import type { StorageDomainStatus } from '@rookery/model'
import type { Sql } from '../../db/index.ts'
import type { StorageDomainRow } from './types.ts'

/** A storage domain by id, whoever asks. */
export const getDomain = (sql: Sql, id: string): Promise<StorageDomainRow | undefined> =>
  sql.maybe<StorageDomainRow>`select * from storage_domain_view where id = ${id}::uuid`

/** Moves the status of a domain; false when it was not in one of `from`. */
export async function moveDomain(
  sql: Sql,
  id: string,
  to: StorageDomainStatus,
  from: readonly StorageDomainStatus[],
): Promise<boolean> {
  return (
    (await sql.run`update storage_domain set status = ${to} where id = ${id}::uuid and status = any (${[...from]}::text[])`) >
    0
  )
}

/**
 * Whoever connects a new domain on the hosts that are up, and a host that comes up with the domains that there are, take turns in looking:
 * otherwise both could look before the other has written.
 */
export const lockConnections = async (sql: Sql, dataCenterId: string): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`connections ${dataCenterId}`}, 0))`
}

/** Hosts that are up and whose cluster belongs to the data center. */
export async function upHosts(sql: Sql, dataCenterId: string): Promise<{ id: string; name: string }[]> {
  return sql`select h.id, h.name from host h join cluster c on c.id = h.cluster_id
    where c.data_center_id = ${dataCenterId}::uuid and h.status = 'up' order by h.id`
}

/**
 * Lets the status of a data center's working domains follow what its hosts say: active when a host that is up sees it, inactive
 * when such hosts do not, unknown when there is none. Returns the ids of those that moved.
 */
export async function followReports(sql: Sql, dataCenterId: string): Promise<string[]> {
  const moved = await sql<{ id: string }>`
    update storage_domain s set status = f.status
      from (
        select d.id,
               case when not exists (select 1 from host h join cluster c on c.id = h.cluster_id
                                      where c.data_center_id = d.data_center_id and h.status = 'up') then 'unknown'
                    when exists (select 1 from storage_domain_host x join host h on h.id = x.host_id
                                  where x.storage_domain_id = d.id and x.ok and h.status = 'up') then 'active'
                    else 'inactive' end as status
          from storage_domain d
         where d.data_center_id = ${dataCenterId}::uuid and d.status in ('active', 'inactive', 'unknown')
      ) f
     where f.id = s.id and s.status <> f.status
    returning s.id`
  return moved.map(row => row.id)
}
