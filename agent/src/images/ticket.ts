import { VolumeFormat, VolumeRef } from '@rookery/protocol'
import { z } from 'zod'
import { HttpError } from './http-error.ts'
import { Ranges } from './ranges.ts'

/** What is kept of a ticket on disk. The ticket itself is a secret and is kept as a hash only. */
export const TicketRecord = z.object({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  volume: VolumeRef,
  ops: z.enum(['read', 'write']),
  format: VolumeFormat,
  serve: z.enum(['volume', 'raw']),
  size: z.int().nonnegative(),
  timeoutSeconds: z.number(),
  inactivityTimeoutSeconds: z.number(),
  filename: z.string().nullable(),
  /** Seconds that were left when this was written, and when that was (epoch milliseconds). */
  secondsLeft: z.number(),
  writtenAt: z.number(),
  transferred: z.array(z.tuple([z.number(), z.number()])),
  /** The qemu-nbd that serves it, to be found after a restart. */
  server: z.object({ pid: z.int().positive(), startedAt: z.string() }).nullable(),
  /** The boot of the host in which this was written. */
  boot: z.string().optional(),
})
export type TicketRecord = z.infer<typeof TicketRecord>

/** The unchanging part of a ticket. */
export type TicketTerms = Pick<TicketRecord, 'volume' | 'ops' | 'format' | 'serve' | 'size' | 'filename'>

/** An operation in progress: the range it works on, and how far it is. */
export interface Operation {
  readonly offset: number
  done: number
}

/** How a ticket is used, for the engine. */
export interface TicketStatus {
  /** Bytes transferred so far, each counted once. */
  transferred: number
  /** Whether a request is running now. */
  active: boolean
  /** Whole seconds since the last operation ended; 0 while active. */
  idleSeconds: number
}

/** A ticket that is installed here. Times are seconds of a clock that never jumps. */
export interface Ticket {
  readonly hash: string
  readonly terms: TicketTerms
  inactivityTimeoutSeconds: number
  status(): TicketStatus
  /** Gives the ticket this many seconds from now, and so many after each operation. */
  renew(timeoutSeconds: number): void
  /** Counts as activity: the time begins anew. */
  touch(): void
  /** Throws HttpError 403 unless the ticket lives and allows this. Writing implies reading. */
  authorize(op: 'read' | 'write'): void
  /** Runs an operation: it counts as active, its progress as transferred. Throws HttpError 403 when cancelled meanwhile. */
  run<T>(offset: number, work: (operation: Operation) => Promise<T>): Promise<T>
  /** No operation begins any more; the running ones see `cancelled`. Resolves when they are over. */
  cancel(): Promise<void>
  /** Calls back when the ticket is cancelled; the function returned ends that. */
  onCancel(callback: () => void): () => void
  readonly cancelled: boolean
  readonly expired: boolean
  record(now: number): TicketRecord
}

/** A ticket from its terms, or from what a journal says. `clock` in seconds. */
export function createTicket(record: TicketRecord, clock: () => number): Ticket {
  const { hash, volume, ops, format, serve, size, filename } = record
  const transferred = new Ranges(record.transferred)
  const ongoing = new Set<Operation>()
  let timeout = record.timeoutSeconds
  let inactivity = record.inactivityTimeoutSeconds
  let expires = clock() + record.secondsLeft
  let lastUsed = clock()
  let cancelled = false
  let unused: (() => void) | null = null
  const cancelCallbacks = new Set<() => void>()

  const ticket: Ticket = {
    hash,
    terms: { volume, ops, format, serve, size, filename },
    get inactivityTimeoutSeconds() {
      return inactivity
    },
    set inactivityTimeoutSeconds(seconds) {
      inactivity = seconds
    },
    status() {
      const all = new Ranges(transferred.toJSON(Number.POSITIVE_INFINITY))
      for (const { offset, done } of ongoing) all.add(offset, offset + done)
      const active = ongoing.size > 0
      return { transferred: all.sum(), active, idleSeconds: active ? 0 : Math.max(0, Math.floor(clock() - lastUsed)) }
    },
    renew(seconds) {
      timeout = seconds
      expires = clock() + seconds
    },
    touch() {
      lastUsed = clock()
      expires = Math.max(expires, lastUsed + timeout)
    },
    authorize(op) {
      if (cancelled) throw new HttpError(403, 'The transfer was cancelled')
      if (ticket.expired) throw new HttpError(403, 'The ticket has expired')
      if (op === 'write' && ops !== 'write') throw new HttpError(403, 'The ticket does not allow writing')
    },
    async run(offset, work) {
      if (cancelled) throw new HttpError(403, 'The transfer was cancelled')
      const operation: Operation = { offset, done: 0 }
      ongoing.add(operation)
      try {
        const result = await work(operation)
        if (cancelled) throw new HttpError(403, 'The transfer was cancelled')
        return result
      } finally {
        ongoing.delete(operation)
        transferred.add(offset, offset + operation.done)
        ticket.touch()
        if (ongoing.size === 0) unused?.()
      }
    },
    async cancel() {
      cancelled = true
      for (const callback of cancelCallbacks) callback()
      if (ongoing.size > 0)
        await new Promise<void>(resolve => {
          unused = resolve
        })
    },
    onCancel(callback) {
      cancelCallbacks.add(callback)
      return () => cancelCallbacks.delete(callback)
    },
    get cancelled() {
      return cancelled
    },
    get expired() {
      return ongoing.size === 0 && clock() > expires
    },
    record: now => ({
      hash,
      volume,
      ops,
      format,
      serve,
      size,
      filename,
      timeoutSeconds: timeout,
      inactivityTimeoutSeconds: inactivity,
      secondsLeft: Math.max(0, expires - clock()),
      writtenAt: now,
      transferred: transferred.toJSON(),
      server: null,
    }),
  }
  return ticket
}
