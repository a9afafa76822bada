import { conflict } from '@rookery/model'
import type { VolumeInfo } from '@rookery/protocol'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'
import { charge, refund } from '../../metering/quota.ts'
import { onSpm } from '../spm/on-spm.ts'
import { assignedSpm } from '../spm/store.ts'
import { diskOf } from './steps.ts'
import { volumeOf } from './store.ts'

/** Grows a disk; the guest that runs on it sees the new size. */
export const extendDisk = job(
  {
    name: 'disk.extend',
    version: 1,
    input: z.strictObject({ diskId: id, alias: z.string(), dataCenterId: id, from: z.int(), to: z.int() }),
    locks: i => [exclusive('disk', i.diskId)],
    describe: i => `Extending disk ${i.alias}`,
    refs: i => [{ kind: 'disk', id: i.diskId, name: i.alias }],
    // Its first step looks again; so it may wait for a job that is only about to end.
    queueable: true,
  },
  async (j, i) => {
    const { disk, run, epoch } = await j.tx(
      'take over',
      async tx => {
        const disk = await diskOf(tx, i.diskId, i.alias)
        const taken = await tx.sql.run`update disk set status = 'locked', capacity = ${i.to}
          where id = ${i.diskId}::uuid and status = 'ok' and capacity = ${i.from}`
        if (taken === 0) throw conflict('disk.moved', `Disk ${i.alias} is ${disk.status} or has another size by now.`)
        await charge(tx.sql, disk.projectId, { 'disk.bytes': i.to - i.from })
        tx.changed('disk', i.diskId)
        const run = await tx.sql.maybe<{ vmId: string; runId: string; hostId: string }>`
          select r.vm_id, r.id as run_id, r.host_id from disk_attachment a join vm_run r on r.vm_id = a.vm_id and not r.incoming
           where a.disk_id = ${i.diskId}::uuid and a.active limit 1`
        const spm = await assignedSpm(tx.sql, i.dataCenterId)
        return { disk, run: run ?? null, epoch: spm?.epoch ?? 1 }
      },
      async (tx, { disk }) => {
        await tx.sql`update disk set status = 'ok', capacity = ${i.from} where id = ${i.diskId}::uuid`
        await refund(tx.sql, disk.projectId, { 'disk.bytes': i.to - i.from })
        tx.changed('disk', i.diskId)
      },
    )
    const task = (spm: { poolId: string; epoch: number }) => ({
      kind: 'volume.extend' as const,
      volume: volumeOf(disk),
      spm,
      format: disk.format,
      capacity: i.to,
      run: run === null ? null : { vmId: run.vmId, runId: run.runId, diskId: disk.id },
    })
    // No undo: a volume does not shrink; one that is larger than its row says is harmless and grows no further.
    if (run === null) await onSpm(j, 'extend', i.dataCenterId, task)
    // The QEMU that has the volume open is the one that can grow it, whoever the SPM is.
    else await j.host('extend', run.hostId, task({ poolId: i.dataCenterId, epoch }))
    const info = await onSpm<VolumeInfo | undefined>(j, 'measure', i.dataCenterId, () => ({
      kind: 'volume.measure',
      volume: volumeOf(disk),
      format: disk.format,
    }))
    await j.tx('ok', async tx => {
      await tx.sql`update disk set status = 'ok', actual_size = ${info?.actualSize ?? disk.actualSize} where id = ${i.diskId}::uuid`
      tx.changed('disk', i.diskId)
      for (const vmId of disk.vmIds) tx.changed('vm', vmId)
    })
  },
)
