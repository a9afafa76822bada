import { type ApiError, toApiError } from '../api/error.ts'
import { store } from '../live/store.ts'

/** What a console shows beside, or in place of, the picture. */
export type ConsoleState =
  /** `ticket`: asking the engine; `host`: the host opens the console; `picture`: the guest's side answers. */
  | { phase: 'connecting'; step: 'ticket' | 'host' | 'picture' }
  | { phase: 'open' }
  /** The VM does not run, so there is nothing to show. */
  | { phase: 'asleep' }
  /** The connection went; it is tried again at `retryAt` (epoch ms). `ended`: the guest's side closed it. */
  | { phase: 'lost'; why: 'ended' | 'broken'; retryAt: number }
  | { phase: 'refused'; error: ApiError }
  /** The session of the user is over. */
  | { phase: 'over' }

/** What a display says of itself while it uses a socket. */
export interface DisplayHooks {
  /** The picture, or the line, is there. */
  ready(): void
}

/** What a console needs of the world; tests put their own. */
export interface ConsoleDeps {
  /** Takes a ticket; throws an ApiError. */
  ticket(): Promise<string>
  /** Opens the engine's WebSocket. */
  socket(ticket: string): WebSocket
  /** Hands the socket to the display, which draws until it closes; returns what takes the display off it. */
  attach(socket: WebSocket, hooks: DisplayHooks): () => void
  /** Resolves after so many ms (never, without), or when `signal` is aborted. */
  pause(ms: number | undefined, signal: AbortSignal): Promise<void>
  now(): number
}

/** First and longest pause before another try (ms). */
const firstPause = 500
const longestPause = 10_000
/** Close codes of the engine's WebSocket. */
const ended = 1000
const sessionOver = 4401

/** Refusals that only say that the VM does not run just now: the next try may find it running. */
const asleepCodes = ['vm.not_running', 'vm.console.not_allowed']

/**
 * A console that stays: it takes a ticket, connects, and when the connection ends (a guest's power cycle, a migration, an engine's
 * restart) it takes the next ticket, with growing pauses. It sleeps while the VM is off.
 */
export class ConsoleSession {
  readonly #deps: ConsoleDeps
  readonly #state = store<ConsoleState>({ phase: 'connecting', step: 'ticket' })
  #stopped = new AbortController()
  #awake: boolean
  #waiting = new AbortController()
  #socket: WebSocket | undefined

  constructor(deps: ConsoleDeps, awake: boolean) {
    this.#deps = deps
    this.#awake = awake
  }

  readonly subscribe = (listener: () => void) => this.#state.subscribe(listener)
  readonly get = (): ConsoleState => this.#state.get()

  /** Begins, also again after `stop`. */
  start(): void {
    this.#stopped = new AbortController()
    void this.#run(this.#stopped.signal)
  }

  /** It could not even begin. */
  refuse(error: ApiError): void {
    this.#state.set({ phase: 'refused', error })
  }

  stop(): void {
    this.#stopped.abort()
    this.retry()
    this.#socket?.close(ended)
  }

  /** Whether the VM runs, as the inventory knows. */
  setAwake(awake: boolean): void {
    if (awake === this.#awake) return
    this.#awake = awake
    this.retry()
  }

  /** Tries now, whatever it waits for. */
  retry(): void {
    this.#waiting.abort()
  }

  async #run(stopped: AbortSignal): Promise<void> {
    const wait = async (ms?: number) => {
      if (stopped.aborted) return
      this.#waiting = new AbortController()
      await this.#deps.pause(ms, this.#waiting.signal)
    }
    let pause = firstPause
    const lost = async (why: 'ended' | 'broken') => {
      this.#state.set({ phase: 'lost', why, retryAt: this.#deps.now() + pause })
      const ms = pause
      pause = Math.min(pause * 2, longestPause)
      await wait(ms)
    }
    while (!stopped.aborted) {
      if (!this.#awake) {
        this.#state.set({ phase: 'asleep' })
        await wait()
        continue
      }
      this.#state.set({ phase: 'connecting', step: 'ticket' })
      let ticket: string
      try {
        ticket = await this.#deps.ticket()
      } catch (thrown) {
        if (stopped.aborted) return
        const error = toApiError(thrown)
        if (error.kind === 'unauthenticated') {
          this.#state.set({ phase: 'over' })
          await wait()
        } else if (['unreachable', 'unavailable'].includes(error.kind) || asleepCodes.includes(error.code))
          await lost('broken')
        else {
          this.#state.set({ phase: 'refused', error })
          await wait()
        }
        continue
      }
      if (stopped.aborted) return
      const visit = await this.#visit(this.#deps.socket(ticket), stopped)
      if (stopped.aborted) return
      if (visit.code === sessionOver) {
        this.#state.set({ phase: 'over' })
        await wait()
        continue
      }
      if (visit.seen) pause = firstPause
      await lost(visit.code === ended ? 'ended' : 'broken')
    }
  }

  /** One connection, from the opening of the socket to its end. `seen`: there was a picture. */
  #visit(socket: WebSocket, stopped: AbortSignal): Promise<{ code: number; seen: boolean }> {
    this.#socket = socket
    this.#state.set({ phase: 'connecting', step: 'host' })
    socket.binaryType = 'arraybuffer'
    let seen = false
    socket.addEventListener('open', () => {
      if (!stopped.aborted) this.#state.set({ phase: 'connecting', step: 'picture' })
    })
    const detach = this.#deps.attach(socket, {
      ready: () => {
        seen = true
        if (!stopped.aborted) this.#state.set({ phase: 'open' })
      },
    })
    return new Promise(resolve => {
      socket.addEventListener('close', ({ code }) => {
        detach()
        if (!stopped.aborted) this.#socket = undefined
        resolve({ code, seen })
      })
    })
  }
}
