import { conflict, must, vmCan } from '@rookery/model'
import { z } from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { operation } from '../../core/operation.ts'
import { json } from '../../db/index.ts'
import { find } from '../../inventory/access.ts'
import { mustSay, special } from './check.ts'
import { choose } from './choose.ts'
import { sealInitialization } from './seal.ts'
import { rebootVm, resetVm, resumeVm, shutdownVm } from './signal.ts'
import { startVm } from './start.ts'
import { stopVm } from './stop.ts'
import { getVm } from './store.ts'
import { suspendVm } from './suspend.ts'
import { OneVm, RebootVm, StartVm, StopVm, type VmRow } from './types.ts'

const Started = z.object({ id: z.string(), jobId: z.string() })
const ref = (id: string) => ({ kind: 'vm' as const, id })

/** The VM as its row stands; that the asker may see it was found before. */
async function vmOf(ctx: Ctx, id: string): Promise<VmRow> {
  await find<VmRow>(ctx, 'vm', id)
  return (await getVm(ctx.sql, id)) as VmRow
}

/** Starts a VM; a paused one goes on, a suspended one is restored. */
export const start = operation({
  name: 'vm.start',
  input: StartVm,
  output: Started,
  permit: { action: 'run_vm', on: i => ref(i.id) },
  async run(ctx, i) {
    const vm = await vmOf(ctx, i.id)
    if (vm.runId !== null && vm.status !== 'paused')
      throw conflict('vm.start.not_allowed', 'Cannot run VM. VM is running.', {
        ref: ref(i.id),
        detail: { status: vm.status },
      })
    must(vmCan.start, vm)
    if (vm.status === 'paused')
      return { id: i.id, ...(await ctx.start(resumeVm, { vmId: i.id, name: vm.name, force: false })) }
    const { hostIds = vm.config.placement.hostIds, customProperties = vm.config.customProperties } = i.runOnce ?? {}
    await mustSay(ctx, ref(i.id), special(vm.config), { hostIds, customProperties })
    const runOnce =
      i.runOnce?.initialization === undefined
        ? i.runOnce
        : { ...i.runOnce, initialization: sealInitialization(i.runOnce.initialization) }
    const wish = { ...i, ...(runOnce === undefined ? {} : { runOnce }) }
    await mustBoot(ctx, vm, wish)
    const { host } = await choose(ctx.sql, vm, wish, [])
    ctx.changed('vm', i.id)
    ctx.event('vm.start.requested', {
      refs: [
        { ...ref(i.id), name: vm.name },
        { kind: 'host', id: host.id, name: host.name },
      ],
      args: { vm: vm.name, host: host.name },
    })
    const input = { ...wish, name: vm.name, dataCenterId: vm.dataCenterId, engineId: ctx.engineId }
    return { id: i.id, ...(await ctx.start(startVm, input)) }
  },
})

/** Refuses a start without anything to boot from. Restored guests need nothing. */
async function mustBoot(ctx: Ctx, vm: VmRow, i: StartVm): Promise<void> {
  if (vm.status === 'suspended') return
  const boot = i.runOnce?.boot ?? vm.config.os.boot
  const { disks, nics } = await ctx.sql.one<{ disks: number; nics: number }>`
    select (select count(*) from disk_attachment where vm_id = ${vm.id}::uuid and active) as disks,
           (select count(*) from nic where vm_id = ${vm.id}::uuid and plugged) as nics`
  const medium = i.runOnce?.cdrom === undefined ? vm.config.cdrom : i.runOnce.cdrom
  const able = { hd: disks > 0, network: nics > 0, cdrom: medium !== null }
  if (boot.some(device => able[device])) return
  const why = {
    hd: 'Cannot run VM without at least one bootable disk.',
    cdrom: 'Cannot run VM from CD without a CD in its drive.',
    network: 'Cannot run VM from network without a network interface.',
  }
  throw conflict('vm.nothing_to_boot', why[boot[0] ?? 'hd'], { ref: ref(vm.id) })
}

