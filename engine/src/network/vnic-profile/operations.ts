import { randomUUID } from 'node:crypto'
import { conflict, invalid, unsupported } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { find, lockWord, mustBeSeen } from '../../inventory/access.ts'
import type { NetworkRow } from '../network/types.ts'
import { networkFilters } from './filters.ts'
import { AddVnicProfile, noMacSpoofing, OneVnicProfile, UpdateVnicProfile, type VnicProfileRow } from './types.ts'

const Done = z.object({ id: z.string() })
const ref = (id: string) => ({ kind: 'vnic_profile' as const, id })

async function freeName(ctx: Ctx, verb: string, networkId: string, name: string, except: string | null): Promise<void> {
  await lockWord(ctx.sql, 'vnic profile name', networkId, name)
  const rows = await ctx.sql`select 1 from vnic_profile
    where network_id = ${networkId}::uuid and lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  if (rows.length > 0)
    throw conflict(
      'vnic_profile.name_taken',
      `Cannot ${verb} VM network interface profile. The name is already in use on this Network.`,
    )
}

/** The filter's name; hosts carry out one filter, so another one is refused. */
function filterName(asked: string | null): string | null {
  if (asked === null) return null
  const filter = networkFilters.find(f => f.id === asked || f.name === asked)
  if (filter === undefined) throw invalid('vnic_profile.filter', `There is no network filter "${asked}".`)
  if (filter.name !== noMacSpoofing.name)
    throw unsupported(
      'vnic_profile.filter',
      `The network filter ${filter.name} is not carried out by hosts of this release; use ${noMacSpoofing.name} or none.`,
    )
  return filter.name
}

function noHardware(i: { passThrough?: boolean | undefined; portMirroring?: boolean | undefined }): void {
  if (i.passThrough)
    throw unsupported(
      'vnic_profile.pass_through',
      'Pass-through of host network interfaces is not offered by this release.',
    )
  if (i.portMirroring)
    throw unsupported('vnic_profile.port_mirroring', 'Port mirroring is not offered by this release.')
}

/** Makes a vNIC profile. */
export const add = operation({
  name: 'vnicProfile.add',
  input: AddVnicProfile,
  output: Done,
  permit: { action: 'create_network_vnic_profile', on: i => ({ kind: 'network', id: i.networkId }) },
  async run(ctx, i) {
    noHardware(i)
    const network = await find<NetworkRow>(ctx, 'network', i.networkId)
    if (!network.vmNetwork)
      throw conflict(
        'vnic_profile.no_vm_network',
        'Cannot add VM network interface profile. The Network is not a VM network.',
      )
    const filter = i.networkFilter === undefined ? noMacSpoofing.name : filterName(i.networkFilter)
    await freeName(ctx, 'add', i.networkId, i.name, null)
    const id = randomUUID()
    await ctx.sql`insert into vnic_profile (id, network_id, name, description, network_filter, migratable)
      values (${id}, ${i.networkId}, ${i.name}, ${i.description}, ${filter}, ${i.migratable})`
    ctx.changed('vnic_profile', id)
    ctx.event('vnic_profile.added', {
      refs: [
        { ...ref(id), name: i.name },
        { kind: 'network', id: i.networkId, name: network.name },
      ],
      args: { vnic_profile: i.name },
    })
    return { id }
  },
})

/** Changes a vNIC profile; cards that are plugged follow at the next start. */
export const update = operation({
  name: 'vnicProfile.update',
  input: UpdateVnicProfile,
  output: Done,
  permit: { action: 'configure_network_vnic_profile', on: i => ref(i.id) },
  async run(ctx, i) {
    noHardware(i)
    const row = await find<VnicProfileRow>(ctx, 'vnic_profile', i.id)
    mustBeSeen(row, i.version)
    const name = i.name ?? row.name
    if (name !== row.name) await freeName(ctx, 'edit', row.networkId, name, i.id)
    await ctx.sql`update vnic_profile set name = ${name}, description = ${i.description ?? row.description},
      network_filter = ${i.networkFilter === undefined ? row.networkFilter : filterName(i.networkFilter)},
      migratable = ${i.migratable ?? row.migratable}, version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('vnic_profile', i.id)
    ctx.event('vnic_profile.updated', { refs: [{ ...ref(i.id), name }], args: { vnic_profile: name } })
    return { id: i.id }
  },
})

/** Removes a vNIC profile that no card uses. */
export const remove = operation({
  name: 'vnicProfile.remove',
  input: OneVnicProfile,
  output: Done,
  permit: { action: 'delete_network_vnic_profile', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<VnicProfileRow>(ctx, 'vnic_profile', i.id)
    const users = await ctx.sql<{ name: string }>`
      select distinct v.name from nic n join vm v on v.id = n.vm_id where n.vnic_profile_id = ${i.id}::uuid order by v.name limit 20`
    if (users.length > 0)
      throw conflict(
        'vnic_profile.in_use',
        `Cannot remove VM network interface profile. VMs use it: ${users.map(u => u.name).join(', ')}.`,
      )
    ctx.changed('vnic_profile', i.id, { gone: true })
    await ctx.sql`delete from vnic_profile where id = ${i.id}::uuid`
    ctx.event('vnic_profile.removed', { refs: [{ ...ref(i.id), name: row.name }], args: { vnic_profile: row.name } })
    return { id: i.id }
  },
})
