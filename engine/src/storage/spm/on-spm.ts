import { conflict, RookeryError, type ErrorKind } from '@rookery/model'
import type { SpmEpoch, Task } from '@rookery/protocol'
import type { Sql } from '../../db/index.ts'
import type { Elsewhere, Job } from '../../jobs/index.ts'
import { assignedSpm } from './store.ts'

/** A task that changes a data center's storage, made for the SPM of the moment. */
type SpmTask = (spm: SpmEpoch) => Task

/** Most times that a task follows the role to another host before it gives up. */
const mostMoves = 5
/** How often, and how long apart (ms), a task whose host was fenced looks whether another one has the role by now. */
const looks = { most: 60, apart: 2000 }

/**
 * Runs a storage task on the SPM of a data center. When the role moved meanwhile the host refuses (`spm.stale_epoch`), and when it was
 * fenced nobody knows how far it came: the task is repeated on the next SPM, an attempt each, so that nothing of the first one is left.
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
  let [moves, waits] = [0, 0]
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
    const { code } = attempt.error
    if (['spm.stale_epoch', 'host.fenced', 'host.not_found'].includes(code) && ++moves < mostMoves) continue
    // Between two SPMs there is none; whoever began before that has time to wait for the second one.
    if (code !== 'data_center.no_spm' || moves === 0 || ++waits > looks.most) throw failure(attempt.error)
    await j.sleepUntil(`${name}: wait ${waits}`, async tx => new Date(tx.now.getTime() + looks.apart))
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
