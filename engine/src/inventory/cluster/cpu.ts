import { baselineOf, bestTypeOf, cpuType, cpuVendor, missingForType, typeOfHost } from '@rookery/model'
import type { HostFacts } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import { json } from '../../db/index.ts'
import type { JobTx } from '../../jobs/index.ts'
import { ClusterSettings } from './types.ts'

/** What of a host's facts is asked here. */
export type CpuFacts = Pick<HostFacts, 'cpu' | 'acceleration'>

/** What a host lacks of the type of its cluster; empty: it meets it. Emulated CPUs do not depend on the host's own. Pure. */
export function missingOfCluster(typeName: string | null, facts: CpuFacts | null): string[] {
  const type = typeName === null ? undefined : cpuType(typeName)
  if (type === undefined || facts === null || facts.acceleration.kind === 'tcg') return []
  return missingForType(type, facts.cpu)
}

/** Hosts of a cluster that have said what they are, by name. */
export const cpusOf = (sql: Sql, clusterId: string) =>
  sql<{ id: string; name: string; status: string; facts: CpuFacts }>`
    select id, name, status, jsonb_build_object('cpu', facts -> 'cpu', 'acceleration', facts -> 'acceleration') as facts
      from host where cluster_id = ${clusterId}::uuid and facts ? 'cpu' and facts ? 'acceleration' order by name, id`

/**
 * Looks at the CPU of a host that is coming up. A cluster whose type nobody chose takes the one of its first host, and is brought down to
 * what all of its hosts have when a lesser one comes, as long as no guest runs with the higher one.
 *
 * @returns what the host lacks of the cluster's type; empty: it may come up
 */
export async function meetCluster(
  tx: Pick<JobTx, 'sql' | 'changed' | 'event'>,
  host: { id: string; clusterId: string; facts: HostFacts | null },
): Promise<string[]> {
  const { sql } = tx
  if (host.facts?.cpu === undefined || host.facts.acceleration === undefined) return []
  const cluster = await sql.one<{ name: string; cpuType: string | null; settings: unknown }>`
    select name, cpu_type, settings from cluster where id = ${host.clusterId}::uuid for update`
  const settings = ClusterSettings.parse(cluster.settings)
  const give = async (type: string | null) => {
    await sql`update cluster set cpu_type = ${type}, settings = ${json({ ...settings, cpuTypeFromHosts: true })}, version = version + 1
      where id = ${host.clusterId}::uuid`
    tx.changed('cluster', host.clusterId)
  }
  if (cluster.cpuType === null) {
    const { cpu, acceleration } = host.facts
    const type = acceleration.kind === 'tcg' ? typeOfHost(cpu) : bestTypeOf(cpu)
    if (type !== undefined) await give(type.name)
    return []
  }
  const missing = missingOfCluster(cluster.cpuType, host.facts)
  if (missing.length === 0 || !settings.cpuTypeFromHosts) return missing
  const running =
    await sql`select 1 from vm_run r join host h on h.id = r.host_id where h.cluster_id = ${host.clusterId}::uuid limit 1`
  if (running.length > 0) return missing
  // Hosts of another maker have nothing in common with those that were here first, and do not count.
  const vendor = cpuType(cluster.cpuType)?.vendor
  if (cpuVendor(host.facts.cpu.vendor) !== vendor) return missing
  const cpus = (await cpusOf(sql, host.clusterId))
    .filter(each => each.facts.acceleration.kind === 'kvm' && cpuVendor(each.facts.cpu.vendor) === vendor)
    .map(each => each.facts.cpu)
  const { type } = baselineOf(cpus)
  if (type === null && cpus.length > 1) return missing
  await give(type?.name ?? null)
  tx.event('cluster.cpu_lowered', {
    refs: [{ kind: 'cluster', id: host.clusterId, name: cluster.name }],
    args: { cluster: cluster.name, from: cluster.cpuType, to: type?.name ?? 'none' },
  })
  return []
}
