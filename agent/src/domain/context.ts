import type { Logger } from 'pino'
import type { Gifts } from '../migration/gift.ts'
import type { NetworkPort } from '../network/port.ts'
import type { StoragePort } from '../storage-port.ts'
import type { Handler, VmKind } from '../tasks/registry.ts'
import type { Hypervisor } from './hypervisor.ts'
import { isAway, runNotHere } from './hypervisor-errors.ts'
import type { Observer, TrackedRun } from './observer.ts'
import type { Owner, Places } from './places.ts'
import type { RunLeases } from './run-lease.ts'

/** What the handlers of VM tasks work with. */
export interface DomainContext {
  readonly hypervisor: Hypervisor
  readonly observer: Observer
  readonly places: Places
  readonly storage: Pick<StoragePort, 'volumePath' | 'isoPath'>
  readonly network: NetworkPort
  readonly leases: RunLeases
  /** Guests that come from other hosts and wait for their images. */
  readonly gifts: Gifts
  readonly engineId: string
  readonly incarnation: number
  readonly emulator: string
  readonly bridgePrefix: string
  readonly log: Logger
  /** Resolves when it is known what this host can do; throws `unavailable` after a while. */
  readonly ready: () => Promise<void>
  /** Only after `ready`. */
  readonly accel: () => 'kvm' | 'tcg'
  /** Whether a guest may run while its memory is sent to another host. Only after `ready`. */
  readonly sendsRunning: () => boolean
  /** QEMU's user, from libvirt's capabilities. */
  readonly qemuOwner: () => Owner | null
}

/** How long a task waits for a libvirt that is being restarted before it fails. */
const awayPatienceMs = 60_000

/**
 * A handler that starts again when libvirt goes away under it and comes back: handlers are idempotent by effect, and a restart of the
 * daemon is no reason to fail an operation of a guest that never noticed.
 */
export function steady<K extends VmKind>(ctx: DomainContext, handler: Handler<K>): Handler<K> {
  return async (task, own) => {
    const deadline = Date.now() + awayPatienceMs
    for (;;) {
      try {
        await ctx.hypervisor.whenUp(Math.max(0, deadline - Date.now()), own.signal)
        await ctx.ready()
        return await handler(task, own)
      } catch (error) {
        if (!isAway(error) || own.signal.aborted || Date.now() >= deadline) throw error
        own.log.warn('libvirt went away during the task; doing it again')
        await ctx.hypervisor.whenUp(Math.max(0, deadline - Date.now()), own.signal)
      }
    }
  }
}

/** The run that a task names, freshly looked at; throws `conflict` when it is not here. */
export async function theRun(ctx: DomainContext, task: { vmId: string; runId: string }): Promise<TrackedRun> {
  const run = await ctx.observer.adopt(task.vmId)
  if (run === null || run.runId !== task.runId) throw runNotHere(task.vmId, task.runId)
  return run
}
