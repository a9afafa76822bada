import { conflict } from '@rookery/model'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { dropIncoming, incomingOf } from '../migration/store.ts'
import { spendMemory } from './memory.ts'
import { deleteRun, runOf } from './store.ts'

/**
 * Pulls the plug: the run ends on its host, whatever the guest does. Takes over from a start, a shutdown, a suspend that is under
 * way; those unwind first. A suspended VM loses its saved memory, which is spent then.
 */
export const stopVm = job(
  {
    name: 'vm.stop',
    version: 1,
    input: z.strictObject({ vmId: id, name: z.string(), dataCenterId: id }),
    locks: i => [exclusive('vm', i.vmId)],
    describe: i => `Powering off VM ${i.name}`,
    refs: i => [{ kind: 'vm', id: i.vmId, name: i.name }],
  },
  async (j, i) => {
    const { run, incoming } = await j.tx('look', async ({ sql }) => ({
      run: (await runOf(sql, i.vmId)) ?? null,
      // Left by a migration that was cancelled too late: the guest may be there.
      incoming: (await incomingOf(sql, i.vmId)) ?? null,
    }))
    // No undo here and below: a guest that lost its power does not get its memory back.
    if (run !== null) await j.host('destroy', run.hostId, { kind: 'vm.destroy', vmId: i.vmId, runId: run.id })
    if (incoming !== null)
      await j.host('destroy incoming', incoming.hostId, { kind: 'vm.destroy', vmId: i.vmId, runId: incoming.id })
    await j.tx('down', async tx => {
      if (run !== null) {
        await deleteRun(tx.sql, run.id, tx.now)
        tx.changed('host', run.hostId)
      }
      if (incoming !== null) {
        await dropIncoming(tx.sql, incoming.id)
        tx.changed('host', incoming.hostId)
      }
      const spent = await spendMemory(tx.sql, i.vmId)
      await tx.sql`update vm set stopped_at = ${tx.now} where id = ${i.vmId}::uuid`
      tx.changed('vm', i.vmId)
      if (run === null && !spent) return
      const host = run?.hostName ?? 'none'
      tx.event('vm.stopped', {
        refs: [
          { kind: 'vm', id: i.vmId, name: i.name },
          ...(run === null ? [] : [{ kind: 'host' as const, id: run.hostId, name: run.hostName }]),
        ],
        args: { vm: i.name, host },
      })
    })
  },
)

/** The run that a job works on, or the refusal that there is none any more. */
export function mustRun<R>(run: R | undefined, name: string): R {
  if (run === undefined) throw conflict('vm.not_running', `VM ${name} is not running.`)
  return run
}
