import type { Sql } from '../../db/index.ts'
import { json } from '../../db/index.ts'
import { ClusterSettings } from '../cluster/types.ts'
import type { FencingState, SealedAgent } from './types.ts'
import { PowerManagement } from './types.ts'

/** Fence agents of a host in the order in which they are asked, their passwords sealed. */
export const agentsOf = (sql: Sql, hostId: string): Promise<SealedAgent[]> =>
  sql<SealedAgent>`select * from fence_agent where host_id = ${hostId}::uuid order by position, address, id`

/** A host that can run fence agents for others. */
export interface Proxy {
  id: string
  name: string
}

/** Hosts that may switch the power of this one: those of its cluster, then those of its data center. */
export const proxiesOf = (sql: Sql, hostId: string): Promise<Proxy[]> =>
  sql<Proxy>`
    select p.id, p.name
      from host h join cluster c on c.id = h.cluster_id
      join cluster d on d.id = c.id or d.data_center_id = c.data_center_id
      join host p on p.cluster_id = d.id and p.id <> h.id and p.status = 'up' and p.facts -> 'taskKinds' ? 'power.fence'
     where h.id = ${hostId}::uuid
     order by p.cluster_id <> h.cluster_id, p.name, p.id limit 3`

/** What the decision to fence a host that does not answer goes by. */
export interface Situation {
  powerManagement: PowerManagement
  agents: number
  proxies: number
  fencing: ClusterSettings['fencing']
  /** Hosts of its cluster that should be up, and how many of them do not answer. */
  hosts: number
  silent: number
  /** Seconds since another host last saw its lease on storage move; null: nobody looks. */
  storageSeconds: number | null
}

/** Looks at everything that decides about fencing a host. */
export async function situationOf(sql: Sql, hostId: string): Promise<Situation> {
  const row = await sql.one<{
    powerManagement: unknown
    agents: number
    settings: unknown
    hosts: number
    silent: number
    storageSeconds: number | null
  }>`
    select h.power_management, c.settings,
           (select count(*)::int from fence_agent f where f.host_id = h.id) as agents,
           (select count(*)::int from host o where o.cluster_id = h.cluster_id
               and (o.wanted = 'up' or o.status in ('connecting', 'non_responsive'))) as hosts,
           (select count(*)::int from host o where o.cluster_id = h.cluster_id
               and o.status in ('connecting', 'non_responsive')) as silent,
           extract(epoch from now() - h.storage_seen_at)::float8 as storage_seconds
      from host h join cluster c on c.id = h.cluster_id where h.id = ${hostId}::uuid`
  return {
    ...row,
    powerManagement: PowerManagement.parse(row.powerManagement),
    fencing: ClusterSettings.parse(row.settings).fencing,
    proxies: (await proxiesOf(sql, hostId)).length,
  }
}

/** Writes what came of a try, or why there was none. */
export async function writeFencing(sql: Sql, hostId: string, state: FencingState | null): Promise<void> {
  await sql`update host set fencing = ${json(state)}, status_reason = coalesce(${state?.message ?? null}, status_reason)
    where id = ${hostId}::uuid`
}
