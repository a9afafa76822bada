import { randomUUID } from 'node:crypto'
import { conflict, hostCan, internal, must, notFound } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { drainPlan } from '../../compute/migration/drain.ts'
import { systemRef } from '../../core/kinds.ts'
import { operation } from '../../core/operation.ts'
import { json } from '../../db/index.ts'
import { find, lockWord, mustBeSeen, mustHold } from '../access.ts'
import { PowerManagement } from '../fence/types.ts'
import { applyPatch } from '../patch.ts'
import { activateHost } from './activate.ts'
import { deactivateHost } from './deactivate.ts'
import { installHost } from './install.ts'
import { assignedSpm, becomeSpm } from '../../storage/spm/store.ts'
import { vmsOn } from './store.ts'
import {
  AddHost,
  InstallHost,
  DeactivateHost,
  type HostRow,
  type HostSsh,
  OneHost,
  RegisterHost,
  RemoveHost,
  UpdateHost,
} from './types.ts'

const Done = z.object({ id: z.string() })
const Started = z.object({ id: z.string(), jobId: z.string() })
const ref = (id: string) => ({ kind: 'host' as const, id })

async function freeName(ctx: Ctx, verb: string, name: string, except: string | null): Promise<void> {
  await lockWord(ctx.sql, 'host name', name)
  const rows =
    await ctx.sql`select 1 from host where lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  if (rows.length > 0) throw conflict('host.name_taken', `Cannot ${verb} Host. The Host name is already in use.`)
}

/** Makes a host of a machine: the engine installs it over SSH. */
export const add = operation({
  name: 'host.add',
  input: AddHost,
  output: Started,
  permit: {
    action: 'create_host',
    on: i => (i.clusterId === undefined ? systemRef : { kind: 'cluster', id: i.clusterId }),
  },
  async run(ctx, i) {
    const cluster = await ctx.sql.maybe<{ id: string; name: string }>`
      select id, name from cluster where ${i.clusterId ?? null}::uuid is null and name = 'Default' or id = ${i.clusterId ?? null}::uuid`
    if (cluster === undefined) throw notFound('cluster.not_found', 'Cannot add Host. The Cluster does not exist.')
    await freeName(ctx, 'add', i.name, null)
    await lockWord(ctx.sql, 'host address', i.address)
    const there = await ctx.sql<{ name: string }>`select name from host where lower(address) = lower(${i.address})`
    if (there[0] !== undefined)
      throw conflict(
        'host.address_taken',
        `Cannot add Host. Host ${there[0].name} has the address ${i.address} already.`,
        {
          detail: { host: there[0].name },
        },
      )
    const id = randomUUID()
    const { port, user, fingerprint = null, password } = i.ssh
    const url = `https://${i.address.includes(':') ? `[${i.address}]` : i.address}:54321`
    await ctx.sql`insert into host (id, cluster_id, name, description, comment, address, url, spm_priority, wanted, ssh)
      values (${id}, ${cluster.id}, ${i.name}, ${i.description}, ${i.comment}, ${i.address}, ${url}, ${i.spmPriority},
        ${i.activate ? 'up' : 'maintenance'}, ${json({ port, user, fingerprint })})`
    await keepPassword(ctx, id, password)
    ctx.changed('host', id)
    ctx.event('host.added', {
      refs: [
        { ...ref(id), name: i.name },
        { kind: 'cluster', id: cluster.id, name: cluster.name },
      ],
      args: { host: i.name },
    })
    return { id, ...(await ctx.start(installHost, { hostId: id, name: i.name })) }
  },
})

/** A password stays sealed until the engine's own key is admitted there. */
async function keepPassword(ctx: Ctx, hostId: string, password: string | undefined): Promise<void> {
  if (password === undefined) return
  const { secrets } = ctx.env
  if (secrets === undefined) throw internal('secret.none', 'This engine has no key for kept passwords.')
  const sealed = await secrets.seal(password)
  await ctx.sql`insert into host_secret (host_id, sealed) values (${hostId}, ${sealed})
    on conflict (host_id) do update set sealed = excluded.sealed`
}

