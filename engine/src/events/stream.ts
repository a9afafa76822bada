import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Actor } from '../core/ctx.ts'
import type { Logger } from '../core/log.ts'
import type { Db, Notifications } from '../db/index.ts'
import { peekSession } from '../identity/sessions.ts'
import { type ChangeRow, type Cursor, changesSince, currentCursor, isCursor, tellable } from './changes.ts'

interface Listener {
  tell(changes: readonly ChangeRow[], cursor: Cursor, lost: boolean): Promise<void>
}

/** Changes are read at most once in this time; the first after a silence at once. */
const gatherMs = 25
const pollMs = 3000
const heartbeatMs = 15_000
/** Pages are told at most this often that numbers moved. */
const statsMs = 2000
const eventsMs = 200
/** A client that does not read is dropped when so much waits for it; it resumes by its cursor. */
const mostWaiting = 1 << 20

/**
 * Feeds live pages: one reader of the change table per engine, and a stream for each page that is told only *which* entities
 * have *which* version now, and only those that its asker may see.
 */
export class ChangeFeed {
  readonly #db: Db
  readonly #notifications: Notifications
  readonly #log: Logger
  readonly #listeners = new Set<Listener>()
  readonly #ears: (() => void)[] = []
  #cursor: Cursor | undefined
  #timer: NodeJS.Timeout | undefined
  #poll: NodeJS.Timeout | undefined
  #reading: Promise<void> | undefined
  #lastRead = 0

  constructor(db: Db, notifications: Notifications, log: Logger) {
    this.#db = db
    this.#notifications = notifications
    this.#log = log
  }

  start(): void {
    this.#ears.push(this.#notifications.on('change', () => this.#soon()))
    this.#poll = setInterval(() => this.#soon(), pollMs).unref()
  }

  async stop(): Promise<void> {
    for (const deaf of this.#ears) deaf()
    clearTimeout(this.#timer)
    clearInterval(this.#poll)
    await this.#reading
  }

  /** Open streams. */
  get size(): number {
    return this.#listeners.size
  }

  async add(listener: Listener): Promise<Cursor> {
    // Whoever joins later is told from the common cursor on; without others there is none yet.
    this.#cursor ??= await currentCursor(this.#db.sql)
    this.#listeners.add(listener)
    return this.#cursor
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size === 0) this.#cursor = undefined
  }

  #soon(): void {
    if (this.#listeners.size === 0 || this.#timer !== undefined) return
    const wait = Math.max(0, this.#lastRead + gatherMs - performance.now())
    this.#timer = setTimeout(() => {
      this.#lastRead = performance.now()
      this.#reading = (this.#reading ?? Promise.resolve()).then(async () => {
        this.#timer = undefined
        await this.#read().catch((error: unknown) => this.#log.warn({ err: error }, 'changes could not be read'))
      })
    }, wait)
  }

  async #read(): Promise<void> {
    if (this.#cursor === undefined) return
    const { changes, cursor, lost } = await changesSince(this.#db.sql, this.#cursor)
    this.#cursor = cursor
    if (changes.length === 0 && !lost) return
    await Promise.all([...this.#listeners].map(listener => listener.tell(changes, cursor, lost)))
  }
}

/** What a stream needs of its engine. */
export interface StreamDeps {
  db: Db
  feed: ChangeFeed
  notifications: Notifications
  stopping: AbortSignal
  log: Logger
}

/**
 * Answers `GET /api/events`: server-sent events `change` (`{ changes: [{ kind, id, version?, gone? }] }`) and `reset` (look at
 * everything again), resumed by `Last-Event-ID`; `stats` when numbers moved and `events` when history grew: without ids, so they
 * tell nobody of what others have. It ends within a second when its session does.
 */
export async function streamChanges(
  deps: StreamDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: Actor,
): Promise<void> {
  const { db, feed, notifications, log } = deps
  const sessionId = actor.sessionId ?? ''
  let who = actor
  let over = false
  const raw = reply.raw
  reply.hijack()
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  })

  const undo: (() => void)[] = []
  const end = () => {
    if (over) return
    over = true
    for (const step of undo) step()
    raw.end()
  }
  const send = (event: string, id: Cursor, data: unknown) => {
    if (over) return
    raw.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`)
    if (raw.writableLength > mostWaiting) raw.destroy()
  }

  let expiry: NodeJS.Timeout | undefined
  /** The session may be over, or its user may see other things by now. */
  const look = async () => {
    const session = await peekSession(db, sessionId)
    if (session === undefined) return end()
    who = session.actor
    clearTimeout(expiry)
    expiry = setTimeout(again, Math.min(Math.max(session.expiresAt.getTime() - Date.now(), 0) + 50, 3_600_000))
  }
  const again = () => {
    look().catch((error: unknown) => {
      log.warn({ err: error }, 'a stream could not look at its session')
      end()
    })
  }

  const listener: Listener = {
    async tell(changes, cursor, lost) {
      if (over) return
      if (lost) return send('reset', cursor, {})
      const messages = await tellable(db.sql, who, changes)
      if (messages.length > 0) send('change', cursor, { changes: messages })
    },
  }
  /** Says that something moved, not what and not to whom it belongs; at most every so many milliseconds. */
  const nudge = (event: string, ms: number) => {
    let timer: NodeJS.Timeout | undefined
    let at = 0
    undo.push(() => clearTimeout(timer))
    return () => {
      timer ??= setTimeout(
        () => {
          timer = undefined
          at = Date.now()
          if (!over) raw.write(`event: ${event}\ndata: {}\n\n`)
        },
        Math.max(0, at + ms - Date.now()),
      )
    }
  }
  const heartbeat = setInterval(() => raw.write(': alive\n\n'), heartbeatMs)
  undo.push(
    () => clearInterval(heartbeat),
    () => clearTimeout(expiry),
    notifications.on('stats', nudge('stats', statsMs)),
    notifications.on('event-numbered', nudge('events', eventsMs)),
    () => feed.remove(listener),
    notifications.on('session-end', id => {
      if (id === sessionId) end()
      else if (id === '*') again()
    }),
    notifications.on('change', kind => {
      if (['permission', 'role', 'user'].includes(kind)) again()
    }),
  )
  deps.stopping.addEventListener('abort', end, { once: true })
  undo.push(() => deps.stopping.removeEventListener('abort', end))
  raw.on('close', end)
  raw.on('error', end)

  try {
    await look()
    if (over) return
    const cursor = await feed.add(listener)
    if (over) return feed.remove(listener)
    const last = request.headers['last-event-id']
    if (typeof last !== 'string' || last === '') send('hello', cursor, {})
    else if (!isCursor(last)) send('reset', cursor, {})
    else await catchUp(deps, last, listener)
  } catch (error) {
    log.warn({ err: error }, 'a stream of changes failed')
    end()
  }
}

async function catchUp(deps: StreamDeps, last: Cursor, listener: Listener): Promise<void> {
  const { changes, cursor, lost } = await changesSince(deps.db.sql, last)
  await listener.tell(changes, cursor, lost)
}
