import { z } from 'zod'
import { query } from '../../core/query.ts'
import { visible } from '../../core/visible.ts'
import { fragment } from '../../db/index.ts'
import { id } from '../../inventory/input.ts'
import { among } from '../../inventory/list.ts'
import type { AttachmentRow } from './types.ts'

/** Disk attachments of VMs that the asker may see, in the order in which the guests see the disks. */
export const list = query({
  name: 'diskAttachment.list',
  input: z.strictObject({
    vmIds: z.array(id).max(10_000).optional(),
    diskIds: z.array(id).max(10_000).optional(),
    max: z.int().min(0).optional(),
  }),
  run: (ctx, i): Promise<AttachmentRow[]> =>
    ctx.sql<AttachmentRow>`
      select a.* from disk_attachment a join ${visible(ctx, 'vm')} v on v.id = a.vm_id
       where ${among(fragment`a.vm_id`, i.vmIds) ?? fragment`true`} and ${among(fragment`a.disk_id`, i.diskIds) ?? fragment`true`}
       order by a.vm_id, a.bootable desc, a.position, a.disk_id limit ${i.max ?? null}::bigint`,
})
