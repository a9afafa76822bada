/**
 * A connection that comes back. When the daemon restarts, the session dials again, registers the events again that
 * somebody listens to, and tells its listeners that there was a gap in which events were lost. Calls that were in flight
 * reject: whether they took effect is unknown, so nothing is ever repeated on its own.
 */
import { type BackoffOptions, backoffMs, pause } from './backoff.ts'
import type { CallOptions, Connection } from './connection.ts'
import { LibvirtConnectionError } from './errors.ts'
import { type EventName, type EventPayloads, EventRegistry, type Subscription } from './events.ts'
import { type OpenOptions, openConnection } from './handshake.ts'
import type { CallArgs, CallRet, ProcedureName } from './procedures.ts'
import type { LibvirtStream, StreamOptions } from './stream.ts'

export interface SessionOptions extends OpenOptions {
  /** Dial again when the connection is lost. `false`: stay closed. Default: back off from 100 ms to 5 s. */
  reconnect?: BackoffOptions | false
  /** What a call does while there is no connection: reject at once, or wait for the next one. Default: `fail`. */
  whileDown?: 'fail' | 'wait'
}

/**
 * - `up`: connected;
 * - `down`: lost, being dialled again;
 * - `closed`: over, by `close()` or because reconnecting is off.
 */
export type SessionState = 'up' | 'down' | 'closed'

/** The time without a connection: events that happened in it were not seen, so look at everything again. */
export interface Gap {
  /** Why the connection before was lost. */
  reason: LibvirtConnectionError
  /** When it was lost and when the new one was ready. */
  from: Date
  to: Date
}

export interface StateChange {
  state: SessionState
  /** Why, for `down` and `closed`. */
  reason?: LibvirtConnectionError
  /** For `up` after `down`. */
  gap?: Gap
}

export class Session {
  readonly #options: SessionOptions
  readonly #events = new EventRegistry()
  readonly #stateListeners = new Set<(change: StateChange) => void>()
  readonly #closing = new AbortController()
  #connection: Connection | null = null
  #state: SessionState = 'down'
  #reason: LibvirtConnectionError | null = null
  /** Why the latest attempt to come back failed; for the message of calls that find no connection. */
  #lastFailure: unknown = null
  #waiters = new Set<() => void>()
  /** The run of attempts to come back, so that close() can wait for it. */
  #recovery: Promise<void> = Promise.resolve()

  /** Opens the first connection; fails when that fails, however `reconnect` is set. */
  static async open(options: SessionOptions = {}, signal?: AbortSignal): Promise<Session> {
    const session = new Session(options)
    session.#adopt(await openConnection(options, signal))
    session.#enter({ state: 'up' })
    return session
  }

  private constructor(options: SessionOptions) {
    this.#options = options
  }

  get state(): SessionState {
    return this.#state
  }

  /** Calls a procedure on the current connection. */
  async call<N extends ProcedureName>(name: N, args: CallArgs<N>, options: CallOptions = {}): Promise<CallRet<N>> {
    const connection = await this.#current(name, options.signal)
    return connection.call(name, args, options)
  }

