import { randomUUID } from 'node:crypto'
import { conflict, diskCan, GiB, invalid, must, storageDomainCan } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { visible } from '../../core/visible.ts'
import { fragment } from '../../db/index.ts'
import { grantCreator } from '../../identity/permissions.ts'
import { find, mustBeSeen } from '../../inventory/access.ts'
import type { StorageDomainRow } from '../domain/types.ts'
import { mustHaveSpm } from '../spm/store.ts'
import { createDisk } from './create.ts'
import { describeDisk } from './describe.ts'
import { extendDisk } from './extend.ts'
import { removeDisk } from './remove.ts'
import { insertDisk, runningUsers } from './store.ts'
import { AddDisk, type DiskRow, type NewDisk, OneDisk, UpdateDisk } from './types.ts'

const Started = z.object({ id: z.string(), jobId: z.string() })
const MaybeStarted = z.object({ id: z.string(), jobId: z.string().nullable() })
const ref = (id: string) => ({ kind: 'disk' as const, id })

/** What a disk's format, allocation and uses allow together; `invalid` otherwise. */
function mustFit(i: NewDisk, sparse: boolean): void {
  const refuse = (code: string, why: string) => invalid(`disk.${code}`, `Cannot add Virtual Disk. ${why}`)
  if (i.shareable && i.format !== 'raw')
    throw refuse('shareable_format', 'Disk configuration (COW format) is incompatible with a shareable Disk; use RAW.')
  if (i.backup === 'incremental' && i.format !== 'qcow2')
    throw refuse('backup_format', 'Incremental backup needs the COW format.')
  if (i.format === 'qcow2' && !sparse && i.backup !== 'incremental')
    throw refuse('allocation', 'Disk configuration (COW Preallocated) is incompatible with the Storage Domain type.')
}

/** Refuses a domain that would fall below its critical free space. Domains that were not measured yet are let through. */
export async function mustHaveRoom(ctx: Ctx, domain: StorageDomainRow, more: number, action: string): Promise<void> {
  const measured =
    await ctx.sql`select 1 from storage_domain_host where storage_domain_id = ${domain.id}::uuid and ok limit 1`
  if (measured.length === 0 || (domain.available === 0 && domain.used === 0)) return
  if (domain.available - more < domain.criticalSpaceGib * GiB)
    throw conflict('storage_domain.low_space', `${action} Low disk space on Storage Domain ${domain.name}.`, {
      ref: { kind: 'storage_domain', id: domain.id },
    })
}

/** The storage domain of a new disk: the one that was said, else the only data domain that is in use. */
export async function placeFor(ctx: Ctx, asked: string | undefined): Promise<StorageDomainRow> {
  if (asked !== undefined) return find<StorageDomainRow>(ctx, 'storage_domain', asked)
  const domains = await ctx.sql<StorageDomainRow>`
    select * from ${visible(ctx, 'storage_domain')} v where v.type = 'data' and v.status = 'active' order by v.name limit 2`
  if (domains[0] !== undefined && domains.length === 1) return domains[0]
  throw invalid('disk.storage_domain', 'Cannot add Virtual Disk. Say on which Storage Domain.')
}

/** The domain that an input names, or the one that would be taken; for the permission check, before anything is known. */
const domainRef = (asked: string | undefined) =>
  fragment`coalesce(${asked ?? null}::uuid, (select id from storage_domain where type = 'data' and status = 'active' order by name limit 1))`

/** Makes an image disk. It is locked until its volume is there. */
export const add = operation({
  name: 'disk.add',
  input: AddDisk,
  output: Started,
  permit: {
    action: 'create_disk',
    async on(i, sql) {
      const row = await sql.one<{ id: string | null }>`select ${domainRef(i.storageDomainId)} as id`
      return { kind: 'storage_domain', id: row.id ?? '00000000-0000-0000-0000-000000000000' }
    },
  },
  async run(ctx, i) {
    const domain = await placeFor(ctx, i.storageDomainId)
    if (domain.type !== 'data')
      throw conflict('disk.domain_type', 'Cannot add Virtual Disk. Disks are kept on data domains.')
    must(storageDomainCan.use, domain)
    const sparse = i.sparse ?? i.format === 'qcow2'
    mustFit(i, sparse)
    if (domain.dataCenterId === null)
      throw conflict('storage_domain.unattached', 'Cannot add Virtual Disk. The Storage Domain is not attached.')
    await mustHaveSpm(ctx.sql, domain.dataCenterId, 'Cannot add Virtual Disk.')
    await mustHaveRoom(ctx, domain, sparse ? 0 : i.capacity, 'Cannot add Virtual Disk.')
    const id = i.id ?? randomUUID()
    const clash =
      await ctx.sql`select 1 from disk where id = ${id}::uuid or volume_id = ${i.volumeId ?? null}::uuid limit 1`
    if (clash.length > 0)
      throw conflict('disk.id_taken', 'Cannot add Virtual Disk. A Disk with this id exists already.')
    const project = await ctx.sql.one<{
      id: string
    }>`select default_project_id as id from data_center where id = ${domain.dataCenterId}::uuid`
    const alias = i.alias ?? `disk-${id.slice(0, 8)}`
    await insertDisk(ctx.sql, {
      id,
      projectId: project.id,
      alias,
      description: i.description,
      storageDomainId: domain.id,
      imageId: id,
      volumeId: i.volumeId ?? randomUUID(),
      format: i.format,
      // Incremental backup needs a qcow2 that grows, whatever the client calls it.
      sparse: i.format === 'qcow2' || sparse,
      contentType: i.contentType,
      capacity: i.capacity,
      shareable: i.shareable,
      wipeAfterDelete: i.wipeAfterDelete ?? domain.wipeAfterDelete,
      propagateErrors: i.propagateErrors,
      backup: i.backup,
    })
    await grantCreator(ctx.sql, ctx.actor, 'DiskOperator', { kind: 'disk', id })
    ctx.changed('disk', id)
    ctx.event('disk.add.started', {
      refs: [
        { ...ref(id), name: alias },
        { kind: 'storage_domain', id: domain.id, name: domain.name },
      ],
      args: { disk: alias },
    })
    return { id, ...(await ctx.start(createDisk, { diskId: id, alias, dataCenterId: domain.dataCenterId })) }
  },
})

