import { conflict } from '@rookery/model'
import { z } from 'zod'
import { migrateVm } from '../../compute/migration/migrate.ts'
import { exclusive, type Job, job } from '../../jobs/index.ts'
import { followReports } from '../../storage/domain/store.ts'
import { leaveSpm } from '../../storage/spm/store.ts'
import { id } from '../input.ts'
import { serveStorage } from './activate.ts'
import { getHost, moveHost, vmsOn } from './store.ts'

/** How long apart (ms) VMs that did not get away are tried again; the first times sooner. */
const againMs = (round: number) => Math.min(60_000, 5000 * round)

/**
 * Moves a host to maintenance: no VM is placed there any more, those that run there move away, another host takes the storage role, its
 * storage is let go. As long as a VM does not get away the host stays as it is, and it is tried again and again, until somebody cancels
 * the job, or activates the host, which cancels it too: what has moved stays where it went. A host that does not answer is not asked.
 */
export const deactivateHost = job(
  {
    name: 'host.deactivate',
    version: 1,
    input: z.strictObject({ hostId: id }),
    locks: i => [exclusive('host', i.hostId)],
    describe: () => 'Moving a host to maintenance',
    refs: i => [{ kind: 'host', id: i.hostId }],
  },
  async (j, i) => {
    const host = await j.tx(
      'preparing',
      async tx => {
        const row = await getHost(tx.sql, i.hostId)
        if (row === undefined) throw conflict('host.gone', 'The host was removed meanwhile.')
        // The placement of VMs takes the same lock and looks for hosts that are up, so none comes after this.
        await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`cluster ${row.clusterId}`}, 0))`
        const answers = !['connecting', 'non_responsive'].includes(row.status)
        const vms = await vmsOn(tx.sql, i.hostId)
        if (vms.length > 0 && !answers)
          throw conflict(
            'host.has_vms',
            `VMs may run on ${row.name}, which does not answer: ${vms.slice(0, 20).join(', ')}.`,
            {
              detail: { vms: vms.slice(0, 20) },
            },
          )
        // Here and not in the operation, so that it is taken back with the rest.
        await tx.sql`update host set wanted = 'maintenance', version = version + 1 where id = ${i.hostId}::uuid`
        await moveHost(tx.sql, i.hostId, 'preparing_for_maintenance')
        tx.changed('host', i.hostId)
        const domains = await tx.sql<{ id: string }>`
          select storage_domain_id as id from storage_domain_host where host_id = ${i.hostId}::uuid order by 1`
        return {
          name: row.name,
          clusterId: row.clusterId,
          dataCenterId: row.dataCenterId,
          before: row.status,
          answers,
          domains: domains.map(d => d.id),
        }
      },
      async (tx, was) => {
        await tx.sql`update host set wanted = 'up', version = version + 1 where id = ${i.hostId}::uuid`
        await moveHost(tx.sql, i.hostId, was.before, { from: ['preparing_for_maintenance'] })
        tx.changed('host', i.hostId)
        tx.event('host.maintenance.failed', {
          refs: [{ kind: 'host', id: i.hostId, name: was.name }],
          args: { host: was.name, reason: 'see its job' },
        })
      },
    )
    await empty(j, i.hostId, host.name)
    // A host that has let go of storage is no host that is up, so from here there is only the way to maintenance.
    await j.pointOfNoReturn()
    if (host.answers)
      await Promise.all(
        host.domains.map(storageDomainId =>
          // A domain that stays connected is only idle; the next activation connects it anyway.
          j.attempt(`disconnect ${storageDomainId}`, j =>
            j.host('disconnect', i.hostId, { kind: 'storage.disconnect', storageDomainId }),
          ),
        ),
      )
    await j.tx('maintenance', async tx => {
      await moveHost(tx.sql, i.hostId, 'maintenance')
      await tx.sql`delete from storage_domain_host where host_id = ${i.hostId}::uuid`
      const served = await leaveSpm(tx.sql, i.hostId)
      tx.changed('host', i.hostId)
      if (host.dataCenterId !== null) {
        if (served > 0) {
          tx.changed('data_center', host.dataCenterId)
          await serveStorage(tx, host.dataCenterId)
        }
        for (const domain of await followReports(tx.sql, host.dataCenterId)) tx.changed('storage_domain', domain)
      }
      tx.event('host.maintenance', {
        refs: [{ kind: 'host', id: i.hostId, name: host.name }],
        args: { host: host.name },
      })
    })
  },
)

/** Most migrations that this job has under way at a time; the cluster's policy may allow fewer, and then some wait for their turn. */
const lanes = 2

/** Moves every VM off the host. Returns when none is left. */
async function empty(j: Job, hostId: string, name: string): Promise<void> {
  for (let round = 1; ; round++) {
    const again = round === 1 ? '' : ` (${round})`
    const vms = await j.tx(
      `look${again}`,
      ({ sql }) =>
        sql<{ id: string; name: string }>`
        select distinct v.id, v.name from vm_run r join vm v on v.id = r.vm_id where r.host_id = ${hostId}::uuid order by v.name, v.id`,
    )
    if (vms.length === 0) return
    const failed: string[] = []
    const queue = [...vms]
    let tried = 0
    const lane = async () => {
      for (let vm = queue.shift(); vm !== undefined; vm = queue.shift()) {
        const { id, name: vmName } = vm
        const moved = await j.attempt(`move ${id}${again}`, j =>
          // Not taken back when the maintenance is: a VM that has moved runs well where it is.
          j.child('migrate', migrateVm, {
            vmId: id,
            name: vmName,
            hostIds: [],
            clusterId: null,
            force: false,
            reason: 'maintenance',
          }),
        )
        j.progress((100 * ++tried) / (vms.length + 1))
        if (!moved.ok) failed.push(`${vmName} (${moved.error.message.replace(/\.$/, '')})`)
        else if (!moved.value.moved) failed.push(`${vmName} (it did not arrive)`)
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    if (failed.length === 0) continue
    failed.sort()
    await j.tx(`left${again}`, async tx => {
      tx.changed('host', hostId)
      // Told once: it is tried again until it succeeds or somebody gives up.
      if (round > 1) return
      tx.event('host.maintenance.failed', {
        refs: [{ kind: 'host', id: hostId, name }],
        args: { host: name, reason: `VMs have not got away yet: ${failed.slice(0, 20).join('; ')}` },
      })
    })
    await j.sleepUntil(`wait${again}`, async tx => new Date(tx.now.getTime() + againMs(round)))
  }
}
