import { randomUUID } from 'node:crypto'
import { conflict, hostCan, must, unsupported } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { drainPlan } from '../../compute/migration/drain.ts'
import { systemRef } from '../../core/kinds.ts'
import { operation } from '../../core/operation.ts'
import { find, lockWord, mustBeSeen, mustHold } from '../access.ts'
import { activateHost } from './activate.ts'
import { deactivateHost } from './deactivate.ts'
import { vmsOn } from './store.ts'
import { AddHost, DeactivateHost, type HostRow, OneHost, RegisterHost, RemoveHost, UpdateHost } from './types.ts'

const Done = z.object({ id: z.string() })
const Started = z.object({ id: z.string(), jobId: z.string() })
const ref = (id: string) => ({ kind: 'host' as const, id })

async function freeName(ctx: Ctx, verb: string, name: string, except: string | null): Promise<void> {
  await lockWord(ctx.sql, 'host name', name)
  const rows =
    await ctx.sql`select 1 from host where lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  if (rows.length > 0) throw conflict('host.name_taken', `Cannot ${verb} Host. The Host name is already in use.`)
}

/** What POST /hosts asks for. Adding a machine over SSH is not offered by this release. */
export const add = operation({
  name: 'host.add',
  input: AddHost,
  output: Done,
  permit: {
    action: 'create_host',
    on: i => (i.clusterId === undefined ? systemRef : { kind: 'cluster', id: i.clusterId }),
  },
  async run(): Promise<{ id: string }> {
    throw unsupported(
      'host.add.ssh',
      'Cannot add Host. This release cannot install hosts over SSH; the machine that runs the engine is added by itself.',
    )
  },
})

/** A host whose agent trusts this engine already. It comes up by itself when its agent answers. Content when it is there. */
export const register = operation({
  name: 'host.register',
  input: RegisterHost,
  output: Done,
  permit: { action: 'create_host', on: i => ({ kind: 'cluster', id: i.clusterId }) },
  async run(ctx, i) {
    await lockWord(ctx.sql, 'host url', i.url)
    const known = await ctx.sql.maybe<{
      id: string
    }>`select id from host where url = ${i.url} or id = ${i.id ?? null}::uuid`
    if (known !== undefined) {
      // Whoever adds hosts to his cluster must not lead away one of another.
      await find<HostRow>(ctx, 'host', known.id)
      await mustHold(ctx, 'edit_host_configuration', ref(known.id))
      const moved = await ctx.sql.run`update host set url = ${i.url}, address = ${i.address}
        where id = ${known.id}::uuid and (url <> ${i.url} or address <> ${i.address})`
      if (moved > 0) ctx.changed('host', known.id)
      return { id: known.id }
    }
    await freeName(ctx, 'add', i.name, null)
    const id = i.id ?? randomUUID()
    await ctx.sql`insert into host (id, cluster_id, name, address, url) values (${id}, ${i.clusterId}, ${i.name}, ${i.address}, ${i.url})`
    ctx.changed('host', id)
    ctx.event('host.added', {
      refs: [
        { ...ref(id), name: i.name },
        { kind: 'cluster', id: i.clusterId },
      ],
      args: { host: i.name },
    })
    return { id }
  },
})

/** Changes what is said of a host. */
export const update = operation({
  name: 'host.update',
  input: UpdateHost,
  output: Done,
  permit: { action: 'edit_host_configuration', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    mustBeSeen(row, i.version)
    if (i.name !== undefined && i.name !== row.name) await freeName(ctx, 'edit', i.name, i.id)
    const name = i.name ?? row.name
    await ctx.sql`update host set name = ${name}, description = ${i.description ?? row.description},
      comment = ${i.comment ?? row.comment}, spm_priority = ${i.spmPriority ?? row.spmPriority}, version = version + 1
      where id = ${i.id}::uuid`
    ctx.changed('host', i.id)
    ctx.event('host.updated', { refs: [{ ...ref(i.id), name }], args: { host: name } })
    return { id: i.id }
  },
})

/** Takes a host back into work: its networks are made, its storage is connected, then it is up. Ends a maintenance that is under way. */
export const activate = operation({
  name: 'host.activate',
  input: OneHost,
  output: Started,
  permit: { action: 'manipulate_host', on: i => ref(i.id) },
  preempts: ['host.deactivate'],
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    must(hostCan.activate, row)
    await ctx.sql`update host set wanted = 'up', version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('host', i.id)
    return { id: i.id, ...(await ctx.start(activateHost, { hostId: i.id, asked: true })) }
  },
})

