import { setTimeout as pause } from 'node:timers/promises'
import { unavailable } from '@rookery/model'
import type { Handlers } from '../tasks/registry.ts'
import { writeXml } from '../xml/node.ts'
import { type DomainContext, theRun } from './context.ts'
import { cacheMode } from './direct-io.ts'
import type { LiveDomain } from './live.ts'
import { tapName } from './places.ts'
import { cdromElement, DiskSlots, diskElement, driveAlias, mediumPath } from './xml-disk.ts'
import { nicElement } from './xml-nic.ts'

type DeviceKind = 'vm.cdrom' | 'vm.nic.plug' | 'vm.nic.unplug' | 'vm.disk.plug' | 'vm.disk.unplug'

/** A guest has this long to let go of a device. */
const unplugPatienceMs = 30_000

/** Changes of a running guest's devices. Each looks at the live domain first: what is already so is success. */
export function deviceHandlers(ctx: DomainContext): Handlers<DeviceKind> {
  const slotsOf = (live: LiveDomain) =>
    new DiskSlots(
      live.machine,
      live.disks.map(d => d.target),
    )
  return {
    'vm.cdrom': async (task, { log }) => {
      const { live } = await theRun(ctx, task)
      const file = mediumPath(task.medium, ctx.storage)
      const drive = live.disks.find(d => d.alias === driveAlias('medium'))
      if (drive !== undefined && drive.file === file) return {}
      const xml = writeXml(cdromElement('medium', file, live.machine, new DiskSlots(live.machine)))
      try {
        await ctx.hypervisor.update(task.vmId, xml)
      } catch (error) {
        // A guest that uses the medium locks its tray. Whoever changes it from outside has decided.
        log.info({ err: error }, 'the tray did not open; forcing it')
        await ctx.hypervisor.update(task.vmId, xml, true)
      }
      await ctx.observer.adopt(task.vmId)
      return {}
    },
    'vm.nic.plug': async task => {
      const { live } = await theRun(ctx, task)
      const tap = tapName(ctx.bridgePrefix, task.nic.nicId)
      await ctx.network.guard(tap, task.nic.noMacSpoofing ? task.nic.mac : null)
      if (!live.nics.some(n => n.mac === task.nic.mac)) {
        const env = { bridge: (id: string) => ctx.network.bridge(id), tap: () => tap }
        await ctx.hypervisor.attach(task.vmId, writeXml(nicElement(task.nic, env, { rom: false })))
      }
      await ctx.observer.adopt(task.vmId)
      return {}
    },
    'vm.nic.unplug': async (task, { signal }) => {
      const { live } = await theRun(ctx, task)
      const mac = task.mac.toLowerCase()
      const nic = live.nics.find(n => n.mac === mac)
      if (nic === undefined) return {}
      await detach(ctx, task, writeXml(nic.element), now => !now.nics.some(n => n.mac === mac), signal)
      await ctx.network.guard(nic.tap, null)
      return {}
    },
    'vm.disk.plug': async (task, { signal }) => {
      const { live } = await theRun(ctx, task)
      if (!live.disks.some(d => d.diskId === task.disk.diskId)) {
        const env = { volumePath: ctx.storage.volumePath.bind(ctx.storage), cache: cacheMode }
        const images = ctx.leases.of([task.disk])
        await ctx.leases.take(images, signal, task.vmId)
        try {
          await ctx.leases.use(images, task.vmId)
          await ctx.hypervisor.attach(task.vmId, writeXml(diskElement(task.disk, slotsOf(live), env, undefined)))
        } catch (error) {
          // Only when it is surely not there: a call to libvirt may have been lost and done.
          const now = (await theRun(ctx, task)).live
          if (!now.disks.some(d => d.diskId === task.disk.diskId)) await ctx.leases.leave(images)
          throw error
        }
      }
      await ctx.observer.adopt(task.vmId)
      return {}
    },
    'vm.disk.unplug': async (task, { signal }) => {
      const { live } = await theRun(ctx, task)
      const disk = live.disks.find(d => d.diskId === task.diskId)
      if (disk === undefined) return {}
      const gone = (now: LiveDomain) => !now.disks.some(d => d.diskId === task.diskId)
      await detach(ctx, task, writeXml(disk.element), gone, signal)
      await ctx.leases.leave(ctx.leases.ofLive({ ...live, disks: [disk] }))
      return {}
    },
  }
}

/** Asks the guest for a device and waits until it has let go, which a guest that boots or hangs does not do. */
async function detach(
  ctx: DomainContext,
  task: { vmId: string; runId: string },
  xml: string,
  gone: (live: LiveDomain) => boolean,
  signal: AbortSignal,
): Promise<void> {
  await ctx.hypervisor.detach(task.vmId, xml)
  const deadline = Date.now() + unplugPatienceMs
  for (;;) {
    if (gone((await theRun(ctx, task)).live)) return
    if (Date.now() >= deadline)
      throw unavailable(
        'vm.unplug_ignored',
        'The guest did not let go of the device; try again when it has booted, or shut it down.',
        { ref: { kind: 'vm', id: task.vmId } },
      )
    await pause(200, undefined, { signal })
  }
}

/** Grows the disk of a run that is here; false when the run is not. */
export async function resizeRunning(
  ctx: DomainContext,
  run: { vmId: string; runId: string; diskId: string },
  capacity: number,
): Promise<boolean> {
  const here = await ctx.observer.adopt(run.vmId)
  const disk = here?.runId === run.runId ? here.live.disks.find(d => d.diskId === run.diskId) : undefined
  if (disk === undefined) return false
  await ctx.hypervisor.blockResize(run.vmId, disk.target, capacity)
  return true
}
