import { invalid } from '@rookery/model'
import type { NewDisk } from '../../../storage/disk/types.ts'
import { list as listDomains } from '../../../storage/domain/queries.ts'
import { incomplete } from '../http/fault.ts'
import { defined, referenced } from '../kernel/read.ts'
import type { ApiRequest } from '../kernel/route.ts'
import { booleanAt, listAt, numberAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'

/** The storage domain that a disk says it wants: the first of the list, or the single element. */
async function domainOf(request: ApiRequest, body: WireObject): Promise<string | undefined> {
  const reference = listAt(body, 'storage_domains')?.[0] ?? structAt(body, 'storage_domain')
  return referenced(request, reference, listDomains, 'StorageDomain')
}

/** A `<disk>` to be made. Size and format are mandatory; `cow` is qcow2. */
export async function newDiskFromWire(request: ApiRequest, body: WireObject, type = 'Disk'): Promise<NewDisk> {
  if (structAt(body, 'lun_storage'))
    throw invalid('disk.lun', 'Cannot add Virtual Disk. LUN disks are not offered in this release.')
  const prefix = type === 'Disk' ? '' : 'disk.'
  const capacity = numberAt(body, 'provisioned_size')
  const format = textAt(body, 'format')
  const missing = [
    ...(capacity === undefined ? [`${prefix}provisioned_size`] : []),
    ...(format === undefined ? [`${prefix}format`] : []),
  ]
  if (capacity === undefined || format === undefined) throw incomplete(type, missing, 'add')
  const contentType = textAt(body, 'content_type') ?? 'data'
  if (contentType !== 'data' && contentType !== 'iso')
    throw invalid(
      'wire.invalid_value',
      `${contentType} disks are made by the engine alone; content_type takes data or iso.`,
    )
  const wanted: NewDisk = {
    capacity,
    format: format === 'cow' ? 'qcow2' : 'raw',
    contentType,
    description: textAt(body, 'description') ?? '',
    shareable: booleanAt(body, 'shareable') ?? false,
    propagateErrors: booleanAt(body, 'propagate_errors') ?? false,
    backup: textAt(body, 'backup') === 'incremental' ? 'incremental' : 'none',
  }
  return {
    ...wanted,
    ...defined({
      id: body.id,
      volumeId: textAt(body, 'image_id'),
      alias: textAt(body, 'alias') ?? textAt(body, 'name'),
      storageDomainId: await domainOf(request, body),
      sparse: booleanAt(body, 'sparse'),
      wipeAfterDelete: booleanAt(body, 'wipe_after_delete'),
      initialSize: numberAt(body, 'initial_size'),
    }),
  }
}