/** Reads the facts of a host again; the engine that watches it does so within seconds and says so by an event. */
export const refresh = operation({
  name: 'host.refresh',
  input: OneHost,
  output: Done,
  permit: { action: 'edit_host_configuration', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    if (['connecting', 'non_responsive', 'installing'].includes(row.status))
      throw conflict('host.not_answering', `Cannot refresh Host capabilities. Host ${row.name} is ${row.status}.`, {
        ref: ref(i.id),
      })
    await ctx.sql`update host set facts_asked_at = ${ctx.now} where id = ${i.id}::uuid`
    ctx.changed('host', i.id)
    return { id: i.id }
  },
})

/**
 * Moves a host to maintenance: its VMs move to other hosts of the cluster. Refused, with the reason of each, while one of them has nowhere
 * to go, or may not be moved.
 */
export const deactivate = operation({
  name: 'host.deactivate',
  input: DeactivateHost,
  output: Started,
  permit: { action: 'manipulate_host', on: i => ref(i.id) },
  preempts: ['host.activate'],
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    must(hostCan.deactivate, row)
    if (['connecting', 'non_responsive'].includes(row.status)) {
      const vms = await vmsOn(ctx.sql, i.id)
      if (vms.length > 0)
        throw conflict(
          'host.has_vms',
          `Cannot switch Host to Maintenance mode. It does not answer, and VMs may run on it: ${vms.slice(0, 20).join(', ')}.`,
          { ref: ref(i.id), detail: { vms: vms.slice(0, 20) } },
        )
    } else await mustEmpty(ctx, row)
    ctx.changed('host', i.id)
    ctx.event('host.maintenance.requested', {
      refs: [{ ...ref(i.id), name: row.name }],
      args: { host: row.name },
      data: i.reason === '' ? {} : { reason: i.reason },
    })
    return { id: i.id, ...(await ctx.start(deactivateHost, { hostId: i.id })) }
  },
})

/** Refuses while a VM of the host cannot leave it; each is named with its reason. */
async function mustEmpty(ctx: Ctx, host: HostRow): Promise<void> {
  const staying = (await drainPlan(ctx.sql, host.id)).filter(vm => vm.target === null)
  if (staying.length === 0) return
  const words = staying.slice(0, 20).map(vm => `${vm.name}: ${(vm.reason ?? '').replace(/^Cannot migrate VM\. /, '')}`)
  throw conflict(
    'host.cannot_empty',
    `Cannot switch Host to Maintenance mode. These VMs cannot be migrated away: ${words.join(' ')}`,
    {
      ref: ref(host.id),
      detail: { vms: staying.slice(0, 20).map(vm => vm.name), staying: staying.slice(0, 20) },
    },
  )
}

/** Forgets a host. */
export const remove = operation({
  name: 'host.remove',
  input: RemoveHost,
  output: Done,
  permit: { action: 'delete_host', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    must(hostCan.remove, row)
    if (row.status === 'non_responsive' && !i.force)
      throw conflict(
        'host.not_in_maintenance',
        'Cannot remove Host. It does not answer; switch it to Maintenance first or use force.',
      )
    const vms = await vmsOn(ctx.sql, i.id)
    if (vms.length > 0)
      throw conflict('host.has_vms', `Cannot remove Host. VMs may run on it: ${vms.slice(0, 20).join(', ')}.`, {
        detail: { vms: vms.slice(0, 20) },
      })
    ctx.changed('host', i.id, { gone: true })
    await ctx.sql`update spm set host_id = null where host_id = ${i.id}::uuid`
    await ctx.sql`update image_transfer set host_id = null where host_id = ${i.id}::uuid`
    await ctx.sql`delete from host where id = ${i.id}::uuid`
    ctx.event('host.removed', { refs: [{ ...ref(i.id), name: row.name }], args: { host: row.name } })
    return { id: i.id }
  },
})