/** Installs a host again: after a failure, for a newer agent, or after its disks were lost. */
export const install = operation({
  name: 'host.install',
  input: InstallHost,
  output: Started,
  permit: { action: 'edit_host_configuration', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    must(hostCan.install, row)
    const { password, ...said } = i.ssh
    const known = await ctx.sql.one<{ ssh: HostSsh | null }>`select ssh from host where id = ${i.id}::uuid`
    const ssh = { ...(known.ssh ?? { port: 22, user: 'root', fingerprint: null }), ...said }
    await ctx.sql`update host set ssh = ${json(ssh)}, wanted = ${i.activate ? 'up' : 'maintenance'}, version = version + 1
      where id = ${i.id}::uuid`
    await keepPassword(ctx, i.id, password)
    ctx.changed('host', i.id)
    return { id: i.id, ...(await ctx.start(installHost, { hostId: i.id, name: row.name })) }
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
    const power = applyPatch(PowerManagement.parse(row.powerManagement), i.powerManagement ?? {})
    await ctx.sql`update host set name = ${name}, description = ${i.description ?? row.description},
      comment = ${i.comment ?? row.comment}, spm_priority = ${i.spmPriority ?? row.spmPriority},
      power_management = ${json(power)}, version = version + 1
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
    if (['connecting', 'non_responsive', 'installing', 'down'].includes(row.status))
      throw conflict('host.not_answering', `Cannot refresh Host capabilities. Host ${row.name} is ${row.status}.`, {
        ref: ref(i.id),
      })
    await ctx.sql`update host set facts_asked_at = ${ctx.now} where id = ${i.id}::uuid`
    ctx.changed('host', i.id)
    return { id: i.id }
  },
})

/** Makes a host the one that serves the storage of its data center. What the last one has under way is repeated there. */
export const forceSelectSpm = operation({
  name: 'host.forceSelectSpm',
  input: OneHost,
  output: Done,
  permit: { action: 'manipulate_host', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<HostRow>(ctx, 'host', i.id)
    must(hostCan.forceSelectSpm, row)
    const refused = (word: string, message: string) =>
      conflict(`host.spm.${word}`, `Cannot force select SPM. ${message}`, { ref: ref(i.id) })
    if (row.dataCenterId === null)
      throw refused('no_data_center', `The Cluster of Host ${row.name} has no Data Center.`)
    if (row.spmPriority < 0) throw refused('never', `The SPM priority of Host ${row.name} is "never".`)
    await ctx.sql`select pg_advisory_xact_lock(hashtextextended(${`spm ${row.dataCenterId}`}, 0))`
    const last = await assignedSpm(ctx.sql, row.dataCenterId)
    if (last?.hostId === row.id) throw refused('already', `Host ${row.name} is the SPM already.`)
    await becomeSpm(ctx.sql, row.dataCenterId, row.id)
    const { name } = await ctx.sql.one<{
      name: string
    }>`select name from data_center where id = ${row.dataCenterId}::uuid`
    ctx.changed('data_center', row.dataCenterId)
    ctx.changed('host', row.id)
    if (last !== undefined) ctx.changed('host', last.hostId)
    ctx.event('data_center.spm_selected', {
      refs: [
        { kind: 'data_center', id: row.dataCenterId, name },
        { ...ref(row.id), name: row.name },
      ],
      args: { host: row.name, data_center: name },
    })
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

/**
 * Forgets a host that is in maintenance, failed to install, or is off. One that does not answer only by force: nobody knows what it does, and
 * the history says so.
 */
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
        'Cannot remove Host. It does not answer, and nobody knows what it does: fence it or confirm that it was rebooted, then switch it to Maintenance. With force it is only forgotten: what runs there goes on.',
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
    ctx.event(row.status === 'non_responsive' ? 'host.removed.forced' : 'host.removed', {
      refs: [{ ...ref(i.id), name: row.name }],
      args: { host: row.name },
    })
    return { id: i.id }
  },
})
