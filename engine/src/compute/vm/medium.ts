import { conflict, notFound } from '@rookery/model'
import type { IsoRef, VolumeRef } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import { volumeOf } from '../../storage/disk/store.ts'
import type { DiskRow } from '../../storage/disk/types.ts'
import type { VmConfig } from './config.ts'

/** What the configuration says is in the drive. */
export type Medium = VmConfig['cdrom']

/**
 * What a client calls a CD: the name of a file on an ISO domain of the data center, or the id of an ISO disk.
 *
 * @throws `notFound` when there is none
 */
export async function mediumNamed(sql: Sql, dataCenterId: string | null, file: string): Promise<NonNullable<Medium>> {
  const disk = await sql.maybe<{ id: string }>`
    select id from disk_view where id::text = lower(${file}) and content_type = 'iso' and data_center_id = ${dataCenterId}::uuid`
  if (disk !== undefined) return { diskId: disk.id }
  const found = await sql.maybe<{ storageDomainId: string; name: string }>`
    select f.storage_domain_id, f.name from iso_file f join storage_domain s on s.id = f.storage_domain_id
     where f.name = ${file} and s.data_center_id = ${dataCenterId}::uuid order by s.status = 'active' desc, s.id limit 1`
  if (found !== undefined) return { storageDomainId: found.storageDomainId, file: found.name }
  throw notFound(
    'cdrom.file_not_found',
    `The CD image "${file}" was not found on the ISO domain or among the ISO disks of the Data Center.`,
  )
}

/** The name by which a client knows the medium. */
export const mediumName = (medium: Medium): string | null =>
  medium === null ? null : 'diskId' in medium ? medium.diskId : medium.file

/**
 * The medium as hosts name it. Refuses one that cannot be read now.
 *
 * @throws `conflict` when its storage domain is not active or its disk not ok; `notFound` when it is gone
 */
export async function mediumRef(sql: Sql, medium: Medium, action: string): Promise<IsoRef | VolumeRef | null> {
  if (medium === null) return null
  const domainId = 'diskId' in medium ? undefined : medium.storageDomainId
  const disk =
    'diskId' in medium ? await sql.maybe<DiskRow>`select * from disk_view where id = ${medium.diskId}::uuid` : undefined
  if ('diskId' in medium && disk === undefined)
    throw notFound('cdrom.file_not_found', `${action} The ISO disk in the CD drive is gone. Eject it.`)
  const domain = await sql.maybe<{ name: string; status: string }>`
    select name, status from storage_domain where id = ${disk?.storageDomainId ?? domainId ?? null}::uuid`
  if (domain?.status !== 'active')
    throw conflict(
      'cdrom.domain_not_active',
      `${action} The Storage Domain ${domain?.name ?? 'of the CD'} is not active. Eject the CD or activate it.`,
    )
  if (disk !== undefined) {
    if (disk.status !== 'ok')
      throw conflict('cdrom.disk_not_ok', `${action} The ISO disk ${disk.alias} is ${disk.status}.`)
    return volumeOf(disk)
  }
  if ('diskId' in medium) return null
  const file =
    await sql`select 1 from iso_file where storage_domain_id = ${medium.storageDomainId}::uuid and name = ${medium.file}`
  if (file.length === 0)
    throw conflict(
      'cdrom.file_not_found',
      `${action} The CD image "${medium.file}" is not on Storage Domain ${domain.name} any more. Eject it.`,
    )
  return { storageDomainId: medium.storageDomainId, file: medium.file }
}
