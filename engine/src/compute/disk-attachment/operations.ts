import { conflict, diskCan, invalid, must, notFound } from '@rookery/model'
import { z } from 'zod'
import { call } from '../../core/call.ts'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { find, mustHold } from '../../inventory/access.ts'
import { add as addDisk, remove as removeDisk, update as updateDisk } from '../../storage/disk/operations.ts'
import type { DiskRow } from '../../storage/disk/types.ts'
import type { VmRow } from '../vm/types.ts'
import { plugDisk, unplugDisk } from './plug.ts'
import { AddAttachment, type AttachmentRow, RemoveAttachment, UpdateAttachment } from './types.ts'

const Done = z.object({ diskId: z.string(), jobId: z.string().nullable() })
const onVm = {
  action: 'configure_vm_storage',
  on: (i: { vmId: string }) => ({ kind: 'vm' as const, id: i.vmId }),
} as const

async function oneBootable(ctx: Ctx, vmId: string, diskId: string | null): Promise<void> {
  const other = await ctx.sql<{ alias: string }>`
    select d.alias from disk_attachment a join disk d on d.id = a.disk_id
     where a.vm_id = ${vmId}::uuid and a.bootable and a.disk_id is distinct from ${diskId}::uuid`
  if (other[0] !== undefined)
    throw conflict(
      'disk.bootable_taken',
      `Cannot attach Virtual Disk. Disk ${other[0].alias} in VM is already marked as boot.`,
    )
}

/** Whether a suspended or starting VM would meet other disks than it knows. */
function mustTakeDisks(vm: VmRow): void {
  if (vm.status === 'suspended')
    throw conflict(
      'vm.suspended',
      'Cannot change Virtual Disks. VM is suspended; its memory knows the disks that it had.',
    )
  if (vm.runId === null && vm.status === 'wait_for_launch')
    throw conflict('vm.starting', 'Cannot change Virtual Disks. VM is being started; try again in a moment.')
}

/** The attachment, or the refusal that there is none. */
async function attachmentOf(ctx: Ctx, vmId: string, diskId: string): Promise<AttachmentRow> {
  const row = await ctx.sql
    .maybe<AttachmentRow>`select * from disk_attachment where vm_id = ${vmId}::uuid and disk_id = ${diskId}::uuid`
  if (row === undefined) throw notFound('disk_attachment.not_found', `Disk ${diskId} is not attached to the VM.`)
  return row
}

/** Attaches an existing disk to a VM, or makes a new one for it. */
export const add = operation({
  name: 'diskAttachment.add',
  input: AddAttachment,
  output: Done,
  permit: onVm,
  async run(ctx, i) {
    const vm = await find<VmRow>(ctx, 'vm', i.vmId)
    mustTakeDisks(vm)
    if (i.bootable) await oneBootable(ctx, i.vmId, i.diskId ?? null)
    const running = vm.runId !== null
    let diskId = i.diskId
    let jobId: string | null = null
    let active = i.active ?? false
    if (diskId === undefined) {
      if (i.disk === undefined)
        throw invalid('disk_attachment.disk', 'Say which Disk to attach: its id, or what to make.')
      const { n } = await ctx.sql.one<{
        n: number
      }>`select count(*) as n from disk_attachment where vm_id = ${i.vmId}::uuid`
      const made = await call(ctx, addDisk, { ...i.disk, alias: i.disk.alias ?? `${vm.name}_Disk${n + 1}` })
      diskId = made.id
      jobId = made.jobId
      active = i.active ?? !running
    } else {
      const disk = await find<DiskRow>(ctx, 'disk', diskId)
      await mustHold(ctx, 'attach_disk', { kind: 'disk', id: diskId })
      must(diskCan.use, { id: disk.id, name: disk.alias, status: disk.status })
      if (disk.dataCenterId !== vm.dataCenterId)
        throw conflict('disk.other_data_center', 'Cannot attach Virtual Disk. The Disk belongs to another Data Center.')
      if (disk.contentType !== 'data')
        throw conflict(
          'disk.content_type',
          `Cannot attach Virtual Disk. A Disk of content type ${disk.contentType} is no hard disk.`,
        )
      if (disk.vmIds.includes(i.vmId))
        throw conflict('disk_attachment.exists', 'Cannot attach Virtual Disk. The Disk is already attached to the VM.')
      if (disk.vmIds.length > 0 && !disk.shareable)
        throw conflict(
          'disk.attached',
          'Cannot attach Virtual Disk. The Disk is attached to another VM and is not shareable.',
        )
    }
    await ctx.sql`insert into disk_attachment (vm_id, disk_id, interface, bootable, active, read_only, pass_discard, position)
      values (${i.vmId}, ${diskId}, ${i.interface}, ${i.bootable}, ${active && !running}, ${i.readOnly}, ${i.passDiscard},
        (select coalesce(max(position) + 1, 0) from disk_attachment where vm_id = ${i.vmId}::uuid))`
    ctx.changed('vm', i.vmId)
    ctx.changed('disk', diskId)
    const disk = await find<DiskRow>(ctx, 'disk', diskId)
    ctx.event('disk.attached', {
      refs: [
        { kind: 'disk', id: diskId, name: disk.alias },
        { kind: 'vm', id: i.vmId, name: vm.name },
      ],
      args: { disk: disk.alias, vm: vm.name },
    })
    if (running && active)
      ({ jobId } = await ctx.start(plugDisk, { vmId: i.vmId, diskId, vm: vm.name, disk: disk.alias }))
    return { diskId, jobId }
  },
})

