import type { DiskStatus } from '@rookery/model'
import type { VolumeRef } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import { dropPermissions } from '../../identity/permissions.ts'
import { charge, refund } from '../../metering/quota.ts'
import type { DiskRow } from './types.ts'

/** A disk by id, whoever asks. */
export const getDisk = (sql: Sql, id: string): Promise<DiskRow | undefined> =>
  sql.maybe<DiskRow>`select * from disk_view where id = ${id}::uuid`

/** The volume of a disk, as hosts name it. */
export const volumeOf = (disk: Pick<DiskRow, 'storageDomainId' | 'imageId' | 'volumeId'>): VolumeRef => ({
  storageDomainId: disk.storageDomainId,
  imageId: disk.imageId,
  volumeId: disk.volumeId,
})

/** What a new row holds. */
export type NewDiskRow = Pick<
  DiskRow,
  | 'id'
  | 'projectId'
  | 'alias'
  | 'description'
  | 'storageDomainId'
  | 'imageId'
  | 'volumeId'
  | 'format'
  | 'sparse'
  | 'contentType'
  | 'capacity'
  | 'shareable'
  | 'wipeAfterDelete'
  | 'propagateErrors'
  | 'backup'
>

/** Inserts a disk, locked until a job has made it, and charges its project. */
export async function insertDisk(sql: Sql, d: NewDiskRow): Promise<void> {
  await charge(sql, d.projectId, { disks: 1, 'disk.bytes': d.capacity })
  await sql`insert into disk (id, project_id, alias, description, storage_domain_id, image_id, volume_id, format, sparse, content_type,
      capacity, shareable, wipe_after_delete, propagate_errors, backup, status)
    values (${d.id}, ${d.projectId}, ${d.alias}, ${d.description}, ${d.storageDomainId}, ${d.imageId}, ${d.volumeId}, ${d.format},
      ${d.sparse}, ${d.contentType}, ${d.capacity}, ${d.shareable}, ${d.wipeAfterDelete}, ${d.propagateErrors}, ${d.backup}, 'locked')`
}

/** Forgets a disk and gives back what it was charged. Content when it is gone. */
export async function deleteDisk(sql: Sql, id: string): Promise<void> {
  await dropPermissions(sql, { kind: 'disk', id })
  const row = await sql.maybe<{ projectId: string; capacity: number }>`
    delete from disk where id = ${id}::uuid returning project_id, capacity`
  if (row !== undefined) await refund(sql, row.projectId, { disks: 1, 'disk.bytes': row.capacity })
}

/** Moves the status of a disk; false when it was not in one of `from`. */
export async function moveDisk(sql: Sql, id: string, to: DiskStatus, from: readonly DiskStatus[]): Promise<boolean> {
  return (
    (await sql.run`update disk set status = ${to} where id = ${id}::uuid and status = any (${[...from]}::text[])`) > 0
  )
}

/** Names of VMs that have a run and the disk plugged in. */
export async function runningUsers(sql: Sql, diskId: string): Promise<string[]> {
  const rows = await sql<{ name: string }>`
    select v.name from disk_attachment a join vm v on v.id = a.vm_id
     where a.disk_id = ${diskId}::uuid and a.active
       and (exists (select 1 from vm_run r where r.vm_id = v.id) or v.suspended_volume is not null) order by v.name`
  return rows.map(row => row.name)
}
