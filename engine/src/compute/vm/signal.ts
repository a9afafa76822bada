import type { Task } from '@rookery/protocol'
import { z } from 'zod'
import type { EventName } from '../../events/catalog.ts'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { runOf } from './store.ts'
import { mustRun } from './stop.ts'

const Input = z.strictObject({ vmId: id, name: z.string(), force: z.boolean().default(false) })

/**
 * Jobs of one button: a task on the VM's host that is done when it is pressed. What comes of it is the host's to report. None has an
 * undo: a guest that was asked cannot be unasked.
 */
function button(
  name: string,
  verb: string,
  task: (run: { vmId: string; runId: string }, force: boolean) => Task,
  event: EventName,
) {
  return job(
    {
      name,
      version: 1,
      input: Input,
      locks: i => [exclusive('vm', i.vmId)],
      describe: i => `${verb} VM ${i.name}`,
      refs: i => [{ kind: 'vm', id: i.vmId, name: i.name }],
      interruptedBy: ['vm.stop', 'vm.settle'],
    },
    async (j, i) => {
      const run = await j.tx('look', async ({ sql }) => mustRun(await runOf(sql, i.vmId), i.name))
      await j.host('press', run.hostId, task({ vmId: i.vmId, runId: run.id }, i.force))
      await j.tx('tell', async tx => {
        tx.changed('vm', i.vmId)
        tx.event(event, {
          refs: [
            { kind: 'vm', id: i.vmId, name: i.name },
            { kind: 'host', id: run.hostId, name: run.hostName },
          ],
          args: { vm: i.name, host: run.hostName },
        })
      })
    },
  )
}

/** Presses the power button. */
export const shutdownVm = button(
  'vm.shutdown',
  'Shutting down',
  run => ({ kind: 'vm.shutdown', ...run }),
  'vm.shutdown.requested',
)
/** Asks the guest to restart; with force it is reset when it cannot be asked. */
export const rebootVm = button(
  'vm.reboot',
  'Rebooting',
  (run, force) => ({ kind: 'vm.reboot', ...run, force }),
  'vm.reboot.requested',
)
/** Presses the reset button. */
export const resetVm = button('vm.reset', 'Resetting', run => ({ kind: 'vm.reset', ...run }), 'vm.reset')
/** Lets a paused guest go on. */
export const resumeVm = button('vm.resume', 'Resuming', run => ({ kind: 'vm.resume', ...run }), 'vm.resumed')