/** Changes an attachment: plugs and unplugs first, then the rest. What the guest would have to notice waits for a stopped VM. */
export const update = operation({
  name: 'diskAttachment.update',
  input: UpdateAttachment,
  output: Done,
  permit: onVm,
  async run(ctx, i) {
    const vm = await find<VmRow>(ctx, 'vm', i.vmId)
    const row = await attachmentOf(ctx, i.vmId, i.diskId)
    const disk = await find<DiskRow>(ctx, 'disk', i.diskId)
    const running = vm.runId !== null
    let jobId: string | null = null
    const active = i.active ?? row.active
    const changed =
      (i.interface ?? row.interface) !== row.interface ||
      (i.readOnly ?? row.readOnly) !== row.readOnly ||
      (i.passDiscard ?? row.passDiscard) !== row.passDiscard
    if (changed || active !== row.active) mustTakeDisks(vm)
    if (changed && running && row.active && active)
      throw conflict(
        'disk_attachment.in_use',
        'Cannot edit Virtual Disk. The VM is running; unplug the Disk or stop the VM first.',
      )
    if (i.bootable === true && !row.bootable) await oneBootable(ctx, i.vmId, i.diskId)
    if (active && !row.active) must(diskCan.use, { id: disk.id, name: disk.alias, status: disk.status })
    await ctx.sql`update disk_attachment set interface = ${i.interface ?? row.interface}, bootable = ${i.bootable ?? row.bootable},
      read_only = ${i.readOnly ?? row.readOnly}, pass_discard = ${i.passDiscard ?? row.passDiscard},
      active = ${running ? row.active : active} where vm_id = ${i.vmId}::uuid and disk_id = ${i.diskId}::uuid`
    ctx.changed('vm', i.vmId)
    ctx.changed('disk', i.diskId)
    if (running && active !== row.active)
      ({ jobId } = await ctx.start(active ? plugDisk : unplugDisk, {
        vmId: i.vmId,
        diskId: i.diskId,
        vm: vm.name,
        disk: disk.alias,
      }))
    if (i.disk !== undefined && Object.keys(i.disk).length > 0) {
      const updated = await call(ctx, updateDisk, { id: i.diskId, ...i.disk })
      jobId ??= updated.jobId
    }
    return { diskId: i.diskId, jobId }
  },
})

/** Detaches a disk, and removes it when asked to. */
export const remove = operation({
  name: 'diskAttachment.remove',
  input: RemoveAttachment,
  output: Done,
  permit: onVm,
  async run(ctx, i) {
    const vm = await find<VmRow>(ctx, 'vm', i.vmId)
    const row = await attachmentOf(ctx, i.vmId, i.diskId)
    const disk = await find<DiskRow>(ctx, 'disk', i.diskId)
    mustTakeDisks(vm)
    if (vm.runId !== null && row.active)
      throw conflict(
        'disk_attachment.in_use',
        'Cannot detach Virtual Disk. The VM is not down; deactivate the Disk first.',
      )
    if (disk.status === 'locked')
      throw conflict(
        'disk.locked',
        `Cannot detach Virtual Disk. The following disks are locked: ${disk.alias}. Please try again in a few minutes.`,
      )
    if (!i.detachOnly) return { diskId: i.diskId, jobId: (await call(ctx, removeDisk, { id: i.diskId })).jobId }
    await ctx.sql`delete from disk_attachment where vm_id = ${i.vmId}::uuid and disk_id = ${i.diskId}::uuid`
    ctx.changed('vm', i.vmId)
    ctx.changed('disk', i.diskId)
    ctx.event('disk.detached', {
      refs: [
        { kind: 'disk', id: i.diskId, name: disk.alias },
        { kind: 'vm', id: i.vmId, name: vm.name },
      ],
      args: { disk: disk.alias, vm: vm.name },
    })
    return { diskId: i.diskId, jobId: null }
  },
})
