import { randomUUID } from 'node:crypto'
import { conflict, invalid, notFound, unsupported } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { find, lockWord, mustBeSeen } from '../../inventory/access.ts'
import type { ClusterRow } from '../../inventory/cluster/types.ts'
import { noMacSpoofing } from '../vnic-profile/types.ts'
import { ensureNetwork, removeNetwork } from './hosts.ts'
import { AddNetwork, AttachNetwork, DetachNetwork, type NetworkRow, OneNetwork, UpdateNetwork } from './types.ts'

const Done = z.object({ id: z.string() })
/** `jobId`: the job that tells hosts of it; null when no host needs to know. */
const InCluster = z.object({ clusterId: z.string(), networkId: z.string(), jobId: z.string().nullable() })
const Changed = z.object({ id: z.string(), jobId: z.string().nullable() })
const ref = (id: string) => ({ kind: 'network' as const, id })

async function freeName(
  ctx: Ctx,
  verb: string,
  dataCenterId: string,
  name: string,
  except: string | null,
): Promise<void> {
  await lockWord(ctx.sql, 'network name', dataCenterId, name)
  const rows = await ctx.sql`select 1 from network
    where data_center_id = ${dataCenterId}::uuid and lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  if (rows.length > 0)
    throw conflict(
      'network.name_taken',
      `Cannot ${verb} Network. The Network name is already in use in this Data Center.`,
    )
}

function noVlan(vlan: number | null | undefined): void {
  if (vlan !== null && vlan !== undefined)
    throw unsupported(
      'network.vlan',
      'Networks with a VLAN need host networks, which this release does not set up. Leave the VLAN out.',
    )
}

/** Makes a logical network, and a vNIC profile of its name for a VM network. */
export const add = operation({
  name: 'network.add',
  input: AddNetwork,
  output: Done,
  permit: { action: 'create_network', on: i => ({ kind: 'data_center', id: i.dataCenterId }) },
  async run(ctx, i) {
    noVlan(i.vlan)
    await freeName(ctx, 'add', i.dataCenterId, i.name, null)
    const id = randomUUID()
    await ctx.sql`insert into network (id, data_center_id, name, description, comment, mode, mtu, stp, vm_network, port_isolation)
      values (${id}, ${i.dataCenterId}, ${i.name}, ${i.description}, ${i.comment}, ${i.mode}, ${i.mtu}, ${i.stp}, ${i.vmNetwork}, ${i.portIsolation})`
    if (i.vmNetwork && i.profileRequired) {
      const profileId = randomUUID()
      await ctx.sql`insert into vnic_profile (id, network_id, name, network_filter) values (${profileId}, ${id}, ${i.name}, ${noMacSpoofing.name})`
      ctx.changed('vnic_profile', profileId)
    }
    ctx.changed('network', id)
    ctx.event('network.added', {
      refs: [
        { ...ref(id), name: i.name },
        { kind: 'data_center', id: i.dataCenterId },
      ],
      args: { network: i.name },
    })
    return { id }
  },
})

/** Changes a logical network; hosts that have it are told. */
export const update = operation({
  name: 'network.update',
  input: UpdateNetwork,
  output: Changed,
  permit: { action: 'edit_network', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<NetworkRow>(ctx, 'network', i.id)
    mustBeSeen(row, i.version)
    noVlan(i.vlan)
    const name = i.name ?? row.name
    if (name !== row.name) {
      if (row.name === 'ovirtmgmt')
        throw conflict('network.management', 'Cannot edit Network. The management network cannot be renamed.')
      await freeName(ctx, 'edit', row.dataCenterId, name, i.id)
    }
    if (i.vmNetwork === false && (await cardsOn(ctx, i.id)).length > 0)
      throw conflict('network.in_use', 'Cannot edit Network. VMs use it, so it must stay a VM network.')
    const mtu = i.mtu ?? row.mtu
    const mode = i.mode ?? row.mode
    const cards = mode === row.mode ? [] : await cardsOn(ctx, i.id)
    if (cards.length > 0)
      throw conflict(
        'network.in_use',
        `Cannot edit Network. Its kind cannot change while VMs use it: ${cards.join(', ')}.`,
      )
    await ctx.sql`update network set name = ${name}, description = ${i.description ?? row.description},
      comment = ${i.comment ?? row.comment}, mode = ${mode}, mtu = ${mtu}, stp = ${i.stp ?? row.stp},
      vm_network = ${i.vmNetwork ?? row.vmNetwork}, port_isolation = ${i.portIsolation ?? row.portIsolation},
      version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('network', i.id)
    ctx.event('network.updated', { refs: [{ ...ref(i.id), name }], args: { network: name } })
    const told = mtu !== row.mtu || name !== row.name || mode !== row.mode
    const { jobId } = told ? await ctx.start(ensureNetwork, { networkId: i.id }) : { jobId: null }
    return { id: i.id, jobId }
  },
})

