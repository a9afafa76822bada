import { conflict } from '@rookery/model'
import type { LeaseDeclared } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import type { Job } from '../../jobs/index.ts'

/** A storage domain with leases, and the hosts that can speak about another one there. */
interface Place {
  id: string
  name: string
  observers: { id: string; name: string }[]
}

/** Most hosts that are asked about a domain before it counts as one that nobody reaches. */
const mostObservers = 3

/** Where a host may hold something, and its own name for itself there. Null: it was never heard, and holds nothing. */
async function placesOf(sql: Sql, hostId: string): Promise<{ hostUuid: string | null; name: string; places: Place[] }> {
  const host = await sql.maybe<{ hostUuid: string | null; name: string; dataCenterId: string | null }>`
    select h.host_uuid, h.name, c.data_center_id from host h join cluster c on c.id = h.cluster_id where h.id = ${hostId}::uuid`
  if (host === undefined || host.dataCenterId === null) return { hostUuid: null, name: host?.name ?? '', places: [] }
  const places = await sql<Place>`
    select s.id, s.name, coalesce(
             (select jsonb_agg(o order by o.name) from (
                select h.id, h.name from storage_domain_host x join host h on h.id = x.host_id
                 where x.storage_domain_id = s.id and h.id <> ${hostId}::uuid and h.status = 'up' and x.ok and x.lease ->> 'state' = 'valid'
                 order by h.name limit ${mostObservers}) o), '[]') as observers
      from storage_domain s
     where s.data_center_id = ${host.dataCenterId}::uuid and s.connection -> 'lease' = 'true' and s.status <> 'maintenance'
     order by s.name`
  return { hostUuid: host.hostUuid, name: host.name, places }
}

/** What came of it: on which domains nobody could be asked. What the host holds there stays taken until it is asked again. */
export interface Declaration {
  undeclared: string[]
}

/**
 * Has a host called dead on every storage domain with leases, by hosts that are alive: only then others can take what it holds. To be done
 * after its power was seen off, or a person said so, and before its runs count as ended. `expired` needs neither, and frees only what is
 * held in a way that time frees: for hosts with a watchdog.
 *
 * @throws `conflict` `host.alive_on_storage` when it is seen to renew its lease: whatever was said of it, it runs
 */
export async function declareDead(
  j: Job,
  name: string,
  o: { hostId: string; cause: 'fenced' | 'confirmed' | 'expired' },
): Promise<Declaration> {
  const { hostUuid, name: host, places } = await j.tx(`${name}: where`, ({ sql }) => placesOf(sql, o.hostId))
  if (hostUuid === null) return { undeclared: [] }
  const said = await Promise.all(
    places.map(async place => {
      for (const observer of place.observers) {
        const attempt = await j.attempt(`${name}: ${place.name} by ${observer.name}`, j =>
          j.host<LeaseDeclared>('declare', observer.id, {
            kind: 'lease.declare',
            storageDomainId: place.id,
            hostUuid,
            cause: o.cause,
          }),
        )
        if (attempt.ok) return { place, declared: attempt.value }
      }
      return { place, declared: null }
    }),
  )
  for (const { place, declared } of said)
    if (declared !== null && !declared.dead) {
      const seconds = Math.round(declared.moved ?? 0)
      throw conflict(
        'host.alive_on_storage',
        `Host ${host} renewed its storage lease on ${place.name} ${seconds} seconds ago, so it runs. Switch it off and try again.`,
        { ref: { kind: 'host', id: o.hostId }, detail: { seconds, storageDomain: place.name } },
      )
    }
  return { undeclared: said.filter(({ declared }) => declared === null).map(({ place }) => place.name) }
}
