import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { conflict } from '@rookery/model'
import type { TaskOf, VolumeRef } from '@rookery/protocol'
import type { Logger } from 'pino'
import { syncFolder, writeState } from '../storage/files.ts'
import { KeyedQueue } from '../tasks/queue.ts'
import type { ImageBackend } from './backend.ts'
import { HttpError } from './http-error.ts'
import { endLeftover, type ProcessIdentity } from './qemu-nbd.ts'
import { createTicket, type Ticket, TicketRecord, type TicketStatus } from './ticket.ts'

/** An open image, and the process that serves it if there is one. */
export interface OpenImage {
  backend: ImageBackend
  server: ProcessIdentity | null
}

/** What tickets need of the rest. */
export interface TicketDeps {
  /** Folder of the journal, one file a ticket. */
  folder: string
  log: Logger
  /** Opens what a ticket serves. */
  open(terms: Ticket['terms'], hash: string): Promise<OpenImage>
  /** Seconds of a clock that never jumps. */
  clock(): number
  /** The boot of this host. */
  boot: string
}

/** The tickets of this host. */
export interface Tickets {
  /** Reads the journal of the agent's last life and ends the servers that it left; what was before the host's last boot is forgotten. */
  load(): Promise<void>
  /** Installs or renews a ticket. Throws `conflict` `ticket.exists` for the same ticket with other terms. */
  install(task: TaskOf<'image.ticket'>): Promise<TicketStatus>
  /** Whether this ticket is installed. */
  has(secret: string): boolean
  /** Ends a ticket: waits up to 60 s for running requests, flushes, forgets it. Content when unknown. */
  end(secret: string): Promise<void>
  status(secret: string): TicketStatus | null
  /** The ticket, if whoever knows it may do this now. Throws HttpError 403. */
  authorize(secret: string, op: 'read' | 'write'): Ticket
  /** The ticket's open image; opened by the first who asks, kept until the ticket ends. */
  image(ticket: Ticket): Promise<ImageBackend>
  hasWriter(ref: VolumeRef): boolean
  hasTicket(storageDomainId: string, imageId: string | null): boolean
  /** Every ticket that is installed, with the process that serves it if there is one. */
  all(): { hash: string; volume: VolumeRef; expired: boolean; server: number | null }[]
  /** Writes down what is worth remembering and closes images of expired tickets; called every few seconds. */
  tidy(): Promise<void>
  /** Closes everything; the tickets stay in the journal. */
  stop(): Promise<void>
}

/** How long an ending ticket waits for its requests, in milliseconds. */
const patience = 60_000

interface Installed {
  ticket: Ticket
  image: Promise<OpenImage> | null
  server: ProcessIdentity | null
  saved: string
  /** Ended: it is written down no more. */
  over: boolean
}

const hashOf = (secret: string): string => createHash('sha256').update(secret.toLowerCase()).digest('hex')

