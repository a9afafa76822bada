import { follow } from './stream.ts'
import type { Change, News } from './touched.ts'

/** Whether what is shown is true now. `heardAt` is when the engine was last known to answer (epoch ms). */
export interface LiveState {
  phase: 'connecting' | 'live' | 'broken'
  heardAt: number
}

/** What tabs of one browser tell each other. */
type Post =
  | { type: 'news'; news: News; id: string }
  | { type: 'state'; state: LiveState; id: string }
  | { type: 'ask-state' }
  | { type: 'signed-out' }

interface Listener {
  news(news: News): void
  state(state: LiveState): void
  signedOut(): void
}

const channelName = 'rookery-live'
const lockName = 'rookery-live-leader'
/** The engine says at least that often that it lives (ms, with some room). */
const heartbeat = 20_000

/**
 * The live layer of a browser: one of its tabs, the leader, follows the engine's stream and passes everything on. A browser has six
 * connections to a server, so a stream for each tab would leave none. The lock that elects the leader is let go by the browser
 * when the tab closes; the next one resumes from the last id that all tabs heard.
 */
export class LiveHub {
  readonly #listener: Listener
  readonly #channel = new BroadcastChannel(channelName)
  readonly #stop = new AbortController()
  #state: LiveState = { phase: 'connecting', heardAt: Date.now() }
  #lastId = ''
  #leading = false
  #byteAt = Date.now()
  #wake: (() => void) | undefined

  constructor(listener: Listener) {
    this.#listener = listener
  }

  start(): void {
    this.#channel.addEventListener('message', event => this.#heard(event.data as Post))
    this.#channel.postMessage({ type: 'ask-state' } satisfies Post)
    window.addEventListener('online', this.#again)
    const { signal } = this.#stop
    if (navigator.locks === undefined) void this.#lead(signal)
    else navigator.locks.request(lockName, { signal }, () => this.#lead(signal)).catch(() => {})
  }

  stop(): void {
    this.#stop.abort()
    this.#wake?.()
    window.removeEventListener('online', this.#again)
    this.#channel.close()
  }

  /** Tells the other tabs at once that the session is over. */
  tellSignedOut(): void {
    this.#channel.postMessage({ type: 'signed-out' } satisfies Post)
  }

  readonly #again = () => this.#wake?.()

  #heard(post: Post): void {
    if (post.type === 'signed-out') return this.#listener.signedOut()
    if (post.type === 'ask-state') {
      if (this.#leading) this.#post({ type: 'state', state: this.#state, id: this.#lastId })
      return
    }
    if (post.id !== '') this.#lastId = post.id
    if (post.type === 'news') this.#listener.news(post.news)
    else this.#setState(post.state)
  }

  #post(post: Post): void {
    if (!this.#stop.signal.aborted) this.#channel.postMessage(post)
  }

  #setState(state: LiveState): void {
    this.#state = state
    this.#listener.state(state)
  }

  #tellState(phase: LiveState['phase']): void {
    // What is shown was true until the stream broke; one that only fell silent broke when it did.
    const silent = Date.now() - this.#byteAt > heartbeat
    this.#setState({ phase, heardAt: phase === 'broken' && silent ? this.#byteAt : Date.now() })
    this.#post({ type: 'state', state: this.#state, id: this.#lastId })
  }

  #tellNews(news: News): void {
    this.#listener.news(news)
    this.#post({ type: 'news', news, id: this.#lastId })
  }

  async #lead(signal: AbortSignal): Promise<void> {
    this.#leading = true
    let wait = 0
    while (!signal.aborted) {
      const end = await follow(
        this.#lastId,
        {
          opened: () => {
            wait = 0
            this.#tellState('live')
          },
          heard: () => {
            this.#byteAt = Date.now()
          },
          message: ({ event, data, id }) => {
            if (id !== '') this.#lastId = id
            this.#state = { phase: 'live', heardAt: Date.now() }
            const news = newsOf(event, data)
            if (news !== undefined) this.#tellNews(news)
          },
        },
        signal,
      )
      if (signal.aborted) break
      if (end === 'signed-out') {
        this.#post({ type: 'signed-out' })
        this.#listener.signedOut()
        break
      }
      if (this.#state.phase !== 'broken') this.#tellState('broken')
      // A stream that had opened is asked for again at once: then it says whether the session is over.
      await this.#pause(wait)
      wait = Math.min(Math.max(wait * 2, 250), 4000)
    }
    this.#leading = false
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** What a message of the stream means to the pages. `hello`: the stream begins now, and what was read before may be old. */
function newsOf(event: string, data: string): News | undefined {
  if (event === 'stats' || event === 'events') return { type: event }
  if (event === 'reset' || event === 'hello') return { type: 'reset' }
  if (event !== 'change') return undefined
  return { type: 'change', changes: (JSON.parse(data) as { changes: Change[] }).changes }
}
