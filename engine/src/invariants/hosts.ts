import type { Invariant } from '@rookery/model'
import type { HostInventory } from '@rookery/protocol'
import { stableUuid } from '../jobs/ids.ts'
import type { Facts, HostFact } from './facts.ts'
import type { Finding } from './finding.ts'

/** How long an end may wait to be acknowledged, and a console to be closed, ms by the host's clock. */
const patienceMs = 20_000

/** Compares what the engine believes with what its hosts have. Pure. Hosts that are not in `inventories` were not looked at. */
export function hostFindings(facts: Facts, inventories: ReadonlyMap<string, HostInventory>): Finding[] {
  const looked = facts.hosts.flatMap(host => {
    const inventory = inventories.get(host.id)
    return inventory === undefined ? [] : [{ host, inventory }]
  })
  const undoing = new Set(facts.openSteps.map(({ jobId, name }) => stableUuid(jobId, name, 'undo', '0')))
  return [
    ...looked.flatMap(({ host, inventory }) => {
      const say: Say = (invariant, subject, found, ...about) => ({
        invariant,
        subject,
        found,
        about: [...about, host.id],
        host: { id: host.id, name: host.name },
      })
      return [
        ...guests(facts, host, inventory, say),
        ...storage(facts, host, inventory, say),
        ...networks(facts, host, inventory, say),
        ...tasks(facts, undoing, inventory, say),
        ...consoles(inventory, say),
        ...inventory.found.map(t => say(`${t.kind}.found` as Invariant, t.name, 'it belongs to nothing', ...ids(t))),
        ...inventory.missing.map(t => say(`${t.kind}.missing` as Invariant, t.name, 'it is not there', ...ids(t))),
      ]
    }),
    ...volumes(facts, inventories),
    ...tickets(facts, looked),
  ]
}

type Say = (invariant: Invariant, subject: string, found: string, ...about: string[]) => Finding

const ids = (thing: { about: string | null }) => (thing.about === null ? [] : [thing.about])

function guests(facts: Facts, host: HostFact, { domains, runs }: HostInventory, say: Say): Finding[] {
  const mine = facts.runs.filter(run => run.hostId === host.id)
  const known = new Set(mine.map(run => run.id))
  const there = new Set(domains.map(domain => domain.runId))
  const told = new Set(runs.map(run => run.runId))
  return [
    ...domains
      .filter(d => !known.has(d.runId))
      .map(d => say('domain.without_run', `VM ${d.vmId}`, `a guest is ${d.state} as run ${d.runId}`, d.vmId)),
    ...mine
      .filter(run => run.made && !run.ended && !there.has(run.id))
      .map(run => say('run.without_domain', `VM ${run.vmName}`, `run ${run.id} has no guest`, run.vmId)),
    ...domains
      .filter(d => !told.has(d.runId))
      .map(d => say('run.not_reported', `VM ${d.vmId}`, `run ${d.runId} is ${d.state}`, d.vmId)),
    ...runs
      .filter(run => !there.has(run.runId))
      .map(run => say('run.reported_without_domain', `VM ${run.vmId}`, `run ${run.runId} is told of`, run.vmId)),
  ]
}

function storage(facts: Facts, host: HostFact, inventory: HostInventory, say: Say): Finding[] {
  const known = new Map(facts.domains.map(domain => [domain.id, domain]))
  const there = new Set(inventory.storage.map(each => each.storageDomainId))
  const wanted = facts.domains.filter(d => d.status === 'active' && d.dataCenterId === host.dataCenterId)
  return [
    ...inventory.storage.flatMap(({ storageDomainId: id, poolId }) => {
      const domain = known.get(id)
      if (domain === undefined) return [say('storage_domain.unknown_on_host', id, 'the host has it connected', id)]
      // Domains of ISO files carry their data center as data domains do; one that is not attached has none.
      if (poolId === domain.dataCenterId) return []
      const found = `its metadata names data center ${poolId ?? 'none'}, the engine ${domain.dataCenterId ?? 'none'}`
      return [say('storage_domain.other_pool', domain.name, found, id, ...(poolId === null ? [] : [poolId]))]
    }),
    ...wanted
      .filter(domain => !there.has(domain.id))
      .map(d => say('storage_domain.not_connected', d.name, 'it is active and the host cannot read it', d.id)),
  ]
}

function networks(facts: Facts, host: HostFact, inventory: HostInventory, say: Say): Finding[] {
  const mine = facts.clusterNetworks.filter(each => each.clusterId === host.clusterId)
  const said = new Set(facts.hostNetworks.filter(each => each.hostId === host.id).map(each => each.networkId))
  const there = new Set(inventory.networks)
  return [
    ...inventory.networks
      .filter(id => !mine.some(each => each.networkId === id))
      .map(id => say('network.unknown_on_host', `network ${id}`, 'no network of its cluster', id)),
    ...mine
      .filter(each => !there.has(each.networkId) && (each.required || said.has(each.networkId)))
      .map(each => say('network.missing_on_host', each.name, 'the host does not have it', each.networkId)),
  ]
}

