import { GiB } from '@rookery/model'
import type { IsoFileRow, StorageDomainRow } from '../../../storage/domain/types.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, stub } from '../kernel/answer.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** Sub-collections by type of domain (fact sheet 2.4, Storage). */
const links: Readonly<Record<StorageDomainRow['type'], readonly string[]>> = {
  data: ['diskprofiles', 'disks', 'disksnapshots', 'permissions', 'storageconnections', 'templates', 'vms'],
  iso: ['files', 'permissions', 'storageconnections'],
  export: ['permissions', 'storageconnections', 'templates', 'vms'],
}

/** Whole GiB, as the original reports space. */
const wholeGiB = (bytes: number) => Math.floor(bytes / GiB) * GiB

/** How hosts reach a domain, as the API shows it. */
export const storageToWire = (connection: StorageDomainRow['connection']): WireObject =>
  connection.type === 'posixfs'
    ? {
        type: connection.type,
        path: connection.path,
        vfs_type: connection.vfsType,
        mount_options: connection.mountOptions === '' ? undefined : connection.mountOptions,
      }
    : { type: connection.type, path: connection.path }

/**
 * A storage domain as the API shows it. `inDataCenter`: the attached view below a data center, which always has a status and
 * the actions; the global view shows a status only while unattached.
 */
export function storageDomainToWire(row: StorageDomainRow, inDataCenter = false): WireObject {
  const own = `${apiBase}/storagedomains/${row.id}`
  const href =
    inDataCenter && row.dataCenterId !== null
      ? `${apiBase}/datacenters/${row.dataCenterId}/storagedomains/${row.id}`
      : own
  return {
    id: row.id,
    href,
    actions: inDataCenter ? linksBelow(href, ['activate', 'deactivate']) : linksBelow(own, ['isattached']),
    link: linksBelow(own, links[row.type]),
    name: row.name,
    description: row.description,
    comment: row.comment,
    available: wholeGiB(row.available),
    used: wholeGiB(row.used),
    committed: wholeGiB(row.committed),
    backup: row.backup,
    block_size: 512,
    critical_space_action_blocker: row.criticalSpaceGib,
    discard_after_delete: row.discardAfterDelete,
    external_status: 'ok',
    master: row.master,
    status: inDataCenter || row.status === 'unattached' ? row.status : undefined,
    storage: storageToWire(row.connection),
    storage_format: row.storageFormat,
    supports_discard: false,
    supports_discard_zeroes_data: false,
    type: row.type,
    warning_low_space_indicator: row.warningLowSpace,
    wipe_after_delete: row.wipeAfterDelete,
    ...(inDataCenter
      ? { data_center: stub('datacenters', row.dataCenterId) }
      : { data_centers: row.dataCenterId === null ? undefined : [stub('datacenters', row.dataCenterId) ?? {}] }),
  }
}

/** A file of an ISO domain: id and name are the file's own name. */
export function fileToWire(row: IsoFileRow): WireObject {
  const domain = `${apiBase}/storagedomains/${row.storageDomainId}`
  return {
    id: row.name,
    href: `${domain}/files/${encodeURIComponent(row.name)}`,
    name: row.name,
    type: /\.(vfd|flp|img)$/i.test(row.name) ? 'floppy' : 'iso',
    storage_domain: { id: row.storageDomainId, href: domain },
  }
}
