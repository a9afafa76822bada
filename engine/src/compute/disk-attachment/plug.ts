import { conflict } from '@rookery/model'
import type { DiskSpec } from '@rookery/protocol'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job, type JobTx } from '../../jobs/index.ts'
import { volumeOf } from '../../storage/disk/store.ts'
import type { DiskRow } from '../../storage/disk/types.ts'
import { runOf } from '../vm/store.ts'
import { mustRun } from '../vm/stop.ts'

const Input = z.strictObject({ vmId: id, diskId: id, vm: z.string(), disk: z.string() })
type Input = z.infer<typeof Input>

const options = (i: Input) => [exclusive('vm', i.vmId), exclusive('disk', i.diskId)]
const refs = (i: Input) => [
  { kind: 'vm' as const, id: i.vmId, name: i.vm },
  { kind: 'disk' as const, id: i.diskId, name: i.disk },
]

/** The run, and the disk as its host shall plug it. */
async function look(tx: JobTx, i: Input) {
  const run = mustRun(await runOf(tx.sql, i.vmId), i.vm)
  const row = await tx.sql.maybe<DiskRow & Pick<DiskSpec, 'interface' | 'readOnly'> & { passDiscard: boolean }>`
    select d.*, a.interface, a.read_only, a.pass_discard from disk_attachment a join disk_view d on d.id = a.disk_id
     where a.vm_id = ${i.vmId}::uuid and a.disk_id = ${i.diskId}::uuid`
  if (row === undefined) throw conflict('disk_attachment.gone', `Disk ${i.disk} is not attached any more.`)
  const spec: DiskSpec = {
    diskId: row.id,
    volume: volumeOf(row),
    format: row.format,
    interface: row.interface,
    readOnly: row.readOnly,
    shareable: row.shareable,
    discard: row.passDiscard,
  }
  return { run, spec, status: row.status }
}

const setActive = async (tx: JobTx, i: Input, active: boolean) => {
  await tx.sql`update disk_attachment set active = ${active} where vm_id = ${i.vmId}::uuid and disk_id = ${i.diskId}::uuid`
  tx.changed('vm', i.vmId)
  tx.changed('disk', i.diskId)
}

/** Plugs a disk into a running guest; one that is being made is waited for. */
export const plugDisk = job(
  {
    name: 'disk.plug',
    version: 1,
    input: Input,
    locks: options,
    describe: i => `Plugging disk ${i.disk} into VM ${i.vm}`,
    refs,
    queueable: true,
    interruptedBy: ['vm.stop', 'vm.settle'],
  },
  async (j, i) => {
    const { run, spec, status } = await j.tx('look', tx => look(tx, i))
    if (status !== 'ok') throw conflict('disk.not_ok', `Disk ${i.disk} is ${status}.`)
    const of = { vmId: i.vmId, runId: run.id }
    await j.host(
      'plug',
      run.hostId,
      { kind: 'vm.disk.plug', ...of, disk: spec },
      { kind: 'vm.disk.unplug', ...of, diskId: i.diskId },
    )
    await j.tx('active', tx => setActive(tx, i, true))
  },
)

/** Pulls a disk out of a running guest. No undo: a guest that let go of it would find it changed; its row has to say so. */
export const unplugDisk = job(
  {
    name: 'disk.unplug',
    version: 1,
    input: Input,
    locks: options,
    describe: i => `Unplugging disk ${i.disk} from VM ${i.vm}`,
    refs,
    interruptedBy: ['vm.stop', 'vm.settle'],
  },
  async (j, i) => {
    const { run } = await j.tx('look', tx => look(tx, i))
    await j.host('unplug', run.hostId, { kind: 'vm.disk.unplug', vmId: i.vmId, runId: run.id, diskId: i.diskId })
    await j.pointOfNoReturn()
    await j.tx('inactive', tx => setActive(tx, i, false))
  },
)