/** Keeps tickets in memory and in a journal. */
export function createTickets(deps: TicketDeps): Tickets {
  const installed = new Map<string, Installed>()
  const file = (hash: string) => `${deps.folder}/${hash}.json`

  // Changes of a ticket's file come one after the other: a write that overtook the removal would bring the ticket back in the next life.
  const files = new KeyedQueue()
  const inTurn = (hash: string, change: () => Promise<void>) => files.run({ waits: [hash], holds: [hash] }, change)

  const save = (entry: Installed): Promise<void> => inTurn(entry.ticket.hash, () => write(entry))
  const write = async (entry: Installed): Promise<void> => {
    if (entry.over) return
    const record = { ...entry.ticket.record(Date.now()), server: entry.server, boot: deps.boot }
    // The time left changes always; it is worth a write only together with something else.
    const { secondsLeft: _, writtenAt: __, ...essence } = record
    const text = JSON.stringify([essence, Math.floor(record.secondsLeft / 30)])
    if (text === entry.saved) return
    await writeState(file(entry.ticket.hash), record)
    entry.saved = text
  }

  const closeImage = async (entry: Installed): Promise<void> => {
    const opening = entry.image
    if (opening === null) return
    entry.image = null
    const image = await opening.catch(() => null) // whoever wanted it open was told why it did not
    if (image === null) return
    try {
      if (entry.ticket.terms.ops === 'write' && image.backend.alive) await image.backend.flush()
    } finally {
      await image.backend.close()
      entry.server = null
    }
  }

  const openImage = async (entry: Installed): Promise<OpenImage> => {
    const image = await deps.open(entry.ticket.terms, entry.ticket.hash)
    entry.server = image.server
    await save(entry)
    return image
  }

  return {
    async load() {
      await mkdir(deps.folder, { recursive: true, mode: 0o700 })
      for (const name of await readdir(deps.folder)) {
        const path = `${deps.folder}/${name}`
        try {
          const record = TicketRecord.parse(JSON.parse(await readFile(path, 'utf8')))
          if (`${record.hash}.json` !== name) throw new Error('the file is called otherwise than what is in it')
          // The engine took the end of the host for the end of its tickets; those that it still wants it installs again.
          if (record.boot !== undefined && record.boot !== deps.boot) {
            await rm(path, { force: true })
            continue
          }
          if (record.server !== null) await endLeftover(record.server)
          const away = Math.max(0, (Date.now() - record.writtenAt) / 1000)
          const left = Math.min(record.timeoutSeconds, Math.max(0, record.secondsLeft - away))
          const ticket = createTicket({ ...record, secondsLeft: left }, deps.clock)
          installed.set(record.hash, { ticket, image: null, server: null, saved: '', over: false })
        } catch (error) {
          deps.log.warn({ err: error, file: name }, 'a file in the ticket journal cannot be read and is removed')
          await rm(path, { force: true })
        }
      }
    },
    async install(task) {
      const hash = hashOf(task.ticket)
      const { volume, ops, format, serve, size, filename } = task
      const existing = installed.get(hash)
      if (existing !== undefined) {
        const { terms } = existing.ticket
        const same = {
          volume: terms.volume,
          ops: terms.ops,
          format: terms.format,
          serve: terms.serve,
          size: terms.size,
        }
        if (JSON.stringify(same) !== JSON.stringify({ volume, ops, format, serve, size }))
          throw conflict('ticket.exists', 'This ticket is installed here for something else.')
        if (existing.ticket.cancelled) throw conflict('ticket.ending', 'This ticket is being ended.')
        existing.ticket.renew(task.expiresInSeconds)
        existing.ticket.inactivityTimeoutSeconds = task.inactivityTimeoutSeconds
        await save(existing)
        return existing.ticket.status()
      }
      const ticket = createTicket(
        {
          hash,
          volume,
          ops,
          format,
          serve,
          size,
          filename,
          timeoutSeconds: task.expiresInSeconds,
          inactivityTimeoutSeconds: task.inactivityTimeoutSeconds,
          secondsLeft: task.expiresInSeconds,
          writtenAt: Date.now(),
          transferred: [],
          server: null,
        },
        deps.clock,
      )
      const entry: Installed = { ticket, image: null, server: null, saved: '', over: false }
      await save(entry)
      installed.set(hash, entry)
      return ticket.status()
    },
    has: secret => installed.has(hashOf(secret)),
    async end(secret) {
      const hash = hashOf(secret)
      const entry = installed.get(hash)
      if (entry === undefined) return
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<'late'>(resolve => {
        timer = setTimeout(() => resolve('late'), patience)
      })
      const outcome = await Promise.race([entry.ticket.cancel(), late])
      clearTimeout(timer)
      if (outcome === 'late')
        throw conflict('ticket.busy', 'A request of this transfer has been running for more than 60 s; try again.')
      await closeImage(entry)
      entry.over = true
      await inTurn(hash, async () => {
        await rm(file(hash), { force: true })
        await syncFolder(deps.folder)
      })
      installed.delete(hash)
    },
    status: secret => installed.get(hashOf(secret))?.ticket.status() ?? null,
    authorize(secret, op) {
      const entry = installed.get(hashOf(secret))
      if (entry === undefined) throw new HttpError(403, 'No such ticket')
      entry.ticket.authorize(op)
      return entry.ticket
    },
    async image(ticket) {
      const entry = installed.get(ticket.hash)
      if (entry === undefined) throw new HttpError(403, 'The transfer was cancelled')
      const current = entry.image
      if (current !== null && !(await current).backend.alive && entry.image === current) await closeImage(entry)
      // Asked here, after the waiting: nobody would close an image that is opened when the ticket has ended.
      if (ticket.cancelled) throw new HttpError(403, 'The transfer was cancelled')
      if (entry.image === null) {
        const opening = openImage(entry)
        entry.image = opening
        opening.catch(() => {
          if (entry.image === opening) entry.image = null // the next request tries again
        })
      }
      return (await entry.image).backend
    },
    hasWriter: ref =>
      [...installed.values()].some(
        ({ ticket: { terms } }) =>
          terms.ops === 'write' &&
          terms.volume.storageDomainId === ref.storageDomainId &&
          terms.volume.imageId === ref.imageId &&
          terms.volume.volumeId === ref.volumeId,
      ),
    hasTicket: (storageDomainId, imageId) =>
      [...installed.values()].some(
        ({ ticket: { terms } }) =>
          terms.volume.storageDomainId === storageDomainId && (imageId === null || terms.volume.imageId === imageId),
      ),
    all: () =>
      [...installed.values()].map(({ ticket, server }) => ({
        hash: ticket.hash,
        volume: ticket.terms.volume,
        expired: ticket.expired,
        server: server?.pid ?? null,
      })),
    async tidy() {
      for (const entry of installed.values()) {
        if (entry.ticket.expired) await closeImage(entry)
        await save(entry)
      }
    },
    async stop() {
      for (const entry of installed.values()) {
        await closeImage(entry)
        await save(entry)
      }
    },
  }
}
