import { randomUUID } from 'node:crypto'
import { conflict, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { find, mustBeSeen, mustHold } from '../../inventory/access.ts'
import { takeMac } from '../../network/mac-pool/allocate.ts'
import type { VnicProfileRow } from '../../network/vnic-profile/types.ts'
import type { VmRow } from '../vm/types.ts'
import { plugNic, unplugNic } from './plug.ts'
import { AddNic, type NicRow, OneNic, UpdateNic } from './types.ts'

const Done = z.object({ id: z.string(), jobId: z.string().nullable() })
const onVm = {
  action: 'configure_vm_network',
  on: (i: { vmId: string }) => ({ kind: 'vm' as const, id: i.vmId }),
} as const

async function freeName(ctx: Ctx, verb: string, vmId: string, name: string, except: string | null): Promise<void> {
  await ctx.sql`select 1 from vm where id = ${vmId}::uuid for update`
  const rows =
    await ctx.sql`select 1 from nic where vm_id = ${vmId}::uuid and name = ${name} and id is distinct from ${except}::uuid`
  if (rows.length > 0)
    throw conflict(
      'nic.name_taken',
      `Cannot ${verb} Interface. The network interface name is already in use by this VM.`,
    )
}

/** The profile that a card shall use: one of the VM's data center and cluster, which the asker may use. */
async function mustUse(ctx: Ctx, vm: VmRow, profileId: string): Promise<void> {
  const profile = await find<VnicProfileRow>(ctx, 'vnic_profile', profileId)
  await mustHold(ctx, 'assign_vnic_profile', { kind: 'vnic_profile', id: profileId })
  const inCluster =
    await ctx.sql`select 1 from cluster_network where cluster_id = ${vm.clusterId}::uuid and network_id = ${profile.networkId}::uuid`
  if (inCluster.length === 0)
    throw conflict(
      'nic.network_not_in_cluster',
      'Cannot use the VM network interface profile. Its Network is not attached to the Cluster of the VM.',
    )
}

function mustTakeCards(vm: VmRow): void {
  if (vm.status === 'suspended')
    throw conflict(
      'vm.suspended',
      'Cannot change network interfaces. VM is suspended; its memory knows the ones that it had.',
    )
}

async function nicOf(ctx: Ctx, vmId: string, id: string): Promise<NicRow> {
  const row = await ctx.sql
    .maybe<NicRow>`select n.*, p.network_id from nic n left join vnic_profile p on p.id = n.vnic_profile_id
    where n.vm_id = ${vmId}::uuid and n.id = ${id}::uuid`
  if (row === undefined) throw notFound('nic.not_found', `The VM has no network interface with id ${id}.`)
  return row
}

/** Gives a VM a network card; a running one gets it plugged in. */
export const add = operation({
  name: 'nic.add',
  input: AddNic,
  output: Done,
  permit: onVm,
  async run(ctx, i) {
    const vm = await find<VmRow>(ctx, 'vm', i.vmId)
    mustTakeCards(vm)
    await freeName(ctx, 'add', i.vmId, i.name, null)
    if (i.vnicProfileId !== null) await mustUse(ctx, vm, i.vnicProfileId)
    const mac = await takeMac(ctx.sql, i.mac)
    const id = randomUUID()
    const running = vm.runId !== null
    await ctx.sql`insert into nic (id, vm_id, name, mac, interface, vnic_profile_id, linked, plugged, position)
      values (${id}, ${i.vmId}, ${i.name}, ${mac}, ${i.interface}, ${i.vnicProfileId}, ${i.linked}, ${i.plugged && !running},
        (select coalesce(max(position) + 1, 0) from nic where vm_id = ${i.vmId}::uuid))`
    ctx.changed('vm', i.vmId)
    ctx.event('nic.added', {
      refs: [{ kind: 'vm', id: i.vmId, name: vm.name }],
      args: { nic: i.name, vm: vm.name },
      data: { nicId: id, mac },
    })
    if (!running || !i.plugged) return { id, jobId: null }
    return { id, ...(await ctx.start(plugNic, { vmId: i.vmId, nicId: id, vm: vm.name, nic: i.name })) }
  },
})

/** Changes a card; `plugged` plugs and unplugs it. What a running guest would have to notice needs it unplugged. */
export const update = operation({
  name: 'nic.update',
  input: UpdateNic,
  output: Done,
  permit: onVm,
  async run(ctx, i) {
    const vm = await find<VmRow>(ctx, 'vm', i.vmId)
    const row = await nicOf(ctx, i.vmId, i.id)
    mustBeSeen(row, i.version)
    mustTakeCards(vm)
    const running = vm.runId !== null
    const name = i.name ?? row.name
    if (name !== row.name) await freeName(ctx, 'edit', i.vmId, name, i.id)
    const vnicProfileId = i.vnicProfileId === undefined ? row.vnicProfileId : i.vnicProfileId
    if (vnicProfileId !== null && vnicProfileId !== row.vnicProfileId) await mustUse(ctx, vm, vnicProfileId)
    const mac = i.mac !== undefined && i.mac !== row.mac ? await takeMac(ctx.sql, i.mac, i.id) : row.mac
    const plugged = i.plugged ?? row.plugged
    const changed =
      mac !== row.mac ||
      (i.interface ?? row.interface) !== row.interface ||
      vnicProfileId !== row.vnicProfileId ||
      (i.linked ?? row.linked) !== row.linked
    if (running && row.plugged && plugged && changed)
      throw conflict('nic.in_use', 'Cannot edit Interface. The VM is running; unplug the network interface first.')
    await ctx.sql`update nic set name = ${name}, mac = ${mac}, interface = ${i.interface ?? row.interface}, vnic_profile_id = ${vnicProfileId},
      linked = ${i.linked ?? row.linked}, plugged = ${running ? row.plugged : plugged}, version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('vm', i.vmId)
    ctx.event('nic.updated', {
      refs: [{ kind: 'vm', id: i.vmId, name: vm.name }],
      args: { nic: name, vm: vm.name },
      data: { nicId: i.id },
    })
    if (!running || plugged === row.plugged) return { id: i.id, jobId: null }
    const input = { vmId: i.vmId, nicId: i.id, vm: vm.name, nic: name }
    // The card that the guest has carries the address it had.
    return {
      id: i.id,
      ...(plugged ? await ctx.start(plugNic, input) : await ctx.start(unplugNic, { ...input, mac: row.mac })),
    }
  },
})

/** Takes a card away. A running VM has to be told first. */
export const remove = operation({
  name: 'nic.remove',
  input: OneNic,
  output: Done,
  permit: onVm,
  async run(ctx, i) {
    const vm = await find<VmRow>(ctx, 'vm', i.vmId)
    const row = await nicOf(ctx, i.vmId, i.id)
    mustTakeCards(vm)
    if (vm.runId !== null && row.plugged)
      throw conflict(
        'nic.in_use',
        'Cannot remove Interface. The VM Network Interface is plugged to a running VM; unplug it first.',
      )
    await ctx.sql`delete from nic where id = ${i.id}::uuid`
    ctx.changed('vm', i.vmId)
    ctx.event('nic.removed', {
      refs: [{ kind: 'vm', id: i.vmId, name: vm.name }],
      args: { nic: row.name, vm: vm.name },
      data: { nicId: i.id },
    })
    return { id: i.id, jobId: null }
  },
})