/** Pulls the plug. Whatever else is under way with the VM gives way. */
export const stop = operation({
  name: 'vm.stop',
  input: StopVm,
  output: Started,
  permit: { action: 'stop_vm', on: i => ref(i.id) },
  preempts: [
    'vm.start',
    'vm.shutdown',
    'vm.reboot',
    'vm.reset',
    'vm.resume',
    'vm.suspend',
    'vm.settle',
    'vm.migrate',
    'vm.settle_migration',
  ],
  async run(ctx, i) {
    const vm = await vmOf(ctx, i.id)
    if (vm.status === 'down') throw notRunning('stop', i.id)
    must(vmCan.stop, vm)
    await ctx.sql`update vm set stop_reason = ${i.reason}, stop_asked = ${stopAsked(ctx, 'stop')} where id = ${i.id}::uuid`
    return { id: i.id, ...(await ctx.start(stopVm, { vmId: i.id, name: vm.name, dataCenterId: vm.dataCenterId })) }
  },
})

/** Whoever wants a VM down does not get it started again, whatever becomes of its host meanwhile. */
const stopAsked = (ctx: Ctx, how: 'stop' | 'shutdown') => json({ how, at: ctx.now.toISOString() })

const notRunning = (verb: string, id: string) =>
  conflict('vm.not_running', `Cannot ${verb} VM. VM is not running.`, { ref: ref(id), detail: { status: 'down' } })

/** Asks the guest to shut down. */
export const shutdown = operation({
  name: 'vm.shutdown',
  input: StopVm,
  output: Started,
  permit: { action: 'shut_down_vm', on: i => ref(i.id) },
  async run(ctx, i) {
    const vm = await vmOf(ctx, i.id)
    if (vm.status === 'down') throw notRunning('shutdown', i.id)
    must(vmCan.shutdown, vm)
    await ctx.sql`update vm set stop_reason = ${i.reason}, stop_asked = ${stopAsked(ctx, 'shutdown')} where id = ${i.id}::uuid`
    return { id: i.id, ...(await ctx.start(shutdownVm, { vmId: i.id, name: vm.name, force: false })) }
  },
})

/** Asks the guest to restart. */
export const reboot = operation({
  name: 'vm.reboot',
  input: RebootVm,
  output: Started,
  permit: { action: 'reboot_vm', on: i => ref(i.id) },
  async run(ctx, i) {
    const vm = await vmOf(ctx, i.id)
    if (vm.status === 'down') throw notRunning('reboot', i.id)
    must(vmCan.reboot, vm)
    return { id: i.id, ...(await ctx.start(rebootVm, { vmId: i.id, name: vm.name, force: i.force })) }
  },
})

/** Presses the reset button. */
export const reset = operation({
  name: 'vm.reset',
  input: OneVm,
  output: Started,
  permit: { action: 'reset_vm', on: i => ref(i.id) },
  async run(ctx, i) {
    const vm = await vmOf(ctx, i.id)
    if (vm.status === 'down') throw notRunning('reset', i.id)
    must(vmCan.reset, vm)
    return { id: i.id, ...(await ctx.start(resetVm, { vmId: i.id, name: vm.name, force: true })) }
  },
})

/** Saves the guest's memory on storage and ends the run; the next start goes on from there. */
export const suspend = operation({
  name: 'vm.suspend',
  input: OneVm,
  output: Started,
  permit: { action: 'suspend_vm', on: i => ref(i.id) },
  async run(ctx, i) {
    const vm = await vmOf(ctx, i.id)
    if (vm.status === 'down') throw notRunning('hibernate', i.id)
    must(vmCan.suspend, vm)
    ctx.event('vm.suspend.requested', {
      refs: [{ ...ref(i.id), name: vm.name }],
      args: { vm: vm.name, host: vm.hostId ?? '' },
    })
    return { id: i.id, ...(await ctx.start(suspendVm, { vmId: i.id, name: vm.name, dataCenterId: vm.dataCenterId })) }
  },
})
