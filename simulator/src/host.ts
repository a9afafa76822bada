import type { Duplex } from 'node:stream'
import { conflict, notFound, unavailable } from '@rookery/model'
import {
  type DomainSpec,
  type EndedRun,
  type HostFacts,
  type RunReport,
  rememberedEnds,
  type StorageReport,
  type VolumeRef,
  type WatchLine,
} from '@rookery/protocol'
import type { ConsoleTickets } from './console/tickets.ts'
import { hostFacts } from './facts.ts'
import type { Faults } from './faults.ts'
import type { Fleet } from './fleet.ts'
import type { ImageTickets } from './images/tickets.ts'
import type { Run } from './life.ts'
import type { SharedDomain, Volume } from './pool.ts'
import type { TaskTable } from './tasks/table.ts'

/** A logical network that is present on a host. */
export interface SimNetwork {
  networkId: string
  name: string
  mode: 'nat' | 'bridged' | 'isolated'
  mtu: number
}

/** How a run ended, and when (epoch milliseconds). */
export interface KeptEnd {
  ended: EndedRun
  at: number
}

/** What of a host is journalled as one record. */
export interface HostRecord {
  incarnation: number
  boot: number
  networks: SimNetwork[]
  connected: [storageDomainId: string, path: string][]
  epochs: [poolId: string, epoch: number][]
  /** Present: its power was switched off by a fence agent. */
  off?: true
}

/** The parts of a host that know the host themselves. */
export interface HostParts {
  tasks: TaskTable
  faults: Faults
  consoles: ConsoleTickets
  images: ImageTickets
}

/** One pretended host: what it remembers, and how it says so. */
export class SimHost {
  readonly index: number
  readonly fleet: Fleet
  readonly runs = new Map<string, Run>()
  readonly networks = new Map<string, SimNetwork>()
  /** How runs ended, the oldest first, by run id. */
  readonly ended = new Map<string, KeptEnd>()
  /** Connected storage domains: id to path. */
  readonly connected = new Map<string, string>()
  readonly epochs = new Map<string, number>()
  readonly watchers = new Set<(line: WatchLine) => void>()
  /** Connections that a request or a stream holds now; they break when the agent dies. */
  readonly sockets = new Set<Duplex>()
  readonly tasks: TaskTable
  readonly faults: Faults
  readonly consoles: ConsoleTickets
  readonly images: ImageTickets
  /** Nothing answers: the agent is dead, or the machine has no power. */
  dead = false
  /** Its power was switched off by a fence agent; it stays so until one switches it on. */
  off = false
  incarnation = 0
  boot = 0
  readonly startedAt: number
  #seq = 0

  constructor(index: number, fleet: Fleet, parts: (host: SimHost) => HostParts) {
    this.index = index
    this.fleet = fleet
    this.startedAt = fleet.clock.now()
    const { tasks, faults, consoles, images } = parts(this)
    this.tasks = tasks
    this.faults = faults
    this.consoles = consoles
    this.images = images
  }

  /** The agent starts: a new incarnation, and with `reboot` a new boot of the machine. */
  begin(reboot = false): void {
    this.incarnation++
    if (reboot) this.boot++
    this.#seq = 0
    this.dead = false
    this.save()
  }

  facts(): HostFacts {
    return hostFacts(this.fleet, this.index, this)
  }