/** Names of VMs with a card on the network. */
async function cardsOn(ctx: Ctx, networkId: string, clusterId: string | null = null): Promise<string[]> {
  const rows = await ctx.sql<{ name: string }>`
    select distinct v.name from nic n join vnic_profile p on p.id = n.vnic_profile_id join vm v on v.id = n.vm_id
     where p.network_id = ${networkId}::uuid and (${clusterId}::uuid is null or v.cluster_id = ${clusterId}::uuid)
     order by v.name limit 20`
  return rows.map(row => row.name)
}

/** Removes a logical network with its profiles, and takes it from the hosts. */
export const remove = operation({
  name: 'network.remove',
  input: OneNetwork,
  output: Done,
  permit: { action: 'delete_network', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<NetworkRow>(ctx, 'network', i.id)
    const used =
      await ctx.sql`select 1 from cluster_network where network_id = ${i.id}::uuid and 'management' = any (usages)`
    if (row.name === 'ovirtmgmt' || used.length > 0)
      throw conflict('network.management', 'Cannot remove Network. The management network cannot be removed.')
    const vms = await cardsOn(ctx, i.id)
    if (vms.length > 0) throw conflict('network.in_use', `Cannot remove Network. VMs use it: ${vms.join(', ')}.`)
    await ctx.start(removeNetwork, { networkId: i.id, name: row.name, hostIds: await hostsWith(ctx, i.id, null) })
    const profiles = await ctx.sql<{ id: string }>`select id from vnic_profile where network_id = ${i.id}::uuid`
    for (const profile of profiles) ctx.changed('vnic_profile', profile.id, { gone: true })
    ctx.changed('network', i.id, { gone: true })
    await ctx.sql`delete from network where id = ${i.id}::uuid`
    ctx.event('network.removed', { refs: [{ ...ref(i.id), name: row.name }], args: { network: row.name } })
    return { id: i.id }
  },
})

/**
 * Hosts that may have the network: those that said so, and those of its clusters that are up, since a listing that was under way may have
 * said too early that it is not there. Taking away what is not there does nothing.
 */
async function hostsWith(ctx: Ctx, networkId: string, clusterId: string | null): Promise<string[]> {
  const rows = await ctx.sql<{ id: string }>`
    select h.id from host h
     where (${clusterId}::uuid is null or h.cluster_id = ${clusterId}::uuid)
       and (exists (select 1 from host_network n where n.host_id = h.id and n.network_id = ${networkId}::uuid)
            or h.status = 'up' and exists (
              select 1 from cluster_network c where c.cluster_id = h.cluster_id and c.network_id = ${networkId}::uuid))
     order by h.id`
  return rows.map(row => row.id)
}

