import { createHash } from 'node:crypto'
import type { HostInventory } from '@rookery/protocol'
import type { SimHost } from './host.ts'
import { alive } from './images/tickets.ts'

/** Everything that is on a pretended host. It makes nothing for itself, so it has nothing left over. */
export function takeInventory(host: SimHost, storageDomainIds: ReadonlySet<string>): HostInventory {
  const { fleet } = host
  const connected = [...host.connected].flatMap(([storageDomainId, path]) => {
    const domain = fleet.pool.at({ type: 'localfs', path })
    return domain?.info.storageDomainId === storageDomainId ? [domain] : []
  })
  const runs = [...host.runs.values()].map(({ report: { vmId, runId, status } }) => ({ vmId, runId, state: status }))
  return {
    at: fleet.clock.now(),
    incarnation: host.incarnation,
    domains: runs,
    runs: runs.map(({ vmId, runId }) => ({ vmId, runId })),
    storage: connected.map(({ info: { storageDomainId, poolId } }) => ({ storageDomainId, poolId })),
    volumes: connected
      .filter(({ info }) => storageDomainIds.has(info.storageDomainId))
      .flatMap(domain => [...domain.volumes.values()])
      .map(({ facts: { ref: volume, capacity, format, legal, purpose } }) => ({
        volume,
        capacity,
        format,
        legal,
        purpose,
      })),
    imageTickets: [...fleet.tickets.values()]
      .filter(ticket => ticket.host === host)
      .map(ticket => ({
        hash: createHash('sha256').update(ticket.task.ticket.toLowerCase()).digest('hex'),
        volume: ticket.task.volume,
        expired: !alive(ticket),
      })),
    consoles: host.consoles.waiting(),
    networks: [...host.networks.keys()],
    tasks: host.tasks.unsettled(),
    found: [],
    missing: [],
  }
}