  /** The next place in the order of reports. */
  next(): { incarnation: number; seq: number } {
    return { incarnation: this.incarnation, seq: ++this.#seq }
  }

  /** Says a line to everyone who watches. */
  tell(line: WatchLine): void {
    for (const watcher of this.watchers) watcher(line)
  }

  /** Everything there is, as the first line of a watch. */
  listing(): WatchLine {
    return {
      type: 'listing',
      ...this.next(),
      runs: [...this.runs.values()].map(r => r.report),
      ended: [...this.ended.values()]
        .filter(e => e.at >= this.fleet.clock.now() - rememberedEnds.ms && !this.runs.has(e.ended.runId))
        .map(e => e.ended),
      storage: this.storage(),
      networks: [...this.networks.keys()],
    }
  }

  /** Space and health of every connected domain. */
  storage(): StorageReport[] {
    return [...this.connected].map(([storageDomainId, path]) => {
      const domain = this.fleet.pool.at({ type: 'localfs', path })
      if (domain?.info.storageDomainId === storageDomainId) return this.fleet.pool.report(domain)
      return {
        storageDomainId,
        ok: false,
        detail: `${path}: no such storage domain`,
        available: 0,
        used: 0,
        files: null,
      }
    })
  }

  /** A connected domain. Throws `unavailable` when it is not connected here. */
  domain(storageDomainId: string): SharedDomain {
    const path = this.connected.get(storageDomainId)
    const domain = path === undefined ? undefined : this.fleet.pool.at({ type: 'localfs', path })
    if (domain?.info.storageDomainId !== storageDomainId)
      throw unavailable('storage.not_connected', 'The storage domain is not connected on this host.', {
        ref: { kind: 'storageDomain', id: storageDomainId },
      })
    return domain
  }

  /** A volume of a connected domain. */
  volume(ref: VolumeRef): Volume {
    return this.fleet.pool.volume(this.domain(ref.storageDomainId), ref)
  }

  /** The run, which must be there. */
  run(run: { vmId: string; runId: string }): Run {
    const found = this.runs.get(run.runId)
    if (found === undefined || found.spec.vmId !== run.vmId)
      throw notFound('vm.run_not_found', 'This run of the VM is not on this host (any more).', {
        ref: { kind: 'vm', id: run.vmId },
      })
    return found
  }

  /** Remembers the highest epoch of a pool; refuses an older one. */
  admitEpoch(spm: { poolId: string; epoch: number }): void {
    const known = this.epochs.get(spm.poolId) ?? 0
    if (spm.epoch < known)
      throw conflict('spm.stale_epoch', 'Another host has become storage manager since this was asked.', {
        detail: { asked: spm.epoch, known },
      })
    if (spm.epoch === known) return
    this.epochs.set(spm.poolId, spm.epoch)
    this.save()
  }

  /** Remembers how a run ended, for those who do not watch now. */
  keepEnd(ended: EndedRun): void {
    const { journal, clock } = this.fleet
    const kept = { ended, at: clock.now() }
    this.ended.delete(ended.runId)
    this.ended.set(ended.runId, kept)
    journal.put(`host/${this.index}/ended/${ended.runId}`, kept)
    for (const [runId, { at }] of this.ended) {
      if (this.ended.size <= rememberedEnds.count && at >= kept.at - rememberedEnds.ms) break
      this.ended.delete(runId)
      journal.delete(`host/${this.index}/ended/${runId}`)
    }
  }

  save(): void {
    if (!this.fleet.journal.durable) return
    const record: HostRecord = {
      incarnation: this.incarnation,
      boot: this.boot,
      networks: [...this.networks.values()],
      connected: [...this.connected],
      epochs: [...this.epochs],
      ...(this.off ? { off: true as const } : {}),
    }
    this.fleet.journal.put(`host/${this.index}`, record)
  }

  restore(record: HostRecord): void {
    this.incarnation = record.incarnation
    this.boot = record.boot
    this.off = record.off === true
    for (const network of record.networks) this.networks.set(network.networkId, network)
    for (const [id, path] of record.connected) this.connected.set(id, path)
    for (const [pool, epoch] of record.epochs) this.epochs.set(pool, epoch)
  }

  /** Breaks every connection, as the end of a process does. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy()
    this.sockets.clear()
  }
}

/** Runs of a VM on a host. */
export const runsOf = (host: SimHost, vmId: string): { report: RunReport; spec: DomainSpec }[] =>
  [...host.runs.values()].filter(r => r.spec.vmId === vmId)
