import type { HostStatus } from '@rookery/model'
import type { StorageConnection } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import { PowerManagement } from '../fence/types.ts'
import type { HostRow } from './types.ts'

/** A host by id, whoever asks. */
export async function getHost(sql: Sql, id: string): Promise<HostRow | undefined> {
  const row = await sql.maybe<HostRow>`select * from host_view where id = ${id}::uuid`
  return row === undefined ? undefined : { ...row, powerManagement: PowerManagement.parse(row.powerManagement) }
}

/** Moves the status of a host; false when it had another one meanwhile. Status is no configuration: `version` stays. */
export async function moveHost(
  sql: Sql,
  id: string,
  to: HostStatus,
  o: { from?: readonly HostStatus[]; reason?: string | null } = {},
): Promise<boolean> {
  const from = o.from === undefined ? null : [...o.from]
  const moved = await sql.run`update host set status = ${to}, status_reason = ${o.reason ?? null}
    where id = ${id}::uuid and (${from}::text[] is null or status = any (${from}::text[]))`
  return moved > 0
}

/** Names of the VMs that have a run on the host. */
export async function vmsOn(sql: Sql, hostId: string): Promise<string[]> {
  const rows = await sql<{ name: string }>`
    select distinct v.name from vm_run r join vm v on v.id = r.vm_id where r.host_id = ${hostId}::uuid order by v.name`
  return rows.map(row => row.name)
}

/** What a host of this cluster must have: the networks of the cluster and the domains of its data center, those that are being attached too. */
export async function requirements(sql: Sql, hostId: string) {
  const networks = await sql<{
    id: string
    name: string
    mode: 'nat' | 'bridged' | 'isolated'
    mtu: number
    required: boolean
  }>`
    select n.id, n.name, n.mode, n.mtu, c.required
      from host h join cluster_network c on c.cluster_id = h.cluster_id join network n on n.id = c.network_id
     where h.id = ${hostId}::uuid order by n.name, n.id`
  const domains = await sql<{ id: string; name: string; type: string; connection: StorageConnection }>`
    select s.id, s.name, s.type, s.connection
      from host h join cluster c on c.id = h.cluster_id join storage_domain s on s.data_center_id = c.data_center_id
     where h.id = ${hostId}::uuid and s.status not in ('unattached', 'maintenance', 'detaching') order by s.name, s.id`
  return { networks, domains }
}
