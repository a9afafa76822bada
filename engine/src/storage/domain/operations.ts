import { randomUUID } from 'node:crypto'
import { conflict, invalid, must, storageDomainCan, unsupported } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { systemRef } from '../../core/kinds.ts'
import { operation } from '../../core/operation.ts'
import { json } from '../../db/index.ts'
import { find, lockWord, mustBeSeen } from '../../inventory/access.ts'
import type { DataCenterRow } from '../../inventory/data-center/types.ts'
import type { HostRow } from '../../inventory/host/types.ts'
import { mustHaveSpm } from '../spm/store.ts'
import { activateDomain } from './activate.ts'
import { attachDomain } from './attach.ts'
import { createDomain } from './create.ts'
import { deactivateDomain } from './deactivate.ts'
import { detachDomain } from './detach.ts'
import { formatDomain } from './format.ts'
import {
  AddStorageDomain,
  AttachStorageDomain,
  DeactivateStorageDomain,
  OneStorageDomain,
  RemoveStorageDomain,
  type StorageDomainRow,
  UpdateStorageDomain,
} from './types.ts'

const Done = z.object({ id: z.string() })
const Started = z.object({ id: z.string(), jobId: z.string() })
const ref = (id: string) => ({ kind: 'storage_domain' as const, id })
const manipulate = { action: 'manipulate_storage_domain', on: (i: { id: string }) => ref(i.id) } as const

async function freeName(ctx: Ctx, verb: string, name: string, except: string | null): Promise<void> {
  await lockWord(ctx.sql, 'storage domain name', name)
  const rows =
    await ctx.sql`select 1 from storage_domain where lower(name) = lower(${name}) and id is distinct from ${except}::uuid`
  if (rows.length > 0)
    throw conflict('storage_domain.name_taken', `Cannot ${verb} Storage. The Storage Domain name is already in use.`)
}

/** Makes an empty storage domain on a host; it is unattached then. */
export const add = operation({
  name: 'storageDomain.add',
  input: AddStorageDomain,
  output: Started,
  permit: { action: 'create_storage_domain', on: () => systemRef },
  async run(ctx, i) {
    const { connection } = i
    if (!('path' in connection))
      throw unsupported(
        'storage_domain.type',
        `Cannot add Storage. Storage of type ${connection.type} is not offered by this release; localfs and posixfs are.`,
      )
    if (connection.type === 'posixfs' && connection.lease === true && i.type !== 'data') throw noLeaseOn('add')
    if (i.type === 'export')
      throw unsupported('storage_domain.export', 'Cannot add Storage. Export domains are not offered by this release.')
    const format = i.type === 'data' ? 'v5' : 'v1'
    if (i.storageFormat !== undefined && i.storageFormat !== format)
      throw unsupported('storage_domain.format', `Cannot add Storage. New ${i.type} domains have the format ${format}.`)
    const host = await find<HostRow>(ctx, 'host', i.hostId)
    if (host.status !== 'up')
      throw conflict('host.not_up', `Cannot add Storage. Host ${host.name} is ${host.status}; it must be up.`, {
        ref: { kind: 'host', id: host.id },
      })
    await freeName(ctx, 'add', i.name, null)
    await lockWord(ctx.sql, 'storage path', connection.path)
    const taken = await ctx.sql<{
      name: string
    }>`select name from storage_domain where connection ->> 'path' = ${connection.path}`
    if (taken[0] !== undefined)
      throw conflict(
        'storage_domain.path_taken',
        `Cannot add Storage. The path is already used by Storage Domain ${taken[0].name}.`,
      )
    const id = i.id ?? randomUUID()
    await ctx.sql`insert into storage_domain (id, name, description, comment, type, storage_type, connection, storage_format, status,
        wipe_after_delete, discard_after_delete, backup, warning_low_space, critical_space_gib)
      values (${id}, ${i.name}, ${i.description ?? ''}, ${i.comment ?? ''}, ${i.type}, ${connection.type}, ${json(connection)}, ${format}, 'locked',
        ${i.wipeAfterDelete ?? false}, ${i.discardAfterDelete ?? false}, ${i.backup ?? false}, ${i.warningLowSpace ?? 10}, ${i.criticalSpaceGib ?? 5})`
    await ctx.sql`insert into storage_connection (id, storage_domain_id, connection) values (${randomUUID()}, ${id}, ${json(connection)})`
    ctx.changed('storage_domain', id)
    return { id, ...(await ctx.start(createDomain, { storageDomainId: id, hostId: i.hostId, name: i.name })) }
  },
})

