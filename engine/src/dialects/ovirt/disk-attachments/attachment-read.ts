import type { NewAttachment } from '../../../compute/vm/types.ts'
import { invalid } from '@rookery/model'
import { newDiskFromWire } from '../disks/disk-read.ts'
import { incomplete } from '../http/fault.ts'
import { defined } from '../kernel/read.ts'
import type { ApiRequest } from '../kernel/route.ts'
import { booleanAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'

const interfaces = ['virtio', 'virtio_scsi', 'sata', 'ide'] as const

/** The interface word, which the wire knows one more of than this engine. */
export function diskInterface(body: WireObject): (typeof interfaces)[number] | undefined {
  const word = textAt(body, 'interface')
  if (word === undefined) return undefined
  const known = interfaces.find(name => name === word)
  if (known === undefined)
    throw invalid('wire.invalid_value', `${word} is not an interface of this engine; use ${interfaces.join(', ')}.`)
  return known
}

/**
 * A `<disk_attachment>` in a request: with a disk id it attaches that disk, whatever else the disk struct says; without one it makes a
 * disk (fact sheet 2.4, Attachment).
 */
export async function newAttachment(request: ApiRequest, body: WireObject): Promise<NewAttachment> {
  const disk = structAt(body, 'disk')
  const diskId = disk?.id ?? body.id
  if (disk === undefined && diskId === undefined) throw incomplete('DiskAttachment', ['disk'], 'add')
  return {
    interface: diskInterface(body) ?? 'virtio',
    bootable: booleanAt(body, 'bootable') ?? false,
    readOnly: booleanAt(body, 'read_only') ?? false,
    passDiscard: booleanAt(body, 'pass_discard') ?? false,
    ...defined({
      active: booleanAt(body, 'active'),
      diskId,
      disk:
        diskId === undefined && disk !== undefined ? await newDiskFromWire(request, disk, 'DiskAttachment') : undefined,
    }),
  }
}
