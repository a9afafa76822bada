import { conflict, type Refusal } from '@rookery/model'
import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, type Job, type JobFailure, job, type JobTx } from '../../jobs/index.ts'
import { failure } from '../../storage/spm/on-spm.ts'
import { noHost, startRefusal } from './choose.ts'
import { spendMemory } from './memory.ts'
import { type PlacedRun, placeAndReserve, release } from './place.ts'
import { endUnlisted } from './reports.ts'
import { StartVm } from './types.ts'

/** Most hosts that a start tries. */
const mostHosts = 3

/** What the port to hosts makes of a created domain: the place of its creation in the order of the host's reports. */
interface Created {
  incarnation: number
  seq: number
}

/**
 * Starts a VM: a place is reserved, then the host boots the domain. A host that cannot is left out and the next one is tried. From
 * `create` on the host's reports say what the run does; this job only records when it was created, so that its absence in a later
 * listing means its end. A suspended VM goes on from its saved memory, which is spent once it has been read.
 */
export const startVm = job(
  {
    name: 'vm.start',
    version: 1,
    input: z.strictObject({ ...StartVm.shape, name: z.string(), dataCenterId: id, engineId: id }),
    locks: i => [exclusive('vm', i.id)],
    describe: i => `Starting VM ${i.name}`,
    refs: i => [{ kind: 'vm', id: i.id, name: i.name }],
    interruptedBy: ['vm.stop'],
  },
  async (j, i) => {
    const { name, dataCenterId: _dataCenterId, engineId, ...wish } = i
    const tried: Refusal[] = []
    while (tried.length < mostHosts) {
      const attempt = await j.attempt(`host ${tried.length + 1}`, async j => {
        const run = await j.tx('place', tx => placeAndReserve(tx, engineId, wish, tried), release, { lane: 'places' })
        const created = await j.attempt('boot', j =>
          j.host<Created>(
            'create',
            run.hostId,
            { kind: 'vm.create', spec: run.spec },
            { kind: 'vm.destroy', vmId: i.id, runId: run.runId },
          ),
        )
        if (!created.ok && created.error.code === 'lease.held')
          // The storage itself says so: no other host would come further.
          throw diskHeld(i.id, await j.tx('held', tx => holderOf(tx, created.error)))
        if (!created.ok)
          // Thrown so that the place is given back; the host and its words go along.
          throw conflict('vm.host_refused', created.error.message, {
            detail: { hostId: run.hostId, host: run.hostName },
          })
        return j.tx('created', tx => recordCreation(tx, run, created.value))
      })
      if (attempt.ok) return
      if (attempt.error.code !== 'vm.host_refused') return giveUp(j, i, attempt.error)
      const { hostId, host } = attempt.error.detail as { hostId: string; host: string }
      tried.push(startRefusal({ id: hostId, name: host }, attempt.error.message))
    }
    return giveUp(j, i, noHost('run', name, tried))
  },
)

/** Who holds a disk on its storage domain, as far as the engine knows them. */
interface Holder {
  disk: string
  host: string | null
  since: string | null
}

async function holderOf({ sql }: JobTx, error: JobFailure): Promise<Holder> {
  const { resource = null, by = [] } = (error.detail ?? {}) as {
    resource?: string
    by?: { hostId: string | null; since: string | null }[]
  }
  const disk = await sql.maybe<{ alias: string }>`select alias from disk where image_id = ${resource}::uuid limit 1`
  const [first] = by
  const host = await sql.maybe<{
    name: string
  }>`select name from host where host_uuid = ${first?.hostId ?? null}::uuid limit 1`
  return {
    disk: disk?.alias ?? resource ?? 'unknown',
    host: host?.name ?? null,
    since: first?.since ?? null,
  }
}

const diskHeld = (vmId: string, { disk, host, since }: Holder) =>
  conflict(
    'vm.disk_held',
    `Cannot run VM. Its Disk ${disk} is held by ${host === null ? 'another host' : `Host ${host}`} on the storage${since === null ? '' : ` since ${since}`} and may still be written to ` +
      'there. It is free when the VM has ended there, or when that Host was fenced or confirmed to be rebooted.',
    { ref: { kind: 'vm', id: vmId }, detail: { disk, host: host ?? '?', since: since ?? '' } },
  )

/** Records that the run exists on its host. */
async function recordCreation(tx: JobTx, run: PlacedRun, created: Created): Promise<void> {
  const { vmId, runId } = run.spec
  // Not the order of reports: the first ones are older than the end of the task, and may still be on their way.
  await tx.sql`update vm_run set created_incarnation = ${created.incarnation}, created_seq = ${created.seq} where id = ${runId}::uuid`
  // Whoever applies a listing of this host waits until this is recorded, or has done so before it is read. Run before host, as reports do.
  const host = await tx.sql.one<{ incarnation: number }>`
    select incarnation from host where id = ${run.hostId}::uuid for share`
  if (host.incarnation > created.incarnation) await endUnlisted(tx.sql, runId, host.incarnation, tx.now)
  await spendMemory(tx.sql, vmId)
  await tx.sql`update vm set stop_reason = '', started_at = ${tx.now}, fault = null, initialized = initialized or ${!run.restored}
    where id = ${vmId}::uuid`
  tx.changed('vm', vmId)
  tx.event('vm.started', {
    refs: [
      { kind: 'vm', id: vmId, name: run.spec.name },
      { kind: 'host', id: run.hostId, name: run.hostName },
    ],
    args: { vm: run.spec.name, host: run.hostName },
  })
}

/** Says why and fails. Nothing is left to undo: each attempt has undone its own. */
async function giveUp(j: Job, i: { id: string; name: string }, error: JobFailure): Promise<never> {
  await j.tx('tell', async tx => {
    tx.changed('vm', i.id)
    tx.event('vm.start.failed', {
      refs: [{ kind: 'vm', id: i.id, name: i.name }],
      args: { vm: i.name, reason: error.message },
    })
  })
  throw failure(error)
}
