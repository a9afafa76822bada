import { conflict } from '@rookery/model'
import { z } from 'zod'
import { exclusive, job, type JobTx } from '../../jobs/index.ts'
import { followReports, lockConnections } from '../../storage/domain/store.ts'
import { chooseSpm, type Candidate } from '../../storage/spm/choose.ts'
import { becomeSpm, currentSpm } from '../../storage/spm/store.ts'
import { meetCluster } from '../cluster/cpu.ts'
import { id } from '../input.ts'
import { getHost, moveHost, requirements } from './store.ts'

/** Statuses from which a host may come up. */
const before = [
  'installing',
  'initializing',
  'maintenance',
  'preparing_for_maintenance',
  'non_operational',
  'error',
  'connecting',
  'non_responsive',
  'reboot',
  'down',
  'up',
] as const

/**
 * Takes a host into work: its cluster's networks are made, its data center's storage is connected, then it is up, and serves the
 * storage when nobody does. Started by people, and by the watch when a host answers for the first time or with a new agent. What
 * the host lacks makes it non-operational, with the reason; nothing is undone, since what it has does no harm.
 */
export const activateHost = job(
  {
    name: 'host.activate',
    version: 1,
    input: z.strictObject({ hostId: id, asked: z.boolean() }),
    locks: i => [exclusive('host', i.hostId)],
    describe: () => 'Activating a host',
    refs: i => [{ kind: 'host', id: i.hostId }],
    queueable: true,
  },
  async (j, i) => {
    const host = await j.tx('initializing', async tx => {
      const row = await getHost(tx.sql, i.hostId)
      if (row === undefined || row.wanted !== 'up')
        throw conflict('host.not_wanted', 'The host is gone or was moved to maintenance.')
      if (!(await moveHost(tx.sql, i.hostId, 'initializing', { from: before })))
        throw conflict('host.activate.not_allowed', `${row.name} is ${row.status} and cannot be activated.`)
      tx.changed('host', i.hostId)
      return { name: row.name, ...(await requirements(tx.sql, i.hostId)) }
    })
    const missing: string[] = []
    const networks = await Promise.all(
      host.networks.map(network =>
        j.attempt(`network ${network.name}`, j =>
          // No undo here and below: what a host has already is what its next activation needs.
          j.host('ensure', i.hostId, {
            kind: 'network.ensure',
            networkId: network.id,
            name: network.name,
            mode: network.mode,
            mtu: network.mtu,
          }),
        ),
      ),
    )
    networks.forEach((attempt, n) => {
      const network = host.networks[n]
      if (!attempt.ok && network?.required) missing.push(`network ${network.name}: ${attempt.error.message}`)
    })
    const networkIds = host.networks.filter((_, n) => networks[n]?.ok).map(n => n.id)
    const domains: { id: string; ok: boolean }[] = []
    let next = host.domains
    for (let round = 1; ; round++) {
      const tries = await Promise.all(
        next.map(async domain => ({
          domain,
          attempt: await j.attempt(`storage ${domain.name}`, j =>
            j.host('connect', i.hostId, {
              kind: 'storage.connect',
              storageDomainId: domain.id,
              connection: domain.connection,
            }),
          ),
        })),
      )
      for (const { domain, attempt } of tries) {
        domains.push({ id: domain.id, ok: attempt.ok })
        // A host without the ISO domain runs VMs; one without a data domain does not.
        if (!attempt.ok && domain.type === 'data')
          missing.push(`storage domain ${domain.name}: ${attempt.error.message}`)
      }
      const present = { networks: networkIds, domains }
      const result = await j.tx(`result${round === 1 ? '' : ` (${round})`}`, tx => settle(tx, i, missing, present))
      if (!('more' in result)) return result
      next = result.more
    }
  },
)

