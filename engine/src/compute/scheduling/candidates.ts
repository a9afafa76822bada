import type { HostFacts } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import { type Capability, capabilityOf, noCapability } from './capability.ts'
import type { Candidate, Need, Policy } from './need.ts'

interface Row {
  id: string
  name: string
  status: string
  /** Moves when the facts do. */
  factsAt: string | null
  cpuUsed: number | null
  swapUsed: number | null
  isSpm: boolean
  reservedMemory: number
  reservedVcpus: number
  vms: number
  haMemory: number
  haVms: number
  /** How many of the needed networks and storage domains it has. */
  networks: number
  domains: number
}

interface Known {
  factsAt: string
  capability: Capability
}

/**
 * What follows from hosts' facts, by host, kept between decisions: the facts of one host are some kilobytes of JSON, and reading those of
 * 500 hosts took most of a decision. It is exact: the time of the facts is read each time.
 */
const capabilities = new Map<string, Known>()
const mostKnown = 20_000

/** What of a need decides what is read of hosts. */
type Asked = Pick<Need, 'networks' | 'storageDomains'>

/**
 * Hosts of a cluster as placement sees them: one statement, whatever the number of hosts and VMs, and few more for what is rare. Of networks
 * and storage domains those that are needed are named, and no others.
 */
export async function candidatesOf(sql: Sql, clusterId: string, need: Asked, policy: Policy): Promise<Candidate[]> {
  const networkIds = need.networks.map(({ id }) => id)
  const domainIds = need.storageDomains.map(({ id }) => id)
  const rows = await sql<Row>`
    select h.id, h.name, h.status, h.facts_at::text as facts_at,
           100 * ((n.stats ->> 'cpuUser')::float8 + (n.stats ->> 'cpuSystem')::float8) as cpu_used,
           100 * (n.stats ->> 'swapUsed')::float8 / nullif((n.stats ->> 'swapTotal')::float8, 0) as swap_used,
           s.host_id is not null as is_spm,
           coalesce(p.memory, 0)::float8 as reserved_memory, coalesce(p.vcpus, 0)::int as reserved_vcpus, coalesce(p.vms, 0)::int as vms,
           coalesce(p.ha_memory, 0)::float8 as ha_memory, coalesce(p.ha_vms, 0)::int as ha_vms,
           coalesce(w.n, 0)::int as networks, coalesce(d.n, 0)::int as domains
      from host h
      left join host_now n on n.host_id = h.id
      left join (select distinct host_id from spm) s on s.host_id = h.id
      left join host_promise p on p.host_id = h.id
      left join (select host_id, count(*) as n from host_network where network_id = any (${networkIds}::uuid[]) group by host_id) w
        on w.host_id = h.id
      left join (select host_id, count(*) as n from storage_domain_host where ok and storage_domain_id = any (${domainIds}::uuid[])
                  group by host_id) d
        on d.host_id = h.id
     where h.cluster_id = ${clusterId}::uuid order by h.id`
  const capability = await capabilitiesOf(sql, rows)
  const busy = await busyOf(sql, rows, policy)
  const lacking = rows.filter(row => row.networks < networkIds.length || row.domains < domainIds.length)
  const reach = await reachOf(
    sql,
    lacking.map(row => row.id),
  )
  return rows.map((row, n) => ({
    ...(capability[n] ?? noCapability),
    id: row.id,
    name: row.name,
    status: row.status,
    cpuUsed: row.cpuUsed,
    swapUsed: row.swapUsed,
    isSpm: row.isSpm,
    cpuUsedAtLeast: busy.get(row.id) ?? null,
    reservedMemory: row.reservedMemory,
    reservedVcpus: row.reservedVcpus,
    vms: row.vms,
    haMemory: row.haMemory,
    haVms: row.haVms,
    networkIds: row.networks === networkIds.length ? networkIds : (reach.networks.get(row.id) ?? []),
    storageDomainIds: row.domains === domainIds.length ? domainIds : (reach.domains.get(row.id) ?? []),
  }))
}

/** What hosts can do, in their order. */
async function capabilitiesOf(sql: Sql, rows: readonly Row[]): Promise<Capability[]> {
  const unknown: string[] = []
  const found = rows.map(({ id, factsAt }) => {
    const known = capabilities.get(id)
    if (known !== undefined && known.factsAt === factsAt) return known.capability
    unknown.push(id)
    return noCapability
  })
  if (unknown.length === 0) return found
  const read = await sql<{ id: string; factsAt: string | null; facts: HostFacts | null }>`
    select id, facts_at::text as facts_at, facts from host where id = any (${unknown}::uuid[])`
  const fresh = new Map<string, Capability>()
  for (const { id, factsAt, facts } of read) {
    if (facts === null) continue
    const capability = capabilityOf(facts)
    fresh.set(id, capability)
    if (factsAt === null) continue
    if (capabilities.size >= mostKnown) capabilities.clear()
    capabilities.set(id, { factsAt, capability })
  }
  return rows.map(({ id }, n) => fresh.get(id) ?? found[n] ?? noCapability)
}

/** Networks and storage domains of hosts that lack some. */
async function reachOf(sql: Sql, hostIds: readonly string[]) {
  const rows =
    hostIds.length === 0
      ? []
      : await sql<{ hostId: string; kind: 'network' | 'domain'; ids: string[] }>`
    select host_id, 'network' as kind, array_agg(network_id::text) as ids
      from host_network where host_id = any (${[...hostIds]}::uuid[]) group by host_id
    union all
    select host_id, 'domain', array_agg(storage_domain_id::text)
      from storage_domain_host where ok and host_id = any (${[...hostIds]}::uuid[]) group by host_id`
  const of = (kind: string) => new Map(rows.filter(row => row.kind === kind).map(row => [row.hostId, row.ids]))
  return { networks: of('network'), domains: of('domain') }
}

/** For hosts that are busy now: how busy they were at least, percent, in the minutes that the policy looks back. */
async function busyOf(sql: Sql, rows: readonly Row[], policy: Policy): Promise<ReadonlyMap<string, number>> {
  const { highUtilization, cpuOverCommitDurationMinutes } = policy.properties
  const ids = rows.filter(row => (row.cpuUsed ?? 0) >= highUtilization).map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const found = await sql<{ hostId: string; least: number }>`
    select host_id, 100 * min(cpu)::float8 as least from sample
     where host_id = any (${ids}::uuid[]) and at > now() - make_interval(mins => ${cpuOverCommitDurationMinutes})
     group by host_id
    -- One number of a host that was just busy says nothing of how long.
    having max(at) - min(at) > make_interval(mins => ${cpuOverCommitDurationMinutes}) * 0.8`
  return new Map(found.map(({ hostId, least }) => [hostId, least]))
}

/** Until the end of the transaction nobody else decides about places in this cluster. */
export async function lockPlacement(sql: Sql, clusterId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`cluster ${clusterId}`}, 0))`
}
