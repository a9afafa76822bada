import type { HostFacts } from '@rookery/protocol'
import { fragment, type Sql } from '../../db/index.ts'
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

/** Hosts of a cluster as placement sees them: a few statements, whatever the number of hosts and VMs. */
export async function candidatesOf(
  sql: Sql,
  clusterId: string,
  need: Pick<Need, 'highlyAvailable'>,
  policy: Policy,
): Promise<Candidate[]> {
  const rows = await sql<Row>`
    select h.id, h.name, h.status, h.facts_at::text as facts_at,
           100 * ((n.stats ->> 'cpuUser')::float8 + (n.stats ->> 'cpuSystem')::float8) as cpu_used,
           100 * (n.stats ->> 'swapUsed')::float8 / nullif((n.stats ->> 'swapTotal')::float8, 0) as swap_used,
           exists (select 1 from spm s where s.host_id = h.id) as is_spm
      from host h left join host_now n on n.host_id = h.id
     where h.cluster_id = ${clusterId}::uuid order by h.id`
  const [capability, promised, reach, busy] = [
    await capabilitiesOf(sql, rows),
    await promisedOf(sql, clusterId, need.highlyAvailable || policy.haReservation),
    await reachOf(sql, clusterId),
    await busyOf(sql, rows, policy),
  ]
  return rows.map(row => ({
    ...(capability.get(row.id) ?? noCapability),
    id: row.id,
    name: row.name,
    status: row.status,
    cpuUsed: row.cpuUsed,
    swapUsed: row.swapUsed,
    isSpm: row.isSpm,
    cpuUsedAtLeast: busy.get(row.id) ?? null,
    ...(promised.get(row.id) ?? { reservedMemory: 0, reservedVcpus: 0, vms: 0, haMemory: 0, haVms: 0 }),
    networkIds: reach.networks.get(row.id) ?? [],
    storageDomainIds: reach.domains.get(row.id) ?? [],
  }))
}

async function capabilitiesOf(sql: Sql, rows: readonly Row[]): Promise<ReadonlyMap<string, Capability>> {
  const found = new Map<string, Capability>()
  const unknown: string[] = []
  for (const { id, factsAt } of rows) {
    const known = capabilities.get(id)
    if (known !== undefined && known.factsAt === factsAt) found.set(id, known.capability)
    else unknown.push(id)
  }
  if (unknown.length === 0) return found
  const read = await sql<{ id: string; factsAt: string | null; facts: HostFacts | null }>`
    select id, facts_at::text as facts_at, facts from host where id = any (${unknown}::uuid[])`
  for (const { id, factsAt, facts } of read) {
    if (facts === null) continue
    const capability = capabilityOf(facts)
    found.set(id, capability)
    if (factsAt === null) continue
    if (capabilities.size >= mostKnown) capabilities.clear()
    capabilities.set(id, { factsAt, capability })
  }
  return found
}

type Promised = Pick<Candidate, 'reservedMemory' | 'reservedVcpus' | 'vms' | 'haMemory' | 'haVms'>

async function promisedOf(sql: Sql, clusterId: string, withHa: boolean): Promise<ReadonlyMap<string, Promised>> {
  const rows = await sql<Promised & { hostId: string }>`
    select host_id, sum(memory)::bigint as reserved_memory, sum(vcpus)::int as reserved_vcpus, count(*)::int as vms,
           ${
             withHa
               ? fragment`coalesce(sum(memory) filter (where highly_available), 0)::bigint as ha_memory,
                          count(*) filter (where highly_available)::int as ha_vms`
               : fragment`0::bigint as ha_memory, 0 as ha_vms`
           }
      from reservation where cluster_id = ${clusterId}::uuid group by host_id`
  return new Map(rows.map(({ hostId, ...promised }) => [hostId, promised]))
}

async function reachOf(sql: Sql, clusterId: string) {
  // By cluster and not by a list of ids: 500 of them as a parameter took longer than the rest of the statement.
  const rows = await sql<{ hostId: string; kind: 'network' | 'domain'; ids: string[] }>`
    select n.host_id, 'network' as kind, array_agg(n.network_id::text) as ids
      from host h join host_network n on n.host_id = h.id where h.cluster_id = ${clusterId}::uuid group by n.host_id
    union all
    select s.host_id, 'domain', array_agg(s.storage_domain_id::text)
      from host h join storage_domain_host s on s.host_id = h.id and s.ok where h.cluster_id = ${clusterId}::uuid group by s.host_id`
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