async function settle(
  tx: JobTx,
  i: { hostId: string; asked: boolean },
  missing: readonly string[],
  present: { networks: readonly string[]; domains: readonly { id: string; ok: boolean }[] },
): Promise<{ status: string } | { more: Awaited<ReturnType<typeof requirements>>['domains'] }> {
  const { sql } = tx
  const row = await getHost(sql, i.hostId)
  // Silence that came meanwhile, or maintenance, is the newer word.
  if (row === undefined || row.status !== 'initializing') return { status: row?.status ?? 'gone' }
  // Domains that were attached or activated meanwhile: whoever did that did not see this host, which was not up yet.
  if (row.dataCenterId !== null) await lockConnections(sql, row.dataCenterId)
  const known = new Set(present.domains.map(domain => domain.id))
  const more = (await requirements(sql, i.hostId)).domains.filter(domain => !known.has(domain.id))
  if (more.length > 0) return { more }
  const ref = { kind: 'host' as const, id: row.id, name: row.name }
  await sql`insert into host_network (host_id, network_id)
    select ${i.hostId}::uuid, id from network where id = any (${[...present.networks]}::uuid[]) on conflict do nothing`
  for (const domain of present.domains)
    await sql`insert into storage_domain_host (storage_domain_id, host_id, ok, seen_at)
      select id, ${i.hostId}::uuid, ${domain.ok}, ${tx.now} from storage_domain where id = ${domain.id}::uuid
      on conflict (storage_domain_id, host_id) do update set ok = excluded.ok, seen_at = excluded.seen_at`
  const cpu = await meetCluster(tx, row)
  const lacks = cpu.length === 0 ? missing : [...missing, `CPU type of the cluster: it lacks ${cpu.join(', ')}`]
  const status = lacks.length === 0 ? 'up' : 'non_operational'
  await moveHost(sql, i.hostId, status, { reason: lacks.length === 0 ? null : lacks.join('; ') })
  tx.changed('host', i.hostId)
  if (status === 'up') {
    tx.event(i.asked ? 'host.activated' : 'host.detected', { refs: [ref], args: { host: row.name } })
    if (row.dataCenterId !== null) await serveStorage(tx, row.dataCenterId)
  } else {
    if (cpu.length > 0)
      tx.event('host.cpu_below_cluster', { refs: [ref], args: { host: row.name, missing: cpu.join(', ') } })
    tx.event('host.non_operational', { refs: [ref], args: { host: row.name, reason: lacks.join('; ') } })
  }
  if (row.dataCenterId !== null)
    for (const domain of await followReports(sql, row.dataCenterId)) tx.changed('storage_domain', domain)
  return { status }
}

/** A data center whose storage nobody serves gets an SPM. */
export async function serveStorage(tx: Pick<JobTx, 'sql' | 'changed' | 'event'>, dataCenterId: string): Promise<void> {
  const { sql } = tx
  await sql`select pg_advisory_xact_lock(hashtextextended(${`spm ${dataCenterId}`}, 0))`
  if ((await currentSpm(sql, dataCenterId)) !== undefined) return
  // A host that is only silent may still serve; who waits for its word or its fence does not double the role.
  const silent = await sql`select 1 from spm s join host h on h.id = s.host_id
    where s.data_center_id = ${dataCenterId}::uuid and h.status in ('connecting', 'non_responsive', 'initializing')
      and (h.fenced_at is null or h.fenced_at < coalesce(h.seen_at, '-infinity'))`
  if (silent.length > 0) return
  const hosts = await sql<Candidate & { name: string }>`
    select h.id, h.name, h.status, h.spm_priority from host h join cluster c on c.id = h.cluster_id where c.data_center_id = ${dataCenterId}::uuid`
  const chosen = hosts.find(h => h.id === chooseSpm(hosts))
  if (chosen === undefined) return
  await becomeSpm(sql, dataCenterId, chosen.id)
  const dataCenter = await sql.one<{ name: string }>`select name from data_center where id = ${dataCenterId}::uuid`
  tx.changed('data_center', dataCenterId)
  tx.changed('host', chosen.id)
  tx.event('data_center.spm', {
    refs: [
      { kind: 'data_center', id: dataCenterId, name: dataCenter.name },
      { kind: 'host', id: chosen.id, name: chosen.name },
    ],
    args: { host: chosen.name, data_center: dataCenter.name },
  })
}