  /**
   * Runs `use` with a second connection to the same driver and closes it afterwards: for calls that take long and must
   * not take places from others.
   */
  async apart<T>(use: (connection: Connection) => Promise<T>, options: CallOptions = {}): Promise<T> {
    await this.#current('connectOpen', options.signal)
    const connection = await openConnection(this.#options, options.signal)
    try {
      return await use(connection)
    } finally {
      await connection.close()
    }
  }

  /**
   * Opens a stream on a connection of its own, which closes with it: a slow reader then holds up nobody else, and the
   * socket's own flow control reaches to the daemon. That connection has no keepalive, since a paused reader could not
   * answer.
   */
  async stream<N extends ProcedureName>(
    name: N,
    args: CallArgs<N>,
    options: CallOptions & StreamOptions = {},
  ): Promise<{ ret: CallRet<N>; stream: LibvirtStream }> {
    await this.#current(name, options.signal)
    const connection = await openConnection({ ...this.#options, keepalive: false }, options.signal)
    try {
      const opened = await connection.stream(name, args, { overflow: 'pause', ...options })
      opened.stream.once('close', () => void connection.close())
      return opened
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /**
   * Listens to an event. Resolves once the daemon has confirmed, so that nothing that happens afterwards is missed.
   */
  async on<E extends EventName>(
    event: E,
    listener: (payload: EventPayloads[E]) => void,
    options: CallOptions = {},
  ): Promise<Subscription> {
    const connection = await this.#current('connectDomainEventCallbackRegisterAny', options.signal)
    return this.#events.add(connection, event, listener, options.signal)
  }

  /** Listens to the connection going and coming. The function returned stops it. */
  onState(listener: (change: StateChange) => void): () => void {
    this.#stateListeners.add(listener)
    return () => void this.#stateListeners.delete(listener)
  }

  /** Closes for good. Never rejects. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    const reason = new LibvirtConnectionError('closed', 'the connection to libvirt was closed')
    this.#closing.abort(reason)
    const connection = this.#connection
    this.#connection = null
    this.#enter({ state: 'closed', reason })
    await connection?.close()
    await this.#recovery
  }

  async #current(procedure: ProcedureName, signal?: AbortSignal): Promise<Connection> {
    for (;;) {
      const connection = this.#connection
      if (connection && !connection.endReason) return connection
      if (this.#state === 'closed' || this.#options.whileDown !== 'wait') {
        throw this.#absence(procedure, connection?.endReason)
      }
      await this.#nextChange(signal)
    }
  }

  /** What a call rejects with that finds no connection. */
  #absence(procedure: ProcedureName, endReason: LibvirtConnectionError | null | undefined): LibvirtConnectionError {
    const closed = this.#state === 'closed'
    const why = closed ? (this.#reason ?? endReason) : (this.#lastFailure ?? this.#reason ?? endReason)
    const because = why instanceof Error ? why.message : 'there is no connection to libvirt'
    return new LibvirtConnectionError(closed ? 'closed' : 'lost', `${procedure} was not sent: ${because}`, {
      procedure,
      cause: why,
    })
  }

  #nextChange(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = (): void => {
        this.#waiters.delete(done)
        reject(signal?.reason)
      }
      const done = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      this.#waiters.add(done)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  #adopt(connection: Connection): void {
    this.#connection = connection
    this.#lastFailure = null
    connection.onEvent((name, body) => this.#events.deliver(name, body))
    void connection.ended.then(reason => {
      if (this.#connection !== connection) return
      this.#connection = null
      if (this.#options.reconnect === false) return this.#enter({ state: 'closed', reason })
      this.#enter({ state: 'down', reason })
      this.#recovery = this.#recover(reason)
    })
  }

  /** Never rejects: every failure leads to the next attempt until the session is closed. */
  async #recover(reason: LibvirtConnectionError): Promise<void> {
    const from = new Date()
    const backoff = this.#options.reconnect || {}
    const closing = this.#closing.signal
    for (let attempt = 0; !closing.aborted; attempt++) {
      await pause(backoffMs(attempt, backoff), closing)
      if (closing.aborted) return
      let connection: Connection | undefined
      try {
        connection = await openConnection(this.#options, closing)
        const fresh = connection
        // Listening comes before registering: the daemon may send the first event before it confirms.
        const stop = fresh.onEvent((name, body) => this.#events.deliver(name, body))
        await this.#events.restore(fresh)
        stop()
        if (fresh.endReason) continue
        this.#adopt(fresh)
        this.#enter({ state: 'up', gap: { reason, from, to: new Date() } })
        return
      } catch (error) {
        // The daemon is still starting, or went away again, or now refuses us: whichever it is, calls can tell.
        this.#lastFailure = error
        await connection?.close()
      }
    }
  }

  #enter(change: StateChange): void {
    this.#state = change.state
    this.#reason = change.reason ?? null
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const wake of waiters) wake()
    for (const listener of [...this.#stateListeners]) listener(change)
  }
}
