import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { UpdateDisk } from '../../storage/disk/types.ts'
import { NewAttachment } from '../vm/types.ts'

/** A disk attachment as queries return it; its id on the wire is the disk's. */
export interface AttachmentRow {
  vmId: string
  diskId: string
  interface: 'virtio' | 'virtio_scsi' | 'sata' | 'ide'
  bootable: boolean
  active: boolean
  readOnly: boolean
  passDiscard: boolean
  position: number
}

/** Input of `diskAttachment.add`: attaches an existing disk, or makes one (then a job runs). */
export const AddAttachment = z.strictObject({ vmId: id, ...NewAttachment.shape })
export type AddAttachment = z.infer<typeof AddAttachment>

/** Input of `diskAttachment.update`. `active` plugs and unplugs; `disk` is passed on to `disk.update`. */
export const UpdateAttachment = z.strictObject({
  vmId: id,
  diskId: id,
  interface: z.enum(['virtio', 'virtio_scsi', 'sata', 'ide']).optional(),
  bootable: z.boolean().optional(),
  active: z.boolean().optional(),
  readOnly: z.boolean().optional(),
  passDiscard: z.boolean().optional(),
  disk: UpdateDisk.omit({ id: true }).optional(),
})
export type UpdateAttachment = z.infer<typeof UpdateAttachment>

/** Input of `diskAttachment.remove`. Only detaches unless `detachOnly` is false. */
export const RemoveAttachment = z.strictObject({ vmId: id, diskId: id, detachOnly: z.boolean().default(true) })
export type RemoveAttachment = z.infer<typeof RemoveAttachment>
