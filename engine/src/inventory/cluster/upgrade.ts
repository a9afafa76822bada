import { conflict } from '@rookery/model'
import { z } from 'zod'
import { drainPlan } from '../../compute/migration/drain.ts'
import type { Sql } from '../../db/index.ts'
import { exclusive, job, type JobTx } from '../../jobs/index.ts'
import { failure } from '../../storage/spm/on-spm.ts'
import { activateHost } from '../host/activate.ts'
import { deactivateHost } from '../host/deactivate.ts'
import { moveHost } from '../host/store.ts'
import { upgradeHost } from '../host/upgrade.ts'
import { id } from '../input.ts'

/** Writes down how far the upgrade of a cluster is; null: there is none. */
export async function markUpgrade(
  sql: Sql,
  clusterId: string,
  at: { percent: number; correlation: string | null } | null,
): Promise<void> {
  await sql`update cluster set upgrading = ${at !== null}, upgrade_percent = ${at?.percent ?? 0},
    upgrade_correlation = ${at?.correlation ?? null} where id = ${clusterId}::uuid`
}

const input = z.strictObject({
  clusterId: id,
  name: z.string(),
  /** In this order. */
  hosts: z.array(z.strictObject({ id, name: z.string() })).min(1),
})
const refsOf = (i: z.infer<typeof input>) => [{ kind: 'cluster' as const, id: i.clusterId, name: i.name }]

/**
 * Upgrades a cluster host by host: each is emptied, gets the agent of this engine, and comes back before the next one is touched, so that no
 * more than one is missing at a time. A host whose VMs have nowhere to go is left as it is, and said; when anything else goes wrong the
 * rest is left alone. After a crash of the engine it goes on with the host that it was at.
 */
export const upgradeCluster = job(
  {
    name: 'cluster.upgrade',
    version: 1,
    input,
    locks: i => [exclusive('cluster', i.clusterId)],
    describe: i => `Upgrading cluster ${i.name}`,
    refs: refsOf,
  },
  async (j, i): Promise<{ skipped: string[] }> => {
    const refs = refsOf(i)
    const over = async (tx: JobTx) => {
      await markUpgrade(tx.sql, i.clusterId, null)
      tx.changed('cluster', i.clusterId)
    }
    await j.tx(
      'begin',
      async tx => {
        await markUpgrade(tx.sql, i.clusterId, { percent: 0, correlation: tx.jobId })
        tx.changed('cluster', i.clusterId)
        const hosts = i.hosts.map(host => host.name).join(', ')
        tx.event('cluster.upgrade.started', { refs, args: { cluster: i.name, hosts } })
      },
      over,
    )
    const skipped: string[] = []
    for (const [n, { id: hostId, name }] of i.hosts.entries()) {
      const done = await j.attempt(name, async j => {
        await j.tx(
          'look',
          ({ sql }) => mustEmpty(sql, hostId, name),
          // Whatever happens from here, the host is not left out of work.
          tx => bringBack(tx, hostId),
        )
        await j.child('empty', deactivateHost, { hostId })
        await j.child('upgrade', upgradeHost, { hostId, name })
        await j.tx('bring back', tx => bringBack(tx, hostId))
        const { status } = await j.child('activate', activateHost, { hostId, asked: true })
        if (status !== 'up')
          throw conflict('cluster.upgrade.host_not_up', `Host ${name} is upgraded and came back as ${status}.`)
      })
      const percent = Math.round((100 * (n + 1)) / i.hosts.length)
      if (!done.ok && done.error.code !== 'host.cannot_empty') {
        await j.tx('failed', async tx => {
          await over(tx)
          tx.event('cluster.upgrade.failed', {
            refs,
            args: { cluster: i.name, host: name, reason: done.error.message },
          })
        })
        throw failure(done.error)
      }
      if (!done.ok) skipped.push(name)
      await j.tx(`after ${name}`, async tx => {
        await markUpgrade(tx.sql, i.clusterId, { percent, correlation: tx.jobId })
        tx.changed('cluster', i.clusterId)
        if (!done.ok)
          tx.event('cluster.upgrade.skipped', {
            refs: [...refs, { kind: 'host', id: hostId, name }],
            args: { cluster: i.name, host: name, reason: done.error.message },
          })
      })
      j.progress(percent)
    }
    await j.tx('end', async tx => {
      await over(tx)
      tx.event('cluster.upgrade.done', { refs, args: { cluster: i.name, count: i.hosts.length - skipped.length } })
    })
    return { skipped }
  },
)

async function mustEmpty(sql: Sql, hostId: string, name: string): Promise<void> {
  const staying = (await drainPlan(sql, hostId, 'upgrade')).filter(vm => vm.target === null)
  if (staying.length === 0) return
  const words = staying.slice(0, 20).map(vm => `${vm.name}: ${(vm.reason ?? '').replace(/^Cannot migrate VM\. /, '')}`)
  throw conflict('host.cannot_empty', `VMs of Host ${name} cannot be migrated away: ${words.join(' ')}`)
}

/** A host in maintenance is to be in work again; whoever looks after hosts activates it if nobody else does. */
async function bringBack(tx: JobTx, hostId: string): Promise<void> {
  await tx.sql`update host set wanted = 'up', version = version + 1 where id = ${hostId}::uuid`
  await moveHost(tx.sql, hostId, 'initializing', { from: ['maintenance'] })
  tx.changed('host', hostId)
}