function tasks(facts: Facts, undoing: ReadonlySet<string>, { tasks: all, at }: HostInventory, say: Say): Finding[] {
  const wanted = (id: string) => facts.tasks.has(id) || undoing.has(id)
  return [
    ...all.running
      .filter(task => !wanted(task.id))
      .map(task => say('task.running_for_nobody', `task ${task.id}`, `${task.kind} is running`)),
    ...all.unacknowledged
      .filter(task => !wanted(task.id) && task.endedAt < at - patienceMs)
      .map(task => say('task.unacknowledged', `task ${task.id}`, `${task.kind} has ended`)),
    ...all.acknowledgedRunning.map(task =>
      say('task.acknowledged_running', `task ${task.id}`, `${task.kind} is acknowledged and has no end`),
    ),
  ]
}

function consoles({ consoles: all, domains, at }: HostInventory, say: Say): Finding[] {
  const there = new Set(domains.map(domain => domain.runId))
  return all
    .filter(each => each.expiresAt < at - patienceMs || !there.has(each.runId))
    .map(each => say('console.open_too_long', `run ${each.runId}`, `a ${each.mode} console is open`))
}

/** Volumes are read once for each domain, by one host that reaches it. */
function volumes(facts: Facts, inventories: ReadonlyMap<string, HostInventory>): Finding[] {
  const findings: Finding[] = []
  for (const domain of facts.domains) {
    const inventory = domain.readerId === null ? undefined : inventories.get(domain.readerId)
    if (inventory === undefined || domain.type !== 'data' || domain.status !== 'active') continue
    if (!inventory.storage.some(each => each.storageDomainId === domain.id)) continue
    const there = new Map(
      inventory.volumes.filter(v => v.volume.storageDomainId === domain.id).map(v => [v.volume.imageId, v]),
    )
    const disks = facts.disks.filter(disk => disk.storageDomainId === domain.id)
    const memory = facts.memory.filter(each => each.storageDomainId === domain.id)
    const known = new Set([...disks, ...memory, ...facts.spentMemory].map(each => each.imageId))
    const say = (invariant: Invariant, subject: string, found: string, ...about: string[]): void =>
      void findings.push({ invariant, subject, found, about: [...about, domain.id] })
    for (const [imageId, { purpose }] of there)
      if (!known.has(imageId))
        say('volume.without_row', `image ${imageId}`, `a volume (${purpose}) lies on ${domain.name}`, imageId)
    for (const { vmId, vmName, imageId } of memory)
      if (!there.has(imageId)) say('memory.without_volume', `VM ${vmName}`, `not on ${domain.name}`, vmId, imageId)
    for (const disk of disks.filter(each => each.status === 'ok')) {
      const volume = there.get(disk.imageId)
      const subject = `disk ${disk.id}`
      const about = [disk.id, disk.imageId] as const
      if (volume === undefined)
        say('disk.without_volume', subject, `${disk.alias} has no volume on ${domain.name}`, ...about)
      else if (!volume.legal) say('volume.illegal', subject, `the content of ${disk.alias} is not verified`, ...about)
      else if (volume.capacity < disk.capacity)
        say('volume.too_small', subject, `${volume.capacity} bytes instead of ${disk.capacity}`, ...about)
    }
  }
  return findings
}

function tickets(facts: Facts, looked: readonly { host: HostFact; inventory: HostInventory }[]): Finding[] {
  const open = new Map(facts.transfers.map(each => [each.ticket, each]))
  const there = new Set(looked.flatMap(({ inventory }) => inventory.imageTickets.map(each => each.hash)))
  const seen = new Set(looked.map(({ host }) => host.id))
  return [
    ...looked.flatMap(({ host, inventory }) =>
      inventory.imageTickets
        .filter(each => !open.has(each.hash))
        .map(({ hash, volume }) => ({
          invariant: 'image_ticket.without_transfer' as const,
          subject: `ticket ${hash.slice(0, 12)}`,
          found: `it opens volume ${volume.volumeId}`,
          about: [volume.imageId],
          host: { id: host.id, name: host.name },
        })),
    ),
    ...facts.transfers
      .filter(t => t.phase === 'transferring' && t.settled && t.hostId !== null && seen.has(t.hostId))
      .filter(t => !there.has(t.ticket))
      .map(t => ({
        invariant: 'transfer.without_ticket' as const,
        subject: `transfer ${t.id}`,
        found: 'its host has no ticket for it',
        about: [t.id, t.diskId],
      })),
  ]
}
