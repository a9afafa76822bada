import { randomUUID } from 'node:crypto'
import { conflict, diskCan, invalid, must, storageDomainCan, type TransferPhase, transferCan } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { find } from '../../inventory/access.ts'
import { runningUsers } from '../disk/store.ts'
import type { DiskRow } from '../disk/types.ts'
import type { StorageDomainRow } from '../domain/types.ts'
import { mustHaveSpm } from '../spm/store.ts'
import { cancelTransfer } from './cancel.ts'
import { finalizeTransfer } from './finalize.ts'
import { closeTransfer, openTransfer } from './open.ts'
import { movePhase, servedAs } from './store.ts'
import { AddTransfer, OneTransfer, type TransferRow } from './types.ts'

const Started = z.object({ id: z.string(), jobId: z.string() })
const Done = z.object({ id: z.string(), jobId: z.string().nullable() })

/** Opens a disk to be written or read from outside. The disk is locked until the transfer ends. */
export const add = operation({
  name: 'imageTransfer.add',
  input: AddTransfer,
  output: Started,
  permit: { action: 'edit_disk_properties', on: i => ({ kind: 'disk', id: i.diskId }) },
  async run(ctx, i) {
    const disk = await find<DiskRow>(ctx, 'disk', i.diskId)
    must(diskCan.transfer, { id: disk.id, name: disk.alias, status: disk.status })
    if (i.format === 'cow' && disk.format === 'raw')
      throw invalid(
        'transfer.format',
        'Cannot transfer Virtual Disk. The format COW does not fit a Disk in RAW format.',
      )
    const users = await runningUsers(ctx.sql, i.diskId)
    if (users.length > 0)
      throw conflict(
        'disk.in_use',
        `Cannot transfer Virtual Disk. The Disk is attached to VMs that are not down: ${users.join(', ')}.`,
        { detail: { vms: users } },
      )
    const domain = await find<StorageDomainRow>(ctx, 'storage_domain', disk.storageDomainId)
    must(storageDomainCan.use, domain)
    if (disk.dataCenterId === null)
      throw conflict('storage_domain.unattached', 'Cannot transfer Virtual Disk. Its Storage Domain is not attached.')
    const spm = await mustHaveSpm(ctx.sql, disk.dataCenterId, 'Cannot transfer Virtual Disk.')
    if (i.hostId !== undefined) {
      const host = await find<{ id: string; name: string; status: string }>(ctx, 'host', i.hostId)
      if (host.status !== 'up')
        throw conflict('host.not_up', `Cannot transfer Virtual Disk. Host ${host.name} is ${host.status}.`)
    }
    const format = i.format ?? (disk.format === 'raw' ? 'raw' : 'cow')
    const { serve, size } = servedAs(disk, format, i.direction)
    const id = randomUUID()
    await ctx.sql`insert into image_transfer (id, disk_id, project_id, host_id, session_id, user_id, ticket, direction, format, serve, phase,
        size, inactivity_timeout, timeout_policy, filename)
      values (${id}, ${disk.id}, ${disk.projectId}, ${i.hostId ?? spm.hostId}, ${ctx.actor.sessionId ?? null},
        ${ctx.actor.kind === 'user' ? ctx.actor.userId : null}, ${randomUUID()}, ${i.direction}, ${format}, ${serve}, 'initializing',
        ${size}, ${i.inactivityTimeout}, ${i.timeoutPolicy}, ${i.filename ?? null})`
    await ctx.sql`update disk set status = 'locked' where id = ${disk.id}::uuid`
    ctx.changed('disk', disk.id)
    ctx.changed('image_transfer', id)
    ctx.event('transfer.started', {
      refs: [
        { kind: 'disk', id: disk.id, name: disk.alias },
        { kind: 'storage_domain', id: domain.id, name: domain.name },
      ],
      args: { direction: i.direction, disk: disk.alias },
      data: { transferId: id },
    })
    const input = { transferId: id, diskId: disk.id, alias: disk.alias, dataCenterId: disk.dataCenterId }
    return { id, ...(await ctx.start(openTransfer, input)) }
  },
})

// Asked on the transfer, which is reached like its disk: a refusal on the disk would tell a stranger which one it is.
const permit = {
  action: 'edit_disk_properties',
  on: (i: { id: string }) => ({ kind: 'image_transfer' as const, id: i.id }),
} as const

