import { unsupported } from '@rookery/model'
import type { TaskOf, TicketResult, VolumeRef } from '@rookery/protocol'
import type { SimHost } from '../host.ts'
import type { SharedDomain, Volume } from '../pool.ts'
import { Ranges } from './ranges.ts'

type TicketTask = TaskOf<'image.ticket'>

/** A ticket that lives. */
export interface Ticket {
  readonly task: TicketTask
  readonly host: SimHost
  readonly domain: SharedDomain
  readonly volume: Volume
  /** Epoch milliseconds; each finished request moves it on. */
  expiresAt: number
  /** Which bytes were moved. */
  readonly moved: Ranges
  /** Requests that run now. */
  active: number
  /** When the last request ended, or the ticket was opened. */
  idleSince: number
}

/** What of a ticket is journalled. */
export interface TicketRecord {
  task: TicketTask
  expiresAt: number
}

/** The image tickets of one host. */
export class ImageTickets {
  readonly #host: SimHost

  constructor(host: SimHost) {
    this.#host = host
  }

  /** Opens a ticket, or renews the time of one that lives. */
  open(task: TicketTask, domain: SharedDomain, volume: Volume): TicketResult {
    const { facts } = volume
    const { fleet } = this.#host
    // QEMU converts between a file's bytes and a guest's on the way; here they are kept as they came.
    const converts =
      facts.format === 'qcow2' && facts.holds !== 'new' && (facts.holds === 'guest') !== (task.serve === 'raw')
    if (task.ops === 'read' && converts)
      throw unsupported('simulator.convert', 'A simulated host does not convert between qcow2 and raw.')
    const now = fleet.clock.now()
    const before = fleet.tickets.get(task.ticket)
    this.restore({ task, expiresAt: now + task.expiresInSeconds * 1000 }, domain, volume)
    if (task.ops === 'write') {
      facts.legal = false
      fleet.pool.saveVolume(domain, volume)
    }
    const use = before ?? { moved: new Ranges(), active: 0, idleSince: now }
    return {
      url: `${fleet.imagesUrl}/images/${task.ticket}`,
      transferred: use.moved.total,
      active: use.active > 0,
      idleSeconds: use.active > 0 ? 0 : Math.floor((now - use.idleSince) / 1000),
    }
  }

  /** Puts a ticket back that the last process left. */
  restore(record: TicketRecord, domain: SharedDomain, volume: Volume): void {
    const { fleet, index } = this.#host
    const { ticket } = record.task
    const before = fleet.tickets.get(ticket)
    if (before?.host === this.#host) {
      before.expiresAt = record.expiresAt
    } else {
      const unused = { moved: new Ranges(), active: 0, idleSince: fleet.clock.now() }
      fleet.tickets.set(ticket, { ...record, host: this.#host, domain, volume, ...unused })
    }
    fleet.journal.put(`host/${index}/ticket/${ticket}`, record)
  }

  /** The ticket, if it lives. */
  find(id: string): Ticket | undefined {
    const ticket = this.#host.fleet.tickets.get(id)
    return ticket?.host === this.#host && alive(ticket) ? ticket : undefined
  }

  /** Ends a ticket; content with an unknown one. */
  end(id: string): void {
    const ticket = this.#host.fleet.tickets.get(id)
    if (ticket?.host !== this.#host) return
    ticket.volume.content.flush()
    this.#host.fleet.tickets.delete(id)
    this.#host.fleet.journal.delete(`host/${this.#host.index}/ticket/${id}`)
  }

  /** Ends every ticket of a volume. */
  endOf(volume: VolumeRef): void {
    for (const [id, ticket] of this.#host.fleet.tickets)
      if (ticket.task.volume.volumeId === volume.volumeId) ticket.host.images.end(id)
  }
}

/** Whether a ticket lives; one that has expired is ended. */
export function alive(ticket: Ticket): boolean {
  if (ticket.expiresAt > ticket.host.fleet.clock.now()) return true
  ticket.host.images.end(ticket.task.ticket)
  return false
}

/** A request begins; the function returned ends it, and the time begins anew. */
export function use(ticket: Ticket): () => void {
  const { clock } = ticket.host.fleet
  ticket.active++
  return () => {
    ticket.active--
    ticket.idleSince = clock.now()
    ticket.expiresAt = ticket.idleSince + ticket.task.expiresInSeconds * 1000
  }
}
