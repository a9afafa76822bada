import { z } from 'zod'
import { id } from '../../inventory/input.ts'
import { exclusive, job } from '../../jobs/index.ts'

interface HostsOfNetwork {
  network: { id: string; name: string; mode: 'nat' | 'bridged' | 'isolated'; mtu: number } | null
  hostIds: string[]
}

/**
 * Makes a network present on every host that is up and whose cluster has it. A host that is not up now does the same when it is
 * activated. One host's failure makes that host non-operational when the network is required, at its next activation; here it
 * is only told, so nothing is undone: the network belongs to the cluster either way.
 */
export const ensureNetwork = job(
  {
    name: 'network.ensure',
    version: 1,
    input: z.strictObject({ networkId: id }),
    locks: i => [exclusive('network', i.networkId)],
    describe: () => 'Setting up a network on its hosts',
    refs: i => [{ kind: 'network', id: i.networkId }],
    queueable: true,
  },
  async (j, i) => {
    const { network, hostIds } = await j.tx('claim', async ({ sql }): Promise<HostsOfNetwork> => {
      const network = await sql.maybe<NonNullable<HostsOfNetwork['network']>>`
        select id, name, mode, mtu from network where id = ${i.networkId}::uuid`
      const hosts = await sql<{ id: string }>`
        select h.id from host h join cluster_network c on c.cluster_id = h.cluster_id
         where c.network_id = ${i.networkId}::uuid and h.status = 'up' order by h.id`
      // Before they have it: whoever removes the network then asks them too, wherever this job ends.
      for (const host of hosts)
        await sql`insert into host_network (host_id, network_id)
          select ${host.id}::uuid, id from network where id = ${i.networkId}::uuid on conflict do nothing`
      return { network: network ?? null, hostIds: hosts.map(h => h.id) }
    })
    if (network === null) return
    const done = await Promise.all(
      hostIds.map(async hostId => ({
        hostId,
        attempt: await j.attempt(`host ${hostId}`, j =>
          // No undo: a network that is present on a host of its cluster is where it belongs.
          j.host('ensure', hostId, {
            kind: 'network.ensure',
            networkId: network.id,
            name: network.name,
            mode: network.mode,
            mtu: network.mtu,
          }),
        ),
      })),
    )
    await j.tx('tell', async tx => {
      for (const { hostId, attempt } of done) {
        if (attempt.ok)
          await tx.sql`insert into host_network (host_id, network_id)
            select ${hostId}::uuid, id from network where id = ${network.id}::uuid on conflict do nothing`
        else {
          await tx.sql`delete from host_network where host_id = ${hostId}::uuid and network_id = ${network.id}::uuid`
          tx.event('host.failed', {
            refs: [
              { kind: 'host', id: hostId },
              { kind: 'network', id: network.id, name: network.name },
            ],
            args: { host: hostId, reason: `network ${network.name}: ${attempt.error.message}` },
          })
        }
        tx.changed('host', hostId)
      }
      tx.changed('network', network.id)
    })
  },
)

/** Takes a network from hosts that had it; the network itself may be gone already. Never undone: nobody wants it back. */
export const removeNetwork = job(
  {
    name: 'network.remove',
    version: 1,
    input: z.strictObject({ networkId: id, name: z.string(), hostIds: z.array(id) }),
    locks: i => [exclusive('network', i.networkId)],
    describe: i => `Taking network ${i.name} from its hosts`,
    refs: i => [{ kind: 'network', id: i.networkId, name: i.name }],
  },
  async (j, i) => {
    await Promise.all(
      i.hostIds.map(hostId =>
        // A host that refuses (a guest is plugged in by force) keeps it; its report says so.
        j.attempt(`host ${hostId}`, j => j.host('remove', hostId, { kind: 'network.remove', networkId: i.networkId })),
      ),
    )
    await j.tx('forget', async tx => {
      await tx.sql`delete from host_network where network_id = ${i.networkId}::uuid and host_id = any (${i.hostIds}::uuid[])`
      for (const hostId of i.hostIds) tx.changed('host', hostId)
    })
  },
)