const noLeaseOn = (verb: string) =>
  unsupported(
    'storage_domain.no_lease',
    `Cannot ${verb} Storage. Storage leases are kept on shared data domains (posixfs) only.`,
  )

/** The connection with leases or without. Hosts must agree on it, so nobody may use the domain meanwhile. */
function withLease(row: StorageDomainRow, lease: boolean): StorageDomainRow['connection'] {
  const { connection } = row
  if (connection.type !== 'posixfs' || row.type !== 'data') {
    if (lease) throw noLeaseOn('edit')
    return connection
  }
  if ((connection.lease ?? false) === lease) return connection
  if (row.status !== 'maintenance' && row.status !== 'unattached')
    throw conflict(
      'storage_domain.lease_in_use',
      `Cannot edit Storage. Its storage leases can be switched on and off only in maintenance; it is ${row.status}.`,
      { ref: ref(row.id) },
    )
  return { ...connection, lease }
}

/** Changes what is said of a storage domain. */
export const update = operation({
  name: 'storageDomain.update',
  input: UpdateStorageDomain,
  output: Done,
  permit: { action: 'edit_storage_domain_configuration', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<StorageDomainRow>(ctx, 'storage_domain', i.id)
    mustBeSeen(row, i.version)
    const name = i.name ?? row.name
    if (name !== row.name) await freeName(ctx, 'edit', name, i.id)
    const connection = i.lease === undefined ? row.connection : withLease(row, i.lease)
    await ctx.sql`update storage_domain set name = ${name}, connection = ${json(connection)}, description = ${i.description ?? row.description},
      comment = ${i.comment ?? row.comment}, wipe_after_delete = ${i.wipeAfterDelete ?? row.wipeAfterDelete},
      discard_after_delete = ${i.discardAfterDelete ?? row.discardAfterDelete}, backup = ${i.backup ?? row.backup},
      warning_low_space = ${i.warningLowSpace ?? row.warningLowSpace}, critical_space_gib = ${i.criticalSpaceGib ?? row.criticalSpaceGib},
      version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('storage_domain', i.id)
    ctx.event('storage_domain.updated', { refs: [{ ...ref(i.id), name }], args: { storage_domain: name } })
    return { id: i.id }
  },
})

/** Attaches a domain to a data center; the first one is a data domain and becomes the master. */
export const attach = operation({
  name: 'storageDomain.attach',
  input: AttachStorageDomain,
  output: Started,
  permit: [
    manipulate,
    { action: 'edit_storage_pool_configuration', on: i => ({ kind: 'data_center', id: i.dataCenterId }) },
  ],
  async run(ctx, i) {
    const row = await find<StorageDomainRow>(ctx, 'storage_domain', i.id)
    const dataCenter = await find<DataCenterRow>(ctx, 'data_center', i.dataCenterId)
    await lockWord(ctx.sql, 'storage of', i.dataCenterId)
    if (row.status !== 'unattached')
      throw conflict(
        'storage_domain.attached',
        `Cannot attach Storage. Storage Domain ${row.name} is ${row.status}; it must be unattached.`,
      )
    if (row.storageType === 'localfs' && !dataCenter.local)
      throw conflict(
        'storage_domain.local',
        'Cannot attach Storage. A local Storage Domain belongs to a local Data Center.',
      )
    if (row.storageType === 'posixfs' && dataCenter.local)
      throw conflict(
        'storage_domain.shared',
        'Cannot attach Storage. A shared Storage Domain belongs to a shared Data Center; this one is local.',
      )
    const others = await ctx.sql<{
      type: string
    }>`select type from storage_domain where data_center_id = ${i.dataCenterId}::uuid`
    if (row.type !== 'data' && !others.some(o => o.type === 'data'))
      throw conflict(
        'storage_domain.data_first',
        'Cannot attach Storage. The first Storage Domain of a Data Center must be a data domain.',
      )
    if (row.type === 'iso' && others.some(o => o.type === 'iso'))
      throw conflict('storage_domain.one_iso', 'Cannot attach Storage. The Data Center has an ISO domain already.')
    await mustHaveSpm(ctx.sql, i.dataCenterId, 'Cannot attach Storage.')
    const master = row.type === 'data' && !others.some(o => o.type === 'data')
    await ctx.sql`update storage_domain set data_center_id = ${i.dataCenterId}, status = 'locked', master = ${master}, version = version + 1
      where id = ${i.id}::uuid`
    ctx.changed('storage_domain', i.id)
    ctx.changed('data_center', i.dataCenterId)
    const input = { storageDomainId: i.id, dataCenterId: i.dataCenterId, name: row.name, dataCenter: dataCenter.name }
    return { id: i.id, ...(await ctx.start(attachDomain, input)) }
  },
})

/** The data center of a domain that is attached; the action's own refusal otherwise. */
function attachedTo(row: StorageDomainRow, action: string): string {
  if (row.dataCenterId !== null) return row.dataCenterId
  throw conflict(
    'storage_domain.unattached',
    `Cannot ${action} Storage. Storage Domain ${row.name} is not attached to a Data Center.`,
  )
}

/** Takes a domain back into use. */
export const activate = operation({
  name: 'storageDomain.activate',
  input: OneStorageDomain,
  output: Started,
  permit: manipulate,
  async run(ctx, i) {
    const row = await find<StorageDomainRow>(ctx, 'storage_domain', i.id)
    const dataCenterId = attachedTo(row, 'activate')
    must(storageDomainCan.activate, row)
    return { id: i.id, ...(await ctx.start(activateDomain, { storageDomainId: i.id, dataCenterId, name: row.name })) }
  },
})

/** Moves a domain to maintenance. Refused while something uses it. */
export const deactivate = operation({
  name: 'storageDomain.deactivate',
  input: DeactivateStorageDomain,
  output: Started,
  permit: manipulate,
  async run(ctx, i) {
    const row = await find<StorageDomainRow>(ctx, 'storage_domain', i.id)
    const dataCenterId = attachedTo(row, 'deactivate')
    must(storageDomainCan.deactivate, row)
    const use = await ctx.sql.one<{ vms: string[]; media: string[]; transfers: number; others: string[] }>`
      select array(select distinct v.name from disk d join disk_attachment a on a.disk_id = d.id and a.active join vm v on v.id = a.vm_id
                    join vm_run r on r.vm_id = v.id where d.storage_domain_id = ${i.id}::uuid order by v.name limit 20) as vms,
             array(select distinct v.name from vm_run r join vm v on v.id = r.vm_id
                    where r.medium ->> 'storageDomainId' = ${i.id} order by v.name limit 20) as media,
             (select count(*) from image_transfer t join disk d on d.id = t.disk_id
               where d.storage_domain_id = ${i.id}::uuid and t.ended_at is null) as transfers,
             array(select name from storage_domain where data_center_id = ${dataCenterId}::uuid and id <> ${i.id}::uuid
                    and status not in ('maintenance', 'unattached') order by name) as others`
    const refuse = (code: string, why: string, detail: object = {}) =>
      conflict(`storage_domain.${code}`, `Cannot deactivate Storage. ${why}`, { ref: ref(i.id), detail })
    if (use.vms.length > 0)
      throw refuse('in_use', `VMs that run have disks on it: ${use.vms.join(', ')}. Shut them down first.`, {
        vms: use.vms,
      })
    if (use.media.length > 0)
      throw refuse('in_use', `VMs that run have a CD of it: ${use.media.join(', ')}. Eject it first.`, {
        vms: use.media,
      })
    if (use.transfers > 0) throw refuse('has_transfers', 'Image transfers are under way. Finish or cancel them first.')
    if (row.master && use.others.length > 0)
      throw refuse(
        'master',
        `It is the master domain and others are in use: ${use.others.join(', ')}. Deactivate them first.`,
        { domains: use.others },
      )
    return { id: i.id, ...(await ctx.start(deactivateDomain, { storageDomainId: i.id, dataCenterId, name: row.name })) }
  },
})

/** Takes a domain in maintenance out of its data center. */
export const detach = operation({
  name: 'storageDomain.detach',
  input: OneStorageDomain,
  output: Started,
  permit: manipulate,
  async run(ctx, i) {
    const row = await find<StorageDomainRow>(ctx, 'storage_domain', i.id)
    const dataCenterId = attachedTo(row, 'detach')
    must(storageDomainCan.detach, row)
    const { disks, others } = await ctx.sql.one<{ disks: string[]; others: number }>`
      select array(select alias from disk where storage_domain_id = ${i.id}::uuid order by alias limit 20) as disks,
             (select count(*) from storage_domain where data_center_id = ${dataCenterId}::uuid and id <> ${i.id}::uuid) as others`
    if (disks.length > 0)
      throw conflict(
        'storage_domain.has_disks',
        `Cannot detach Storage. It has Disks, which would be lost to the engine: ${disks.join(', ')}. Remove them first.`,
        { detail: { disks } },
      )
    if (row.master && others > 0)
      throw conflict(
        'storage_domain.master',
        'Cannot detach Storage. It is the master domain; detach the others first.',
      )
    await mustHaveSpm(ctx.sql, dataCenterId, 'Cannot detach Storage.')
    return { id: i.id, ...(await ctx.start(detachDomain, { storageDomainId: i.id, dataCenterId, name: row.name })) }
  },
})

/** Forgets an unattached domain; with `format` its files go too. With `destroy` no host is asked. */
export const remove = operation({
  name: 'storageDomain.remove',
  input: RemoveStorageDomain,
  output: z.object({ id: z.string(), jobId: z.string().nullable() }),
  permit: { action: 'delete_storage_domain', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<StorageDomainRow>(ctx, 'storage_domain', i.id)
    if (row.status !== 'unattached' && !(i.destroy && ['inactive', 'unknown', 'maintenance'].includes(row.status)))
      throw conflict(
        'storage_domain.attached',
        `Cannot remove Storage. Storage Domain ${row.name} is ${row.status}; detach it first.`,
      )
    const disks = await ctx.sql`select 1 from disk where storage_domain_id = ${i.id}::uuid limit 1`
    if (disks.length > 0)
      throw conflict('storage_domain.has_disks', 'Cannot remove Storage. It has Disks; remove them first.')
    if (!i.destroy && i.hostId === undefined) throw invalid('storage_domain.host_missing', 'host parameter is missing')
    const format = i.format && !i.destroy
    if (format && i.hostId !== undefined) {
      const host = await find<HostRow>(ctx, 'host', i.hostId)
      if (host.status !== 'up')
        throw conflict('host.not_up', `Cannot remove Storage. Host ${host.name} is ${host.status}; it must be up.`)
      return {
        id: i.id,
        ...(await ctx.start(formatDomain, { storageDomainId: i.id, hostId: i.hostId, name: row.name })),
      }
    }
    ctx.changed('storage_domain', i.id, { gone: true })
    await ctx.sql`delete from storage_domain where id = ${i.id}::uuid`
    ctx.event('storage_domain.removed', {
      refs: [{ ...ref(i.id), name: row.name }],
      args: { storage_domain: row.name },
    })
    return { id: i.id, jobId: null }
  },
})
