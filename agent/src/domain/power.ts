import type { Handler, Handlers } from '../tasks/registry.ts'
import { type DomainContext, theRun } from './context.ts'
import { isNotHere } from './hypervisor-errors.ts'
import { resumed } from './status.ts'

type PowerKind = 'vm.destroy' | 'vm.shutdown' | 'vm.reboot' | 'vm.reset' | 'vm.resume'

/** Seconds that a guest agent has to take a request before ACPI is used. */
const agentPatience = 3

/** Off, down, restart, reset, go on. */
export function powerHandlers(ctx: DomainContext): Handlers<PowerKind> {
  return {
    'vm.destroy': destroyHandler(ctx),
    'vm.shutdown': async (task, { log }) => {
      const run = await theRun(ctx, task)
      ctx.observer.change(task.vmId, f => ({ ...f, poweringDownSince: Date.now() }))
      // A paused guest hears the button when it goes on; pressing it is what was asked for.
      if (run.answers && (await answers(ctx, task.vmId))) {
        try {
          await ctx.hypervisor.shutdown(task.vmId, 'agent')
          return {}
        } catch (error) {
          // Guests that go down at once often do not answer any more; ACPI does no harm then.
          if (isNotHere(error)) return {}
          log.debug({ err: error }, 'the guest agent did not take the shutdown')
        }
      }
      await ctx.hypervisor.shutdown(task.vmId, 'acpi').catch(error => {
        if (!isNotHere(error)) throw error
      })
      return {}
    },
    'vm.reboot': async (task, { log }) => {
      const run = await theRun(ctx, task)
      ctx.observer.change(task.vmId, f => ({ ...f, rebootingSince: Date.now(), rebootSeen: false }))
      if (run.answers && (await answers(ctx, task.vmId))) {
        try {
          await ctx.hypervisor.reboot(task.vmId, 'agent')
          return {}
        } catch (error) {
          log.debug({ err: error }, 'the guest agent did not take the restart')
        }
      }
      if (task.force) await ctx.hypervisor.reset(task.vmId)
      else await ctx.hypervisor.reboot(task.vmId, 'acpi')
      return {}
    },
    'vm.reset': async task => {
      await theRun(ctx, task)
      await ctx.hypervisor.reset(task.vmId)
      return {}
    },
    'vm.resume': async task => {
      const run = await theRun(ctx, task)
      if (run.facts.paused !== null) await ctx.hypervisor.resume(task.vmId)
      ctx.observer.change(task.vmId, f => resumed(f, Date.now()))
      return {}
    },
  }
}

/** Only the named run is killed: another run of the same VM is not what was asked for, and its absence is success. */
function destroyHandler(ctx: DomainContext): Handler<'vm.destroy'> {
  return async task => {
    const run = await ctx.observer.adopt(task.vmId)
    if (run === null || run.runId !== task.runId) return {}
    await ctx.hypervisor.destroy(task.vmId)
    // Before anybody hears of the end: it may be started elsewhere at once.
    await ctx.leases.settle(ctx.leases.ofLive(run.live))
    ctx.observer.ended(task.vmId, task.runId, 'destroyed')
    return {}
  }
}

const answers = async (ctx: DomainContext, vmId: string): Promise<boolean> =>
  (await ctx.hypervisor.guest(vmId, 'guest-ping', agentPatience)) !== null