/** Changes what is said of a disk; a larger capacity is given by a job, while its VM runs too. */
export const update = operation({
  name: 'disk.update',
  input: UpdateDisk,
  output: MaybeStarted,
  permit: { action: 'edit_disk_properties', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<DiskRow>(ctx, 'disk', i.id)
    mustBeSeen(row, i.version)
    must(diskCan.use, { id: row.id, name: row.alias, status: row.status })
    if (i.capacity !== undefined && i.capacity < row.capacity)
      throw invalid(
        'disk.shrink',
        `Cannot edit Virtual Disk. New disk size cannot be smaller than the current (${row.capacity} bytes).`,
      )
    if (i.shareable === true && row.format !== 'raw')
      throw invalid('disk.shareable_format', 'Cannot edit Virtual Disk. Only a Disk in RAW format can be shared.')
    if (i.backup === 'incremental' && row.format !== 'qcow2')
      throw invalid('disk.backup_format', 'Cannot edit Virtual Disk. Incremental backup needs the COW format.')
    if (i.shareable === false && row.vmIds.length > 1)
      throw conflict(
        'disk.shared',
        'Cannot edit Virtual Disk. It is attached to several VMs, so it must stay shareable.',
      )
    const alias = i.alias ?? row.alias
    const description = i.description ?? row.description
    await ctx.sql`update disk set alias = ${alias}, description = ${description},
      shareable = ${i.shareable ?? row.shareable}, wipe_after_delete = ${i.wipeAfterDelete ?? row.wipeAfterDelete},
      propagate_errors = ${i.propagateErrors ?? row.propagateErrors}, backup = ${i.backup ?? row.backup},
      modified_at = ${ctx.now}, version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('disk', i.id)
    ctx.event('disk.updated', { refs: [{ ...ref(i.id), name: alias }], args: { disk: alias } })
    if (row.dataCenterId === null) return { id: i.id, jobId: null }
    if (i.capacity !== undefined && i.capacity > row.capacity) {
      await mustHaveSpm(ctx.sql, row.dataCenterId, 'Cannot edit Virtual Disk.')
      const domain = await find<StorageDomainRow>(ctx, 'storage_domain', row.storageDomainId)
      must(storageDomainCan.use, domain)
      const more = i.capacity - row.capacity
      await mustHaveRoom(ctx, domain, row.sparse ? 0 : more, 'Cannot edit Virtual Disk.')
      const input = { diskId: i.id, alias, dataCenterId: row.dataCenterId, from: row.capacity, to: i.capacity }
      return { id: i.id, ...(await ctx.start(extendDisk, input)) }
    }
    if (alias !== row.alias || description !== row.description)
      await ctx.start(describeDisk, { diskId: i.id, alias, dataCenterId: row.dataCenterId })
    return { id: i.id, jobId: null }
  },
})

/** Removes a disk with its bytes. Refused while a VM that runs has it. */
export const remove = operation({
  name: 'disk.remove',
  input: OneDisk,
  output: Started,
  permit: { action: 'delete_disk', on: i => ref(i.id) },
  async run(ctx, i) {
    const row = await find<DiskRow>(ctx, 'disk', i.id)
    must(diskCan.remove, { id: row.id, name: row.alias, status: row.status })
    const users = await runningUsers(ctx.sql, i.id)
    if (users.length > 0)
      throw conflict(
        'disk.in_use',
        `Cannot remove Virtual Disk. At least one of the VMs is not down: ${users.join(', ')}.`,
        { ref: ref(i.id), detail: { vms: users } },
      )
    const holders = await ctx.sql<{
      name: string
    }>`select name from vm where config #>> '{cdrom,diskId}' = ${i.id} order by name limit 20`
    if (holders.length > 0)
      throw conflict(
        'disk.in_drive',
        `Cannot remove Virtual Disk. It is the CD of VMs: ${holders.map(v => v.name).join(', ')}. Eject it first.`,
        { detail: { vms: holders.map(v => v.name) } },
      )
    if (row.dataCenterId === null)
      throw conflict('storage_domain.unattached', 'Cannot remove Virtual Disk. Its Storage Domain is not attached.')
    await mustHaveSpm(ctx.sql, row.dataCenterId, 'Cannot remove Virtual Disk.')
    return {
      id: i.id,
      ...(await ctx.start(removeDisk, { diskId: i.id, alias: row.alias, dataCenterId: row.dataCenterId })),
    }
  },
})
