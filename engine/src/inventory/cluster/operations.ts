import { randomUUID } from 'node:crypto'
import { baselineOf, conflict, cpuType, invalid, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { json } from '../../db/index.ts'
import { find, lockWord, mustBeSeen } from '../access.ts'
import type { DataCenterRow } from '../data-center/types.ts'
import { applyPatch } from '../patch.ts'
import { activateHost } from '../host/activate.ts'
import { policyById } from '../scheduling-policy/store.ts'
import { policyNoneId } from '../../compute/scheduling/policies.ts'
import { cpusOf, missingOfCluster } from './cpu.ts'
import { AddCluster, type ClusterRow, ClusterSettings, RemoveCluster, UpdateCluster } from './types.ts'

const Done = z.object({ id: z.string() })
const ref = (id: string) => ({ kind: 'cluster' as const, id })

async function freeName(ctx: Ctx, verb: string, name: string, except: string | null): Promise<void> {
  await lockWord(ctx.sql, 'cluster name', name)
  const rows =
    await ctx.sql`select 1 from cluster where lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  if (rows.length > 0)
    throw conflict('cluster.name_taken', `Cannot ${verb} Cluster. The Cluster name is already in use.`)
}

function knownCpu(name: string | null | undefined): void {
  if (typeof name === 'string' && cpuType(name) === undefined)
    throw invalid(
      'cluster.cpu_type',
      `The CPU type "${name}" is not known. The cluster levels list the ones there are.`,
    )
}

/** The policy exists, and stays until the end of the transaction. */
async function knownPolicy(ctx: Ctx, id: string | undefined): Promise<void> {
  if (id === undefined) return
  await lockWord(ctx.sql, 'scheduling policies')
  if ((await policyById(ctx.sql, id)) === undefined)
    throw notFound('scheduling_policy.not_found', `Entity not found: SchedulingPolicy: id=${id}`)
}

/** Makes a cluster; the management network of its data center comes with it. */
export const add = operation({
  name: 'cluster.add',
  input: AddCluster,
  output: Done,
  permit: { action: 'create_cluster', on: i => ({ kind: 'data_center', id: i.dataCenterId }) },
  async run(ctx, i) {
    knownCpu(i.cpuType)
    await knownPolicy(ctx, i.schedulingPolicyId)
    await freeName(ctx, 'create', i.name, null)
    const dataCenter = await find<DataCenterRow>(ctx, 'data_center', i.dataCenterId)
    const network = await ctx.sql.maybe<{ id: string }>`
      select id from network where data_center_id = ${i.dataCenterId}::uuid
         and ${i.managementNetworkId ?? null}::uuid is null and name = 'ovirtmgmt'
          or data_center_id = ${i.dataCenterId}::uuid and id = ${i.managementNetworkId ?? null}::uuid`
    if (network === undefined)
      throw notFound(
        'network.not_found',
        'Cannot create Cluster. The management network does not exist in its Data Center.',
      )
    const id = randomUUID()
    await ctx.sql`insert into cluster (id, data_center_id, name, description, comment, cpu_type, level_major, level_minor,
        memory_overcommit, ballooning, ksm, threads_as_cores, switch_type, firewall_type, bios_type,
        scheduling_policy_id, settings)
      values (${id}, ${i.dataCenterId}, ${i.name}, ${i.description ?? ''}, ${i.comment ?? ''}, ${i.cpuType ?? null},
        ${i.level?.major ?? dataCenter.levelMajor}, ${i.level?.minor ?? dataCenter.levelMinor}, ${i.memoryOvercommit ?? 100},
        ${i.ballooning ?? true}, ${i.ksm ?? true}, ${i.threadsAsCores ?? false}, ${i.switchType ?? 'legacy'},
        ${i.firewallType ?? 'firewalld'}, ${i.biosType ?? 'q35_sea_bios'}, ${i.schedulingPolicyId ?? policyNoneId},
        ${json(applyPatch(ClusterSettings.parse({}), i.settings ?? {}))})`
    await ctx.sql`insert into cluster_network (cluster_id, network_id, required, usages)
      values (${id}, ${network.id}, true, ${['management', 'display', 'migration', 'default_route']})`
    ctx.changed('cluster', id)
    ctx.event('cluster.added', {
      refs: [
        { ...ref(id), name: i.name },
        { kind: 'data_center', id: i.dataCenterId, name: dataCenter.name },
      ],
      args: { cluster: i.name },
    })
    return { id }
  },
})

/** Changes what is said of a cluster. */
export const update = operation({
  name: 'cluster.update',
  input: UpdateCluster,
  output: Done,
  permit: { action: 'edit_cluster_configuration', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<ClusterRow>(ctx, 'cluster', i.id)
    mustBeSeen(row, i.version)
    knownCpu(i.cpuType)
    await knownPolicy(ctx, i.schedulingPolicyId)
    if (i.name !== undefined && i.name !== row.name) await freeName(ctx, 'edit', i.name, i.id)
    const used = await ctx.sql.one<{ hosts: number; vms: number; running: number }>`
      select (select count(*) from host where cluster_id = ${i.id}::uuid) as hosts,
             (select count(*) from vm where cluster_id = ${i.id}::uuid) as vms,
             (select count(*) from vm_run r join vm v on v.id = r.vm_id where v.cluster_id = ${i.id}::uuid) as running`
    if (i.dataCenterId !== undefined && i.dataCenterId !== row.dataCenterId) {
      if (row.dataCenterId !== null && used.hosts + used.vms > 0)
        throw conflict(
          'cluster.in_use',
          'Cannot edit Cluster. Its Data Center cannot be changed while it has Hosts or VMs.',
        )
      await find(ctx, 'data_center', i.dataCenterId)
    }
    if (i.level !== undefined && i.level.minor < row.levelMinor)
      throw conflict('cluster.level', 'Cannot edit Cluster. The compatibility version cannot be lowered.')
    if (i.cpuType !== undefined && i.cpuType !== row.cpuType && used.running > 0 && !isUpward(row.cpuType, i.cpuType))
      throw conflict('cluster.cpu_lowered', 'Cannot edit Cluster. While VMs run its CPU type can only be raised.')
    const type = i.cpuType === undefined ? row.cpuType : await chosenType(ctx, row, i.cpuType)
    const settings = {
      ...applyPatch(ClusterSettings.parse(row.settings), i.settings ?? {}),
      ...(i.cpuType === undefined ? {} : { cpuTypeFromHosts: i.cpuType === null }),
      // A list of its own: what is not said any more is the policy's again. So is everything when the policy becomes another one.
      ...(i.settings?.schedulingProperties !== undefined
        ? { schedulingProperties: i.settings.schedulingProperties }
        : i.schedulingPolicyId !== undefined && i.schedulingPolicyId !== row.schedulingPolicyId
          ? { schedulingProperties: {} }
          : {}),
    }
    await ctx.sql`update cluster set name = ${i.name ?? row.name}, description = ${i.description ?? row.description},
      comment = ${i.comment ?? row.comment}, data_center_id = ${i.dataCenterId ?? row.dataCenterId},
      cpu_type = ${type}, level_minor = ${i.level?.minor ?? row.levelMinor},
      memory_overcommit = ${i.memoryOvercommit ?? row.memoryOvercommit}, ballooning = ${i.ballooning ?? row.ballooning},
      ksm = ${i.ksm ?? row.ksm}, threads_as_cores = ${i.threadsAsCores ?? row.threadsAsCores},
      switch_type = ${i.switchType ?? row.switchType}, firewall_type = ${i.firewallType ?? row.firewallType},
      bios_type = ${i.biosType ?? row.biosType}, scheduling_policy_id = ${i.schedulingPolicyId ?? row.schedulingPolicyId}, settings = ${json(settings)}, version = version + 1
      where id = ${i.id}::uuid`
    ctx.changed('cluster', i.id)
    if (type !== row.cpuType) await tryAgain(ctx, i.id)
    const name = i.name ?? row.name
    ctx.event('cluster.updated', { refs: [{ ...ref(i.id), name }], args: { cluster: name } })
    return { id: i.id }
  },
})

/** The type that was asked for, which every host that is up must meet; null: the one that they have in common. */
async function chosenType(ctx: Ctx, row: ClusterRow, wanted: string | null): Promise<string | null> {
  const up = (await cpusOf(ctx.sql, row.id)).filter(host => host.status === 'up')
  if (wanted === null)
    return baselineOf(up.filter(h => h.facts.acceleration.kind === 'kvm').map(h => h.facts.cpu)).type?.name ?? null
  const lacking = up.flatMap(host => {
    const missing = missingOfCluster(wanted, host.facts)
    return missing.length === 0 ? [] : [{ host: host.name, missing }]
  })
  if (lacking.length > 0)
    throw conflict(
      'cluster.cpu_hosts',
      `Cannot edit Cluster. Hosts that are up lack the CPU type ${wanted}: ${lacking
        .map(({ host, missing }) => `${host} (${missing.join(', ')})`)
        .join('; ')}. Move them to maintenance first.`,
      {
        detail: {
          type: wanted,
          hosts: lacking.map(({ host, missing }) => ({ name: host, reason: missing.join(', ') })),
        },
      },
    )
  return wanted
}

/** Hosts that may meet the cluster now are activated again at once. */
async function tryAgain(ctx: Ctx, clusterId: string): Promise<void> {
  const hosts = await ctx.sql<{ id: string }>`
    select h.id from host h where h.cluster_id = ${clusterId}::uuid and h.status = 'non_operational' and h.wanted = 'up'
       and not exists (select 1 from job_lock l where l.kind = 'host' and l.entity_id = h.id)`
  for (const { id } of hosts) await ctx.start(activateHost, { hostId: id, asked: false })
}

function isUpward(from: string | null, to: string | null): boolean {
  const old = from === null ? undefined : cpuType(from)
  const fresh = to === null ? undefined : cpuType(to)
  return old === undefined || (fresh !== undefined && fresh.vendor === old.vendor && fresh.level >= old.level)
}

/** Removes an empty cluster. */
export const remove = operation({
  name: 'cluster.remove',
  input: RemoveCluster,
  output: Done,
  permit: { action: 'delete_cluster', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<ClusterRow>(ctx, 'cluster', i.id)
    const { hosts, vms } = await ctx.sql.one<{ hosts: string[]; vms: string[] }>`
      select array(select name from host where cluster_id = ${i.id}::uuid order by name) as hosts,
             array(select name from vm where cluster_id = ${i.id}::uuid order by name limit 20) as vms`
    if (hosts.length > 0)
      throw conflict(
        'cluster.has_hosts',
        `Cannot remove Cluster. It has Hosts: ${hosts.join(', ')}. Remove them first.`,
      )
    if (vms.length > 0)
      throw conflict('cluster.has_vms', `Cannot remove Cluster. It has VMs: ${vms.join(', ')}. Remove them first.`)
    ctx.changed('cluster', i.id, { gone: true })
    await ctx.sql`delete from cluster where id = ${i.id}::uuid`
    ctx.event('cluster.removed', { refs: [{ ...ref(i.id), name: row.name }], args: { cluster: row.name } })
    return { id: i.id }
  },
})
