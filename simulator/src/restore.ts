import type { Fleet } from './fleet.ts'
import type { HostRecord, KeptEnd, SimHost } from './host.ts'
import type { TicketRecord } from './images/tickets.ts'
import { type RunRecord, restoreRun } from './life.ts'
import { type Arrival, keepArrival } from './migration.ts'
import type { SharedDomain, VolumeFacts } from './pool.ts'
import type { TaskRecord } from './tasks/table.ts'

/**
 * Takes up what the last process left, as agents do after a restart of theirs: a higher incarnation, the guests as they are, the
 * tasks that were not ended begun again. The journal is the simulator's own, so its values are taken at their word.
 *
 * @param hosts how many there are now; what was left of others stays away
 */
export function restore(fleet: Fleet, hosts: number, make: (index: number) => SimHost): void {
  const left = fleet.journal.take()
  const below = function* (prefix: string) {
    for (const [key, value] of left) if (key.startsWith(prefix)) yield [key.slice(prefix.length), value] as const
  }
  for (const [, domain] of below('domain/'))
    fleet.pool.restoreDomain(domain as Pick<SharedDomain, 'info' | 'path' | 'files'>)
  for (const [, volume] of below('volume/')) fleet.pool.restoreVolume(volume as { path: string; facts: VolumeFacts })

  const living = new Map<number, SimHost>()
  for (const [key, record] of below('host/')) {
    const index = Number(key)
    if (!/^\d+$/.test(key) || index >= hosts) continue
    const host = make(index)
    host.restore(record as HostRecord)
    host.begin()
    living.set(index, host)
  }
  for (const [key, value] of below('host/')) {
    const match = /^(\d+)\/(run|ended|task|ticket|arrival)\/(.+)$/.exec(key)
    const host = living.get(Number(match?.[1]))
    const id = match?.[3]
    if (host === undefined || id === undefined) continue
    if (match?.[2] === 'run') restoreRun(host, value as RunRecord)
    else if (match?.[2] === 'arrival') keepArrival(host, value as Arrival)
    else if (match?.[2] === 'ended') host.ended.set(id, value as KeptEnd)
    else if (match?.[2] === 'task') host.tasks.restore(id, value as TaskRecord)
    else restoreTicket(host, id, value as TicketRecord)
  }
  for (const host of living.values())
    if (host.off) host.dead = true
    else host.tasks.resume()
}

/** A ticket of a volume that is gone is gone. */
function restoreTicket(host: SimHost, id: string, record: TicketRecord): void {
  const { volume: ref } = record.task
  const path = host.connected.get(ref.storageDomainId)
  const domain = path === undefined ? undefined : host.fleet.pool.at({ type: 'localfs', path })
  const volume = domain?.volumes.get(`${ref.imageId}/${ref.volumeId}`)
  if (domain !== undefined && volume !== undefined) host.images.restore(record, domain, volume)
  else host.fleet.journal.delete(`host/${host.index}/ticket/${id}`)
}
