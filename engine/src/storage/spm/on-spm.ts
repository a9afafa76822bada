import { conflict, RookeryError, type ErrorKind } from '@rookery/model'
import type { SpmEpoch, Task } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import type { Elsewhere, Job } from '../../jobs/index.ts'
import { assignedSpm } from './store.ts'

/** A task that changes a data center's storage, made for the SPM of the moment. */
type SpmTask = (spm: SpmEpoch) => Task

/** Most times that a task follows the role to another host before it gives up. */
const mostMoves = 5

/**
 * Runs a storage task on the SPM of a data center. When the role moved meanwhile the host refuses (`spm.stale_epoch`), and the
 * task is repeated on the new SPM: an attempt each, so that nothing of the refused one is left.
 *
 * @throws `conflict` `data_center.no_spm` when nobody serves the storage
 */
export async function onSpm<R = unknown>(
  j: Job,
  name: string,
  dataCenterId: string,
  task: SpmTask,
  undo?: SpmTask,
): Promise<R> {
  for (let n = 1; ; n++) {
    const attempt = await j.attempt(n === 1 ? name : `${name} (${n})`, async j => {
      const spm = await j.tx('spm', ({ sql }) => assignedSpm(sql, dataCenterId).then(found => found ?? null))
      if (spm === null)
        throw conflict('data_center.no_spm', 'The Data Center has no Host that is up and serves its storage (SPM).')
      const epoch = { poolId: dataCenterId, epoch: spm.epoch }
      if (undo === undefined) return j.host<R>('task', spm.hostId, task(epoch))
      return j.host<R>('task', spm.hostId, task(epoch), undo(epoch), {
        elsewhere: sql => undoBySpm(sql, dataCenterId, undo),
      })
    })
    if (attempt.ok) return attempt.value
    if (attempt.error.code !== 'spm.stale_epoch' || n === mostMoves) throw failure(attempt.error)
  }
}

/** What an SPM that was fenced has written is still on the storage: the SPM of that moment takes it back. */
async function undoBySpm(sql: Sql, dataCenterId: string, undo: SpmTask): Promise<Elsewhere | undefined | null> {
  const spm = await assignedSpm(sql, dataCenterId)
  if (spm !== undefined)
    return { hostId: spm.hostId, task: undo({ poolId: dataCenterId, epoch: spm.epoch }), turn: spm.epoch }
  const exists = await sql`select 1 from data_center where id = ${dataCenterId}::uuid`
  return exists.length === 0 ? null : undefined
}

/** The error that an attempt recorded, to be thrown on. */
export function failure(error: { kind: string; code: string; message: string; detail?: unknown }): RookeryError {
  return new RookeryError(error.kind as ErrorKind, error.code, error.message, { detail: error.detail })
}
