import { conflict, must, vmCan } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { find, mustHold } from '../../inventory/access.ts'
import type { HostRow } from '../../inventory/host/types.ts'
import { requestCancel } from '../../jobs/control.ts'
import { getVm } from '../vm/store.ts'
import { OneVm, type VmRow } from '../vm/types.ts'
import { migrateVm } from './migrate.ts'
import { chooseMove } from './place.ts'
import { MigrateVm } from './types.ts'

const Started = z.object({ id: z.string(), jobId: z.string() })
const ref = (id: string) => ({ kind: 'vm' as const, id })

async function vmOf(ctx: Ctx, id: string): Promise<VmRow> {
  await find<VmRow>(ctx, 'vm', id)
  return (await getVm(ctx.sql, id)) as VmRow
}

/** Moves a running VM to another host, a given one or one that is chosen. */
export const migrate = operation({
  name: 'vm.migrate',
  input: MigrateVm,
  output: Started,
  permit: { action: 'migrate_vm', on: i => ref(i.id) },
  async run(ctx, i) {
    const vm = await vmOf(ctx, i.id)
    if (vm.status === 'down')
      throw conflict('vm.not_running', 'Cannot migrate VM. VM is not running.', {
        ref: ref(i.id),
        detail: { status: 'down' },
      })
    must(vmCan.migrate, vm)
    if (i.clusterId !== undefined && i.clusterId !== vm.clusterId) {
      await find(ctx, 'cluster', i.clusterId)
      await mustHold(ctx, 'create_vm', { kind: 'cluster', id: i.clusterId })
    }
    const target = i.hostId === undefined ? undefined : await find<HostRow>(ctx, 'host', i.hostId)
    if (target !== undefined && target.id === vm.hostId)
      throw conflict('vm.migrate.same_host', `Cannot migrate VM. VM is already running on Host ${target.name}.`, {
        ref: ref(i.id),
        detail: { host: target.name },
      })
    const clusterId = i.clusterId ?? target?.clusterId ?? vm.clusterId
    const input = {
      hostIds: target === undefined ? [] : [target.id],
      clusterId: clusterId === vm.clusterId ? null : clusterId,
      force: i.force,
      reason: 'asked' as const,
    }
    await chooseMove(ctx.sql, vm, input, [])
    ctx.changed('vm', i.id)
    return { id: i.id, ...(await ctx.start(migrateVm, { vmId: i.id, name: vm.name, ...input })) }
  },
})

/** Stops the migration of a VM: it goes on where it is. Too late when it has gone over. */
export const cancelMigration = operation({
  name: 'vm.cancel_migration',
  input: OneVm,
  output: Started,
  permit: { action: 'migrate_vm', on: i => ref(i.id) },
  async run(ctx, i) {
    const vm = await vmOf(ctx, i.id)
    const job = await ctx.sql.maybe<{ id: string; noReturn: boolean }>`
      select j.id, j.no_return from job_lock l join job j on j.id = coalesce(l.asked_by, l.job_id)
       where l.kind = 'vm' and l.entity_id = ${i.id}::uuid and j.kind = 'vm.migrate' and j.ended_at is null`
    if (job === undefined)
      throw conflict('vm.migrate.none', 'Cannot cancel migration for non migrating VM.', {
        ref: ref(i.id),
        detail: { status: vm.status },
      })
    if (job.noReturn)
      throw conflict('vm.migrate.too_late', 'Cannot cancel migration. The VM has gone over to its new Host already.', {
        ref: ref(i.id),
      })
    ctx.changed('vm', i.id)
    ctx.event('vm.migration.cancelled', { refs: [{ ...ref(i.id), name: vm.name }], args: { vm: vm.name } })
    await requestCancel(ctx, job.id)
    return { id: i.id, jobId: job.id }
  },
})
