import { conflict, must, vmCan } from '@rookery/model'
import { z } from 'zod'
import { operation } from '../../core/operation.ts'
import { json } from '../../db/index.ts'
import { find, mustBeSeen, mustHold } from '../../inventory/access.ts'
import type { ClusterRow } from '../../inventory/cluster/types.ts'
import { mustHaveSpm } from '../../storage/spm/store.ts'
import { freeName } from './add.ts'
import { mustSay, patched, sameConfig, special, takenNow } from './check.ts'
import { removeVm } from './remove.ts'
import { parsed, writeConfig } from './store.ts'
import { RemoveVm, UpdateVm, type VmRow } from './types.ts'

/**
 * Changes a VM. While it runs, names and texts change at once, and so does what its host need not know; everything else is kept
 * until it stops.
 */
export const update = operation({
  name: 'vm.update',
  input: UpdateVm,
  output: z.object({ id: z.string(), nextRun: z.boolean() }),
  permit: { action: 'edit_vm_properties', on: i => ({ kind: 'vm', id: i.id }) },
  async run(ctx, i) {
    const row = parsed(await find<VmRow>(ctx, 'vm', i.id))
    mustBeSeen(row, i.version)
    const name = i.name ?? row.name
    if (name !== row.name) await freeName(ctx, 'edit', row.dataCenterId, name, i.id)
    const clusterId = i.clusterId ?? row.clusterId
    if (clusterId !== row.clusterId) {
      must(vmCan.updateStopped, row)
      const cluster = await find<ClusterRow>(ctx, 'cluster', clusterId)
      await mustHold(ctx, 'create_vm', { kind: 'cluster', id: clusterId })
      if (cluster.dataCenterId !== row.dataCenterId)
        throw conflict('vm.other_data_center', 'Cannot edit VM. The Cluster belongs to another Data Center.')
    }
    const running = row.runId !== null
    const base = running || i.nextRun ? (row.nextRun ?? row.config) : row.config
    const wanted = i.config === undefined ? base : await patched(ctx.sql, base, i.config, clusterId, 'Cannot edit VM.')
    await mustSay(ctx, { kind: 'vm', id: i.id }, special(base), special(wanted))
    // The status may be from a start under way, whose place was taken with the old configuration.
    if (!running && !i.nextRun && i.config !== undefined && !['down', 'suspended', 'image_locked'].includes(row.status))
      must(vmCan.updateStopped, row)
    const now = i.nextRun ? row.config : running ? takenNow(row.config, wanted) : wanted
    const waits = (running || i.nextRun) && !sameConfig(now, wanted)
    await writeConfig(ctx.sql, row, now)
    await ctx.sql`update vm set name = ${name}, description = ${i.description ?? row.description}, comment = ${i.comment ?? row.comment},
      cluster_id = ${clusterId}, next_run = ${waits ? json(wanted) : null}, version = version + 1 where id = ${i.id}::uuid`
    ctx.changed('vm', i.id)
    ctx.event('vm.updated', { refs: [{ kind: 'vm', id: i.id, name }], args: { vm: name } })
    return { id: i.id, nextRun: waits }
  },
})

/** Removes a VM that is down, with the disks that are its alone. */
export const remove = operation({
  name: 'vm.remove',
  input: RemoveVm,
  output: z.object({ id: z.string(), jobId: z.string() }),
  permit: { action: 'delete_vm', on: i => ({ kind: 'vm', id: i.id }) },
  async run(ctx, i) {
    const row = parsed(await find<VmRow>(ctx, 'vm', i.id))
    if (row.runId !== null)
      throw conflict('vm.remove.not_allowed', 'Cannot remove VM. VM is running.', {
        ref: { kind: 'vm', id: i.id },
        detail: { status: row.status },
      })
    must(vmCan.remove, row)
    if (row.config.deleteProtected)
      throw conflict(
        'vm.delete_protected',
        'Cannot remove VM. Delete protection is enabled. In order to delete, disable Delete protection first.',
      )
    const attached = await ctx.sql<{ id: string; alias: string; status: string; shared: boolean }>`
      select d.id, d.alias, d.status,
             exists (select 1 from disk_attachment o where o.disk_id = d.id and o.vm_id <> ${i.id}::uuid) as shared
        from disk_attachment a join disk d on d.id = a.disk_id where a.vm_id = ${i.id}::uuid order by d.id`
    const own = i.detachOnly ? [] : attached.filter(disk => !disk.shared)
    const locked = own.find(disk => disk.status === 'locked')
    if (locked !== undefined)
      throw conflict(
        'disk.locked',
        `Cannot remove VM. The following disks are locked: ${locked.alias}. Please try again in a few minutes.`,
      )
    if (own.length > 0) await mustHaveSpm(ctx.sql, row.dataCenterId, 'Cannot remove VM.')
    ctx.changed('vm', i.id)
    const input = {
      vmId: i.id,
      name: row.name,
      dataCenterId: row.dataCenterId,
      disks: own.map(({ id, alias }) => ({ id, alias })),
    }
    return { id: i.id, ...(await ctx.start(removeVm, input)) }
  },
})
