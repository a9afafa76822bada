import type { DiskRow } from '../../../storage/disk/types.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, stub } from '../kernel/answer.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** A disk as the API shows it (fact sheet 1.11, 2.2). */
export function diskToWire(row: DiskRow): WireObject {
  const href = `${apiBase}/disks/${row.id}`
  return {
    id: row.id,
    href,
    actions: {},
    link: linksBelow(href, ['disksnapshots', 'permissions', 'statistics']),
    name: row.alias,
    alias: row.alias,
    description: row.description,
    actual_size: row.actualSize,
    backup: row.backup,
    content_type: row.contentType,
    format: row.format === 'qcow2' ? 'cow' : 'raw',
    image_id: row.volumeId,
    propagate_errors: row.propagateErrors,
    provisioned_size: row.capacity,
    qcow_version: row.format === 'qcow2' ? 'qcow2_v3' : undefined,
    shareable: row.shareable,
    sparse: row.sparse,
    status: row.status,
    storage_type: 'image',
    total_size: row.actualSize,
    wipe_after_delete: row.wipeAfterDelete,
    disk_profile: stub('diskprofiles', row.storageDomainId),
    storage_domains: [stub('storagedomains', row.storageDomainId) ?? {}],
    vms: row.vmIds.length === 0 ? undefined : row.vmIds.map(id => ({ id, href: `${apiBase}/vms/${id}` })),
  }
}
