import { conflict, type Refusal } from '@rookery/model'
import type { FinishResult, MigrateResult, MigrationTarget, Task } from '@rookery/protocol'
import { exclusive, type Job, type JobFailure, job, type JobTx } from '../../jobs/index.ts'
import { failure } from '../../storage/spm/on-spm.ts'
import { startRefusal } from '../vm/choose.ts'
import { settle } from '../vm/settle.ts'
import { type Busy, type End, type Move, placeIncoming } from './place.ts'
import { dropIncoming, leavingOf, promote } from './store.ts'
import { MigrateInput } from './types.ts'

/** Most hosts that a migration tries. */
const mostHosts = 3
/** How long (ms) a migration waits before it looks again whether there is a turn for it. */
const turnMs = 2000
/** How often, and how long apart (ms), the target is asked what became of the guest before a person is. */
const asked = { times: 20, apart: 5000 }

/** Refusals after which another host would not do better. */
const final = ['vm.migrate.stalled', 'vm.migrate.no_host', 'vm.migrate.cached', 'vm.migrate.devices']

/**
 * Moves a running VM to another host. A second run is written down and prepared on the target; then the two hosts do it among themselves.
 * Never two: the guest stands still at one end before it goes on at the other, and the database follows the hosts' word, never the other
 * way round. A source that fails says by it that the guest goes on there, so everything is taken back and another host is tried. A source
 * that the guest has left, or that does not know, leaves the target to say what became of it; from there only forward is safe.
 *
 * When the job is cancelled the source is told to stop. If that was too late, the target answers the undoing of `prepare` with the guest,
 * the second run stays, and `vm.settle_migration` writes down what happened.
 */
export const migrateVm = job(
  {
    name: 'vm.migrate',
    version: 1,
    input: MigrateInput,
    locks: i => [exclusive('vm', i.vmId)],
    describe: i => `Migrating VM ${i.name}`,
    refs: i => [{ kind: 'vm', id: i.vmId, name: i.name }],
    interruptedBy: ['vm.stop'],
  },
  async (j, i): Promise<Moved> => {
    const tried: Refusal[] = []
    let last: JobFailure | undefined
    while (tried.length < mostHosts) {
      const attempt = await j.attempt(`host ${tried.length + 1}`, async j => {
        const move = await turn(j, i, tried)
        const { hostId } = move.target
        const room = await j.attempt('room', j =>
          j.host<MigrationTarget>('prepare', hostId, move.prepare, finishTask(i.vmId, move)),
        )
        if (!room.ok) throw refused(room.error, move.target)
        const moved = await j.attempt('move', j =>
          // No undo: once the guest has left, only forward is safe. Stopping it while it runs is the host's matter.
          j.host<MigrateResult>('migrate', move.source.hostId, {
            kind: 'vm.migrate',
            vmId: i.vmId,
            runId: move.source.runId,
            target: room.value,
            plan: move.plan,
          }),
        )
        if (!moved.ok) throw refused(moved.error, move.target)
        return { move, result: moved.value }
      })
      if (attempt.ok) {
        const { move, result } = attempt.value
        await j.pointOfNoReturn()
        return arrive(j, i, move, result)
      }
      if (attempt.error.code !== 'vm.migrate.host_refused') return giveUp(j, i, last ?? attempt.error)
      const detail = attempt.error.detail as { hostId: string; host: string; code: string }
      last = { ...attempt.error, code: detail.code }
      if (final.includes(detail.code)) return giveUp(j, i, last)
      tried.push(startRefusal({ id: detail.hostId, name: detail.host }, attempt.error.message))
    }
    return giveUp(j, i, last ?? { kind: 'conflict', code: 'vm.migrate.failed', message: 'no host took it' })
  },
)

/** Thrown so that the place is given back; the host and its words go along. */
const refused = (error: JobFailure, { hostId, hostName }: End) =>
  conflict('vm.migrate.host_refused', error.message, { detail: { hostId, host: hostName, code: error.code } })

const finishTask = (vmId: string, move: Pick<Move, 'target' | 'prepare'>): Task => ({
  kind: 'vm.migrate.finish',
  vmId,
  runId: move.target.runId,
  nicIds: move.prepare.nics.map(nic => nic.nicId),
})

/** Waits until there is a turn at both ends, and takes it. */
async function turn(j: Job, i: MigrateInput, tried: readonly Refusal[]): Promise<Move> {
  for (let n = 1; ; n++) {
    const again = n === 1 ? '' : ` (${n})`
    const placed = await j.tx(`place${again}`, tx => placeIncoming(tx, i, tried), leave, { lane: 'places' })
    if (!('busy' in placed)) return placed
    await j.sleepUntil(`wait for a turn${again}`, async tx => new Date(tx.now.getTime() + turnMs))
  }
}