interface Subject {
  transfer: TransferRow
  input: { transferId: string; diskId: string; alias: string; dataCenterId: string }
}

async function subject(ctx: Ctx, id: string): Promise<Subject> {
  const transfer = await find<TransferRow>(ctx, 'image_transfer', id)
  const disk = await ctx.sql.maybe<{ alias: string; dataCenterId: string | null }>`
    select alias, data_center_id from disk_view where id = ${transfer.diskId}::uuid`
  return {
    transfer,
    input: {
      transferId: id,
      diskId: transfer.diskId,
      alias: disk?.alias ?? '',
      dataCenterId: disk?.dataCenterId ?? '',
    },
  }
}

const standing = (t: TransferRow): { id: string; name: string; status: TransferPhase } => ({
  id: t.id,
  name: 'The image transfer',
  status: t.phase,
})

/** Stops the clock: the ticket ends, the disk stays locked. */
export const pause = operation({
  name: 'imageTransfer.pause',
  input: OneTransfer,
  output: Started,
  permit,
  async run(ctx, i) {
    const { transfer, input } = await subject(ctx, i.id)
    must(transferCan.pause, standing(transfer))
    await movePhase(ctx.sql, i.id, 'paused_user', ['transferring'])
    ctx.changed('image_transfer', i.id)
    ctx.event('transfer.paused', {
      refs: [{ kind: 'disk', id: transfer.diskId, name: input.alias }],
      args: { direction: transfer.direction, disk: input.alias },
    })
    return { id: i.id, ...(await ctx.start(closeTransfer, input)) }
  },
})

/** Opens the ticket of a paused transfer again. */
export const resume = operation({
  name: 'imageTransfer.resume',
  input: OneTransfer,
  output: Started,
  permit,
  async run(ctx, i) {
    const { transfer, input } = await subject(ctx, i.id)
    must(transferCan.resume, standing(transfer))
    await movePhase(ctx.sql, i.id, 'resuming', ['paused_user', 'paused_system'])
    ctx.changed('image_transfer', i.id)
    ctx.event('transfer.resumed', {
      refs: [{ kind: 'disk', id: transfer.diskId, name: input.alias }],
      args: { direction: transfer.direction, disk: input.alias },
    })
    return { id: i.id, ...(await ctx.start(openTransfer, input)) }
  },
})

/** Counts as being alive. */
export const extend = operation({
  name: 'imageTransfer.extend',
  input: OneTransfer,
  output: Done,
  permit,
  async run(ctx, i) {
    const { transfer } = await subject(ctx, i.id)
    must(transferCan.extend, standing(transfer))
    await ctx.sql`update image_transfer set last_active_at = ${ctx.now} where id = ${i.id}::uuid`
    return { id: i.id, jobId: null }
  },
})

/** Gives a transfer up: an uploaded disk is removed, a downloaded one is as it was. */
export const cancel = operation({
  name: 'imageTransfer.cancel',
  input: OneTransfer,
  output: Started,
  permit,
  preempts: ['imageTransfer.open', 'imageTransfer.renew', 'imageTransfer.close'],
  async run(ctx, i) {
    const { transfer, input } = await subject(ctx, i.id)
    must(transferCan.cancel, standing(transfer))
    await movePhase(ctx.sql, i.id, 'cancelled_user', transferCan.cancel.from)
    ctx.changed('image_transfer', i.id)
    return { id: i.id, ...(await ctx.start(cancelTransfer, input)) }
  },
})

/** Ends a transfer well: what was uploaded is verified. */
export const finalize = operation({
  name: 'imageTransfer.finalize',
  input: OneTransfer,
  output: Started,
  permit,
  preempts: ['imageTransfer.renew', 'imageTransfer.close'],
  async run(ctx, i) {
    const { transfer, input } = await subject(ctx, i.id)
    must(transferCan.finalize, standing(transfer))
    await movePhase(ctx.sql, i.id, 'finalizing_success', transferCan.finalize.from)
    ctx.changed('image_transfer', i.id)
    return { id: i.id, ...(await ctx.start(finalizeTransfer, input)) }
  },
})