/** Gives a network to a cluster: its hosts make it. */
export const attach = operation({
  name: 'clusterNetwork.attach',
  input: AttachNetwork,
  output: InCluster,
  permit: { action: 'assign_cluster_network', on: i => ({ kind: 'cluster', id: i.clusterId }) },
  async run(ctx, i) {
    const { clusterId, networkId } = i
    const network = await find<NetworkRow>(ctx, 'network', networkId)
    const cluster = await find<ClusterRow>(ctx, 'cluster', clusterId)
    if (network.dataCenterId !== cluster.dataCenterId)
      throw invalid(
        'network.other_data_center',
        'Cannot attach Network. Network and Cluster are in different Data Centers.',
      )
    const added = await ctx.sql.run`insert into cluster_network (cluster_id, network_id, required, usages)
      values (${clusterId}, ${networkId}, ${i.required ?? true}, ${(i.usages ?? []).filter(u => u !== 'vm')}) on conflict do nothing`
    if (added === 0)
      throw conflict('network.attached', 'Cannot attach Network. The Network is already attached to this Cluster.')
    await takeOver(ctx, i)
    ctx.changed('network', networkId)
    ctx.changed('cluster', clusterId)
    const { jobId } = await ctx.start(ensureNetwork, { networkId })
    return { clusterId, networkId, jobId }
  },
})

/** A cluster has one network each for management, display and migration: a new one takes the usage from the old. */
async function takeOver(ctx: Ctx, i: AttachNetwork): Promise<void> {
  for (const usage of ['management', 'display', 'migration', 'default_route'] as const)
    if (i.usages?.includes(usage))
      await ctx.sql`update cluster_network set usages = array_remove(usages, ${usage})
        where cluster_id = ${i.clusterId}::uuid and network_id <> ${i.networkId}::uuid`
}

/** Changes what a network is for in a cluster. */
export const updateInCluster = operation({
  name: 'clusterNetwork.update',
  input: AttachNetwork,
  output: InCluster,
  permit: { action: 'assign_cluster_network', on: i => ({ kind: 'cluster', id: i.clusterId }) },
  async run(ctx, i) {
    const { clusterId, networkId } = i
    await find<NetworkRow>(ctx, 'network', networkId)
    const row = await ctx.sql.maybe<{ required: boolean; usages: string[] }>`
      select required, usages from cluster_network where cluster_id = ${clusterId}::uuid and network_id = ${networkId}::uuid`
    if (row === undefined) throw notFound('network.not_attached', 'The Network is not attached to this Cluster.')
    const usages = i.usages?.filter(u => u !== 'vm') ?? row.usages
    if (row.usages.includes('management') && !usages.includes('management'))
      throw conflict(
        'network.management',
        'Cannot edit Network. Give the management role to another Network of the Cluster first.',
      )
    await ctx.sql`update cluster_network set required = ${i.required ?? row.required}, usages = ${usages}
      where cluster_id = ${clusterId}::uuid and network_id = ${networkId}::uuid`
    await takeOver(ctx, i)
    ctx.changed('network', networkId)
    return { clusterId, networkId, jobId: null }
  },
})

/** Takes a network from a cluster and its hosts. */
export const detach = operation({
  name: 'clusterNetwork.detach',
  input: DetachNetwork,
  output: InCluster,
  permit: { action: 'assign_cluster_network', on: i => ({ kind: 'cluster', id: i.clusterId }) },
  async run(ctx, i) {
    const { clusterId, networkId } = i
    const network = await find<NetworkRow>(ctx, 'network', networkId)
    const row = await ctx.sql.maybe<{ usages: string[] }>`
      select usages from cluster_network where cluster_id = ${clusterId}::uuid and network_id = ${networkId}::uuid`
    if (row === undefined) throw notFound('network.not_attached', 'The Network is not attached to this Cluster.')
    if (row.usages.includes('management'))
      throw conflict('network.management', 'Cannot detach Network. The management network cannot be detached.')
    const vms = await cardsOn(ctx, networkId, clusterId)
    if (vms.length > 0)
      throw conflict('network.in_use', `Cannot detach Network. VMs of the Cluster use it: ${vms.join(', ')}.`)
    const hostIds = await hostsWith(ctx, networkId, clusterId)
    await ctx.sql`delete from cluster_network where cluster_id = ${clusterId}::uuid and network_id = ${networkId}::uuid`
    ctx.changed('network', networkId)
    const { jobId } = await ctx.start(removeNetwork, { networkId, name: network.name, hostIds })
    return { clusterId, networkId, jobId }
  },
})