/** Undoes `place`: by then the target has said whether anything came. What has come is not this job's any more. */
async function leave(tx: JobTx, placed: Move | Busy): Promise<void> {
  if ('busy' in placed) return
  const { target, source, prepare } = placed
  const came = await tx.sql`
    select 1 from job_step where job_id = ${tx.jobId}::uuid and undo_output ->> 'runId' = ${target.runId} and undo_output ->> 'arrived' = 'true'`
  if (came.length === 0) await dropIncoming(tx.sql, target.runId)
  tx.changed('vm', prepare.vmId)
  tx.changed('host', target.hostId)
  tx.changed('host', source.hostId)
}

/** The place of a word in the order of a host's reports; the port to hosts adds it. */
interface Ordered {
  incarnation: number
  seq: number
}

/** What the target says: it runs here, or nothing came. A target that was fenced has nothing. */
export type Arrival = ({ arrived: true } & Ordered) | { arrived: false }

/** Asks the target what became of the guest until it says so. */
export async function arrival(j: Job, vmId: string, target: End, nicIds: readonly string[]): Promise<Arrival> {
  for (let n = 1; ; n++) {
    const again = n === 1 ? '' : ` (${n})`
    const end = await j.attempt(`arrival${again}`, j =>
      j.host<FinishResult & Ordered>('finish', target.hostId, {
        kind: 'vm.migrate.finish',
        vmId,
        runId: target.runId,
        nicIds: [...nicIds],
      }),
    )
    if (end.ok)
      return end.value.arrived
        ? { arrived: true, incarnation: end.value.incarnation, seq: end.value.seq }
        : { arrived: false }
    if (end.error.code === 'host.fenced' || end.error.code === 'host.not_found') return { arrived: false }
    if (n === asked.times) throw failure(end.error)
    await j.sleepUntil(`ask again${again}`, async tx => new Date(tx.now.getTime() + asked.apart))
  }
}

/** Result of the job. False: the guest had left and did not arrive, or it stands where it stood; its events say which. */
export interface Moved {
  moved: boolean
}

/** The guest has left, or stands still and only the target knows: what the target says is what happened. */
async function arrive(j: Job, i: MigrateInput, move: Move, result: MigrateResult): Promise<Moved> {
  const { source, target } = move
  const end = await arrival(
    j,
    i.vmId,
    target,
    move.prepare.nics.map(nic => nic.nicId),
  )
  const run = { vmId: i.vmId, runId: source.runId }
  // It runs there, so what still stands here may not go on; or nothing came, so what stands here is the guest.
  if (!result.left) {
    if (end.arrived) await j.host('let go', source.hostId, { kind: 'vm.destroy', ...run })
    else await j.attempt('go on', j => j.host('resume', source.hostId, { kind: 'vm.resume', ...run }))
  }
  const stayed = !end.arrived && !result.left
  await j.tx('moved', async tx => {
    tx.changed('vm', i.vmId)
    for (const { hostId } of [source, target]) tx.changed('host', hostId)
    const refs = [
      { kind: 'vm' as const, id: i.vmId, name: i.name },
      { kind: 'host' as const, id: source.hostId, name: source.hostName },
      { kind: 'host' as const, id: target.hostId, name: target.hostName },
    ]
    const args = { vm: i.name, host: source.hostName, target: target.hostName }
    if (end.arrived) {
      await promote(tx.sql, i.vmId, target.runId, end)
      const { downtimeMs, durationMs, transferred, postCopy } = result
      return tx.event('vm.migration.done', {
        refs,
        args: { ...args, duration: seconds(durationMs), downtime: downtimeMs === null ? '?' : Math.round(downtimeMs) },
        data: { downtimeMs, durationMs, transferred, postCopy },
      })
    }
    await dropIncoming(tx.sql, target.runId)
    tx.event('vm.migration.failed.host', {
      refs,
      args: { ...args, reason: stayed ? 'it did not arrive and goes on where it was' : 'it did not arrive' },
    })
    // Its end on the source is settled here if it was told already, else by whoever hears of it.
    if (!stayed) await settle(tx, i.vmId)
  })
  return { moved: end.arrived }
}

const seconds = (ms: number | null): string => (ms === null ? '?' : (ms / 1000).toFixed(1))

/** Says why and fails. Nothing is left to undo: each attempt has undone its own. */
async function giveUp(j: Job, i: MigrateInput, error: JobFailure): Promise<never> {
  await j.tx('tell', async tx => {
    const source = await leavingOf(tx.sql, i.vmId)
    tx.changed('vm', i.vmId)
    tx.event(error.code === 'vm.migrate.no_host' ? 'vm.migration.no_host' : 'vm.migration.failed', {
      refs: [
        { kind: 'vm', id: i.vmId, name: i.name },
        ...(source === undefined ? [] : [{ kind: 'host' as const, id: source.hostId, name: source.hostName }]),
      ],
      args: { vm: i.name, reason: error.message.replace(/\.$/, '') },
      data: { code: error.code },
    })
  })
  throw failure(error)
}
