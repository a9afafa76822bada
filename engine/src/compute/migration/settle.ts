import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { settle } from '../vm/settle.ts'
import { arrival } from './migrate.ts'
import { dropIncoming, incomingOf, leavingOf, promote } from './store.ts'

/**
 * Finds out on which host a VM goes on that was left between two: its migration was cancelled when it was too late, or abandoned, or its
 * source was fenced. The target says whether the guest runs there. If it does, what may still stand at the source goes, and the run there
 * is the VM's; if not, the VM is where it was. The reconciler `runs` starts it.
 */
export const settleMigration = job(
  {
    name: 'vm.settle_migration',
    version: 1,
    input: z.strictObject({ vmId: id }),
    locks: i => [exclusive('vm', i.vmId)],
    describe: () => 'Settling a migration',
    refs: i => [{ kind: 'vm', id: i.vmId }],
    queueable: true,
    interruptedBy: ['vm.stop'],
  },
  async (j, i) => {
    const { leaving, coming, name, nicIds } = await j.tx('look', async ({ sql }) => ({
      leaving: (await leavingOf(sql, i.vmId)) ?? null,
      coming: (await incomingOf(sql, i.vmId)) ?? null,
      name: (await sql.one<{ name: string }>`select name from vm where id = ${i.vmId}::uuid`).name,
      nicIds: (await sql<{ id: string }>`select id from nic where vm_id = ${i.vmId}::uuid order by id`).map(n => n.id),
    }))
    if (coming === null) return
    const target = { runId: coming.id, hostId: coming.hostId, hostName: coming.hostName }
    const end = await arrival(j, i.vmId, target, nicIds)
    // It runs there: what still stands at the source may not go on. No undo here and below: what happened is not taken back.
    if (end.arrived && leaving !== null && leaving.ended === null)
      await j.host('let go', leaving.hostId, { kind: 'vm.destroy', vmId: i.vmId, runId: leaving.id })
    await j.tx('settle', async tx => {
      tx.changed('vm', i.vmId)
      tx.changed('host', coming.hostId)
      if (leaving !== null) tx.changed('host', leaving.hostId)
      if (!end.arrived) {
        await dropIncoming(tx.sql, coming.id)
        return settle(tx, i.vmId)
      }
      if (!(await promote(tx.sql, i.vmId, coming.id, end))) return
      tx.event('vm.migration.done', {
        refs: [
          { kind: 'vm', id: i.vmId, name },
          { kind: 'host', id: coming.hostId, name: coming.hostName },
        ],
        args: {
          vm: name,
          host: leaving?.hostName ?? '?',
          target: coming.hostName,
          duration: '?',
          downtime: '?',
        },
      })
    })
  },
)
