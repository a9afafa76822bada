import { createHash } from 'node:crypto'
import type { Sql } from '../db/index.ts'

/** A host as the comparison needs it. */
export interface HostFact {
  id: string
  name: string
  clusterId: string
  dataCenterId: string | null
  status: string
}

/** What the engine believes that there is on hosts. */
export interface Facts {
  hosts: HostFact[]
  runs: { id: string; vmId: string; vmName: string; hostId: string; made: boolean; ended: boolean }[]
  disks: {
    id: string
    alias: string
    storageDomainId: string | null
    imageId: string
    status: string
    capacity: number
  }[]
  memory: { vmId: string; vmName: string; storageDomainId: string; imageId: string }[]
  /** Memory that waits for its removal. */
  spentMemory: { storageDomainId: string; imageId: string }[]
  domains: {
    id: string
    name: string
    type: string
    status: string
    dataCenterId: string | null
    readerId: string | null
  }[]
  /** Open ones; `ticket` is the hash under which hosts know it. */
  transfers: { id: string; diskId: string; hostId: string | null; phase: string; ticket: string; settled: boolean }[]
  /** What each cluster's hosts must have, and what each host said that it has. */
  clusterNetworks: { clusterId: string; networkId: string; name: string; required: boolean }[]
  hostNetworks: { hostId: string; networkId: string }[]
  /** Ids of the tasks of jobs that are not over. */
  tasks: Set<string>
  /** Ids of all jobs that are not over, to make the ids of their undoing tasks. */
  openSteps: { jobId: string; name: string }[]
  /** What jobs work on now: it is in motion. */
  busy: Set<string>
}

/** Reads all of it; call it in one snapshot. */
export async function readFacts(sql: Sql): Promise<Facts> {
  const transfers = await sql<Omit<Facts['transfers'][number], never>>`
    select id, disk_id, host_id, phase, ticket, coalesce(renewed_at, created_at) < now() - interval '30 seconds' as settled
      from image_transfer where ended_at is null`
  const steps = await sql<{ jobId: string; name: string; taskId: string | null }>`
    select s.job_id, s.name, s.task_id from job_step s join job j on j.id = s.job_id where j.ended_at is null and s.kind = 'host'`
  // A job that waits moves nothing: whoever it waits for does, or is stuck.
  const busy = await sql<{ id: string }>`
    with moving as (select id, refs from job where ended_at is null and status <> 'stuck' and not waiting)
    select l.entity_id::text as id from job_lock l join moving j on j.id = l.job_id
    union select r ->> 'id' from moving j, jsonb_array_elements(j.refs) r`
  return {
    hosts: await sql<HostFact>`
      select h.id, h.name, h.cluster_id, c.data_center_id, h.status from host h join cluster c on c.id = h.cluster_id order by h.name`,
    runs: await sql<Facts['runs'][number]>`
      select u.id, u.vm_id, v.name as vm_name, u.host_id, (u.created_incarnation > 0 or u.incarnation > 0) as made, u.ended is not null as ended
        from vm_run u join vm v on v.id = u.vm_id`,
    disks: await sql<Facts['disks'][number]>`
      select id, alias, storage_domain_id, image_id, status, capacity from disk`,
    memory: await sql<Facts['memory'][number]>`
      select id as vm_id, name as vm_name, suspended_volume ->> 'storageDomainId' as storage_domain_id, suspended_volume ->> 'imageId' as image_id
        from vm where suspended_volume is not null`,
    spentMemory: await sql<Facts['spentMemory'][number]>`select storage_domain_id, image_id from spent_memory`,
    domains: await sql<Facts['domains'][number]>`
      select s.id, s.name, s.type, s.status, s.data_center_id,
             (select x.host_id from storage_domain_host x join host h on h.id = x.host_id
                left join spm p on p.data_center_id = s.data_center_id
               where x.storage_domain_id = s.id and x.ok and h.status = 'up'
               order by (x.host_id = p.host_id) desc nulls last, x.host_id limit 1) as reader_id
        from storage_domain s`,
    transfers: transfers.map(t => ({ ...t, ticket: hashOf(t.ticket) })),
    clusterNetworks: await sql<Facts['clusterNetworks'][number]>`
      select c.cluster_id, c.network_id, n.name, c.required from cluster_network c join network n on n.id = c.network_id`,
    hostNetworks: await sql<Facts['hostNetworks'][number]>`select host_id, network_id from host_network`,
    tasks: new Set(steps.flatMap(step => (step.taskId === null ? [] : [step.taskId]))),
    openSteps: steps,
    busy: new Set(busy.map(each => each.id)),
  }
}

const hashOf = (ticket: string): string => createHash('sha256').update(ticket.toLowerCase()).digest('hex')
