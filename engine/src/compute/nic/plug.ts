import { conflict } from '@rookery/model'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job, type JobTx } from '../../jobs/index.ts'
import { nicsOf } from '../vm/choose.ts'
import { mustRun } from '../vm/stop.ts'
import { runOf } from '../vm/store.ts'

const words = { vmId: id, nicId: id, vm: z.string(), nic: z.string() }
type Words = { vmId: string; nicId: string; vm: string; nic: string }

const setPlugged = async (tx: JobTx, i: Words, plugged: boolean) => {
  await tx.sql`update nic set plugged = ${plugged}, version = version + 1 where id = ${i.nicId}::uuid`
  tx.changed('vm', i.vmId)
}

/** Plugs a card into a running guest. */
export const plugNic = job(
  {
    name: 'nic.plug',
    version: 1,
    input: z.strictObject(words),
    locks: i => [exclusive('vm', i.vmId)],
    describe: i => `Plugging network interface ${i.nic} into VM ${i.vm}`,
    refs: i => [{ kind: 'vm', id: i.vmId, name: i.vm }],
    interruptedBy: ['vm.stop', 'vm.settle'],
  },
  async (j, i) => {
    const { run, nic } = await j.tx('look', async ({ sql }) => {
      const run = mustRun(await runOf(sql, i.vmId), i.vm)
      const [nic] = await nicsOf(sql, { id: i.vmId }, i.nicId)
      if (nic === undefined) throw conflict('nic.gone', `Network interface ${i.nic} was removed meanwhile.`)
      return { run, nic }
    })
    const of = { vmId: i.vmId, runId: run.id }
    await j.host(
      'plug',
      run.hostId,
      { kind: 'vm.nic.plug', ...of, nic },
      { kind: 'vm.nic.unplug', ...of, mac: nic.mac },
    )
    await j.tx('plugged', tx => setPlugged(tx, i, true))
  },
)

/** Pulls a card out of a running guest. No undo: its connections are broken already, and its row has to say so. */
export const unplugNic = job(
  {
    name: 'nic.unplug',
    version: 1,
    input: z.strictObject({ ...words, mac: z.string() }),
    locks: i => [exclusive('vm', i.vmId)],
    describe: i => `Unplugging network interface ${i.nic} from VM ${i.vm}`,
    refs: i => [{ kind: 'vm', id: i.vmId, name: i.vm }],
    interruptedBy: ['vm.stop', 'vm.settle'],
  },
  async (j, i) => {
    const run = await j.tx('look', async ({ sql }) => mustRun(await runOf(sql, i.vmId), i.vm))
    await j.host('unplug', run.hostId, { kind: 'vm.nic.unplug', vmId: i.vmId, runId: run.id, mac: i.mac })
    await j.pointOfNoReturn()
    await j.tx('unplugged', tx => setPlugged(tx, i, false))
  },
)
