import { attendance } from '../api/attended.ts'
import { type Message, sseReader } from './sse.ts'

/** How long a stream may be silent (ms); the engine sends a comment every 15 s. */
const longestSilence = 40_000

/** What a stream tells while it lives. */
export interface StreamEvents {
  /** The engine accepted; from now on nothing is missed. */
  opened(): void
  /** Anything came, a comment too. */
  heard(): void
  message(message: Message): void
}

/** Why a stream is over: the session is, or it broke and may be tried again. */
export type StreamEnd = 'signed-out' | 'broken'

/** Follows `GET /api/events` from `lastId` on (empty: from now) until it ends, breaks, or stays silent. Never throws. */
export async function follow(lastId: string, on: StreamEvents, signal: AbortSignal): Promise<StreamEnd> {
  const broken = new AbortController()
  const stop = () => broken.abort()
  signal.addEventListener('abort', stop, { once: true })
  window.addEventListener('offline', stop, { once: true })
  let silence = window.setTimeout(stop, longestSilence)
  try {
    const response = await fetch('/api/events', {
      headers: { accept: 'text/event-stream', ...attendance(), ...(lastId === '' ? {} : { 'last-event-id': lastId }) },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: broken.signal,
    })
    if (response.status === 401) return 'signed-out'
    if (!response.ok || response.body === null) return 'broken'
    on.opened()
    const read = sseReader(message => on.message(message))
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return 'broken'
      window.clearTimeout(silence)
      silence = window.setTimeout(stop, longestSilence)
      on.heard()
      read(value)
    }
  } catch {
    return 'broken'
  } finally {
    window.clearTimeout(silence)
    signal.removeEventListener('abort', stop)
    window.removeEventListener('offline', stop)
    broken.abort()
  }
}
