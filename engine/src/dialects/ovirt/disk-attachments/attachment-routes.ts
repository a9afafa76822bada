import { ask, call } from '../../../core/call.ts'
import * as attachment from '../../../compute/disk-attachment/operations.ts'
import { list as listAttachments } from '../../../compute/disk-attachment/queries.ts'
import type { AttachmentRow } from '../../../compute/disk-attachment/types.ts'
import { diskChanges } from '../disks/disk-routes.ts'
import { apiBase, booleanParameter } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId } from '../kernel/read.ts'
import { type ApiRequest, del, get, post, put, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { vmOf } from '../vms/vm-routes.ts'
import { booleanAt, structAt, type WireObject } from '../wire/wire-object.ts'
import { diskInterface, newAttachment } from './attachment-read.ts'

/** An attachment as the API shows it: its id is the disk's, its href always below the VM. */
export function attachmentToWire(row: AttachmentRow): WireObject {
  const vmHref = `${apiBase}/vms/${row.vmId}`
  return {
    id: row.diskId,
    href: `${vmHref}/diskattachments/${row.diskId}`,
    active: row.active,
    bootable: row.bootable,
    interface: row.interface,
    pass_discard: row.passDiscard,
    read_only: row.readOnly,
    uses_scsi_reservation: false,
    disk: { id: row.diskId, href: `${apiBase}/disks/${row.diskId}` },
    vm: { id: row.vmId, href: vmHref },
  }
}

async function attachmentOf(request: ApiRequest): Promise<AttachmentRow> {
  const vmId = pathId(request, 'vm')
  const id = pathId(request)
  const [row] = await ask(request.env, listAttachments, { vmIds: [vmId], diskIds: [id] })
  return found(row, 'DiskAttachment', id)
}

export const attachmentRoutes: Route[] = [
  get('/vms/:vm/diskattachments', async request => {
    const { id } = await vmOf(request, 'vm')
    const rows = await ask(request.env, listAttachments, { vmIds: [id] })
    return list('DiskAttachment', 'disk_attachments', 'disk_attachment', rows.map(attachmentToWire))
  }),
  post('/vms/:vm/diskattachments', 'DiskAttachment', async request => {
    const vmId = pathId(request, 'vm')
    if (diskInterface(request.body) === undefined) throw incomplete('DiskAttachment', ['interface'], 'add')
    const { diskId, jobId } = await call(request.env, attachment.add, {
      vmId,
      ...(await newAttachment(request, request.body)),
    })
    const pending = await settled(request, jobId)
    const [row] = await ask(request.env, listAttachments, { vmIds: [vmId], diskIds: [diskId] })
    return created('DiskAttachment', attachmentToWire(found(row, 'DiskAttachment', diskId)), pending)
  }),
  get('/vms/:vm/diskattachments/:id', async request =>
    one('DiskAttachment', attachmentToWire(await attachmentOf(request))),
  ),
  put('/vms/:vm/diskattachments/:id', 'DiskAttachment', async request => {
    const { body } = request
    const disk = structAt(body, 'disk')
    const changes = disk === undefined ? {} : diskChanges(disk)
    const { jobId } = await call(request.env, attachment.update, {
      vmId: pathId(request, 'vm'),
      diskId: pathId(request),
      ...defined({
        interface: diskInterface(body),
        bootable: booleanAt(body, 'bootable'),
        active: booleanAt(body, 'active'),
        readOnly: booleanAt(body, 'read_only'),
        passDiscard: booleanAt(body, 'pass_discard'),
        disk: Object.keys(changes).length === 0 ? undefined : changes,
      }),
    })
    await settled(request, jobId, { wait: true })
    return one('DiskAttachment', attachmentToWire(await attachmentOf(request)))
  }),
  del('/vms/:vm/diskattachments/:id', async request => {
    // Missing or empty means detach; getting this wrong destroys data (fact sheet 1.5).
    const detachOnly = booleanParameter(request.address, 'detach_only') ?? true
    const { jobId } = await call(request.env, attachment.remove, {
      vmId: pathId(request, 'vm'),
      diskId: pathId(request),
      detachOnly,
    })
    if (booleanParameter(request.address, 'async') !== true) await settled(request, jobId, { wait: true })
    return removed
  }),
]
