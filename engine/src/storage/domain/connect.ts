import { unavailable } from '@rookery/model'
import type { StorageConnection } from '@rookery/protocol'
import type { Job } from '../../jobs/index.ts'
import { followReports, lockConnections, upHosts } from './store.ts'

/**
 * Connects a domain on every host of its data center that is up, in parallel. A host that cannot becomes non-operational with
 * the system's own words; when none can, so does this.
 *
 * @throws `unavailable` `storage_domain.unreachable`
 */
export async function connectEverywhere(
  j: Job,
  o: { storageDomainId: string; dataCenterId: string; name: string; connection: StorageConnection },
): Promise<string[]> {
  const { storageDomainId, connection } = o
  const hosts = await j.tx('hosts', async ({ sql }) => {
    await lockConnections(sql, o.dataCenterId)
    return upHosts(sql, o.dataCenterId)
  })
  const tries = await Promise.all(
    hosts.map(async host => ({
      host,
      attempt: await j.attempt(`connect ${host.name}`, j =>
        j.host(
          'connect',
          host.id,
          { kind: 'storage.connect', storageDomainId, connection },
          { kind: 'storage.disconnect', storageDomainId },
        ),
      ),
    })),
  )
  const failed = tries.flatMap(({ host, attempt }) => (attempt.ok ? [] : [{ host, reason: attempt.error.message }]))
  const able = tries.filter(t => t.attempt.ok).map(t => t.host)
  if (able.length === 0)
    throw unavailable(
      'storage_domain.unreachable',
      `No Host can reach Storage Domain ${o.name}: ${failed[0]?.reason ?? 'no Host is up.'}`,
      {
        detail: failed.map(f => ({ host: f.host.name, reason: f.reason })),
      },
    )
  await j.tx('connected', async tx => {
    for (const host of able)
      await tx.sql`insert into storage_domain_host (storage_domain_id, host_id, ok, seen_at) values (${storageDomainId}, ${host.id}, true, ${tx.now})
        on conflict (storage_domain_id, host_id) do update set ok = true, detail = null, seen_at = excluded.seen_at`
    for (const { host, reason } of failed) {
      const moved = await tx.sql
        .run`update host set status = 'non_operational', status_reason = ${`Storage Domain ${o.name}: ${reason}`}
        where id = ${host.id}::uuid and status = 'up'`
      if (moved === 0) continue
      tx.changed('host', host.id)
      tx.event('host.non_operational', {
        refs: [
          { kind: 'host', ...host },
          { kind: 'storage_domain', id: storageDomainId, name: o.name },
        ],
        args: { host: host.name, reason: `storage domain ${o.name}: ${reason}` },
      })
    }
    if (failed.length > 0)
      for (const moved of await followReports(tx.sql, o.dataCenterId)) tx.changed('storage_domain', moved)
  })
  return able.map(host => host.id)
}
