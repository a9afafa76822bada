import type { Sql } from '../../db/index.ts'
import { json } from '../../db/index.ts'
import { dropPermissions } from '../../identity/permissions.ts'
import { charge, refund } from '../../metering/quota.ts'
import { VmConfig } from './config.ts'
import { guaranteedMemory, maxMemory, vcpus } from './run-spec.ts'
import { shownInitialization } from './seal.ts'
import type { VmRow } from './types.ts'

/** A VM by id as it stands in the database, whoever asks: with the hash of a password, and without values that follow. */
export async function getVm(sql: Sql, id: string): Promise<VmRow | undefined> {
  const row = await sql.maybe<VmRow>`select * from vm_view where id = ${id}::uuid`
  return row === undefined ? undefined : parsed(row)
}

/** Configurations as this release reads them: words that an older one did not write get their defaults. */
export function parsed(row: VmRow): VmRow {
  return {
    ...row,
    config: VmConfig.parse(row.config),
    nextRun: row.nextRun === null ? null : VmConfig.parse(row.nextRun),
    runConfig: row.runConfig === null ? null : VmConfig.parse(row.runConfig),
  }
}

/** A configuration as clients read it: what follows from other words is filled in, secrets are left out. */
export function shown(config: VmConfig, overcommit: number): VmConfig {
  return {
    ...config,
    memoryPolicy: { ...config.memoryPolicy, guaranteed: guaranteedMemory(config, overcommit), max: maxMemory(config) },
    initialization: config.initialization === null ? null : shownInitialization(config.initialization),
  }
}

/** What a configuration counts for in the ledger. */
export const usageOf = (config: VmConfig) => ({ vms: 1, vcpus: vcpus(config), memory: config.memory })

/** A new VM; its project is charged. */
export async function insertVm(
  sql: Sql,
  vm: {
    id: string
    projectId: string
    clusterId: string
    templateId: string
    name: string
    description: string
    comment: string
    config: VmConfig
    creatorId: string | null
  },
): Promise<void> {
  await charge(sql, vm.projectId, usageOf(vm.config))
  await sql`insert into vm (id, project_id, cluster_id, template_id, name, description, comment, config, creator_id)
    values (${vm.id}, ${vm.projectId}, ${vm.clusterId}, ${vm.templateId}, ${vm.name}, ${vm.description}, ${vm.comment},
      ${json(vm.config)}, ${vm.creatorId})`
}

/** Forgets a VM and everything that hangs on it, and gives back what it was charged. Content when it is gone. */
export async function deleteVm(sql: Sql, id: string): Promise<void> {
  await dropPermissions(sql, { kind: 'vm', id })
  await sql`delete from tag_assignment where object_kind = 'vm' and object_id = ${id}::uuid`
  await sql`delete from vm_now where vm_id = ${id}::uuid`
  const row = await sql.maybe<{ projectId: string; config: VmConfig }>`
    delete from vm where id = ${id}::uuid returning project_id, config`
  if (row !== undefined) await refund(sql, row.projectId, usageOf(VmConfig.parse(row.config)))
}

/** Replaces the configuration; the ledger follows. */
export async function writeConfig(
  sql: Sql,
  vm: Pick<VmRow, 'id' | 'projectId' | 'config'>,
  config: VmConfig,
): Promise<void> {
  const [old, fresh] = [usageOf(vm.config), usageOf(config)]
  await refund(sql, vm.projectId, { vcpus: old.vcpus, memory: old.memory })
  await charge(sql, vm.projectId, { vcpus: fresh.vcpus, memory: fresh.memory })
  await sql`update vm set config = ${json(config)} where id = ${vm.id}::uuid`
  if (config.highAvailability.enabled !== vm.config.highAvailability.enabled)
    await sql`update reservation r set highly_available = ${config.highAvailability.enabled}
      from vm_run u where u.id = r.run_id and u.vm_id = ${vm.id}::uuid`
}

/** Whether another VM of the data center has this name. */
export async function nameTaken(
  sql: Sql,
  dataCenterId: string | null,
  name: string,
  except: string | null,
): Promise<boolean> {
  const rows = await sql`select 1 from vm v join cluster c on c.id = v.cluster_id
    where lower(v.name) = lower(${name}) and c.data_center_id is not distinct from ${dataCenterId}::uuid
      and v.id is distinct from ${except}::uuid limit 1`
  return rows.length > 0
}

/** A run of a VM. */
export interface RunRow {
  id: string
  vmId: string
  hostId: string
  hostName: string
  status: string
  ended: { end: string; detail: string | null } | null
}

/** The run of a VM, if it has one. */
export const runOf = (sql: Sql, vmId: string): Promise<RunRow | undefined> =>
  sql.maybe<RunRow>`select r.id, r.vm_id, r.host_id, h.name as host_name, r.status, r.ended
    from vm_run r join host h on h.id = r.host_id where r.vm_id = ${vmId}::uuid and not r.incoming`

/**
 * Ends a run in the database: its reservation goes back, and a configuration that waited for the next start comes into force.
 * Only after the host's own word, a fence, or a person's confirmation. False when the run is gone already.
 */
export async function deleteRun(sql: Sql, runId: string, now: Date): Promise<boolean> {
  const run = await sql.maybe<{ vmId: string; projectId: string; memory: number | null; vcpus: number | null }>`
    select r.vm_id, v.project_id, q.memory, q.vcpus from vm_run r join vm v on v.id = r.vm_id
      left join reservation q on q.run_id = r.id where r.id = ${runId}::uuid for update of r`
  if (run === undefined) return false
  if (run.memory !== null)
    await refund(sql, run.projectId, {
      'running.vms': 1,
      'running.memory': run.memory,
      'running.vcpus': run.vcpus ?? 0,
    })
  await sql`delete from vm_run where id = ${runId}::uuid`
  await sql`delete from vm_now where vm_id = ${run.vmId}::uuid`
  await sql`update vm set stopped_at = ${now} where id = ${run.vmId}::uuid`
  const vm = await getVm(sql, run.vmId)
  if (vm !== undefined && vm.nextRun !== null) {
    await writeConfig(sql, vm, vm.nextRun)
    await sql`update vm set next_run = null, version = version + 1 where id = ${run.vmId}::uuid`
  }
  return true
}
