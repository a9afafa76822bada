import type { Sql } from '../../db/index.ts'
import { charge } from '../../metering/quota.ts'

/** Any of a VM's two runs while it moves. */
export interface MovingRun {
  id: string
  hostId: string
  hostName: string
  ended: { end: string; detail: string | null } | null
}

const runWhere = (sql: Sql, vmId: string, incoming: boolean): Promise<MovingRun | undefined> =>
  sql.maybe<MovingRun>`
    select r.id, r.host_id, h.name as host_name, r.ended from vm_run r join host h on h.id = r.host_id
     where r.vm_id = ${vmId}::uuid and r.incoming = ${incoming}`

/** The run that a VM is about to be on another host. */
export const incomingOf = (sql: Sql, vmId: string): Promise<MovingRun | undefined> => runWhere(sql, vmId, true)

/** The run that a VM is, until it has moved. */
export const leavingOf = (sql: Sql, vmId: string): Promise<MovingRun | undefined> => runWhere(sql, vmId, false)

/** Forgets a run that did not come. Its host has said that there is nothing of it. */
export async function dropIncoming(sql: Sql, runId: string): Promise<void> {
  await sql`delete from vm_run where id = ${runId}::uuid and incoming`
}

/**
 * The guest has moved: the incoming run is its run from now on, the one that it was goes. Both hosts have said so: one that it runs there,
 * the other that it is gone. What was charged for the old run is charged for the new one. False when it was done before.
 *
 * @param at the place of the target's word in the order of its reports: a later listing that lacks the run means its end
 */
export async function promote(
  sql: Sql,
  vmId: string,
  runId: string,
  at: { incarnation: number; seq: number },
): Promise<boolean> {
  const coming = await sql.maybe<{ memory: number; vcpus: number; projectId: string; clusterId: string }>`
    select q.memory, q.vcpus, v.project_id, h.cluster_id from vm_run r join vm v on v.id = r.vm_id join host h on h.id = r.host_id
      left join reservation q on q.run_id = r.id where r.id = ${runId}::uuid and r.incoming for update of r`
  if (coming === undefined) return false
  const gone = await sql.run`delete from vm_run where vm_id = ${vmId}::uuid and not incoming`
  if (gone === 0)
    await charge(sql, coming.projectId, {
      'running.vms': 1,
      'running.memory': coming.memory,
      'running.vcpus': coming.vcpus,
    })
  await sql`update vm_run set incoming = false, viewer = null, created_incarnation = ${at.incarnation}, created_seq = ${at.seq}
    where id = ${runId}::uuid`
  await sql`update vm set cluster_id = ${coming.clusterId}::uuid where id = ${vmId}::uuid and cluster_id <> ${coming.clusterId}::uuid`
  return true
}
