import type { Query, QueryClient } from '@tanstack/react-query'
import { type News, touched } from './touched.ts'

/** A query on screen is asked again at most this often (ms); the first time at once. */
const breath = 400

/**
 * Turns news into new answers: what is on screen is asked again, what is not is marked old. The only place where cached answers go
 * stale, so that no page polls and none is forgotten.
 */
export class Refresher {
  readonly #client: QueryClient
  readonly #lastAt = new Map<string, number>()
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()

  constructor(client: QueryClient) {
    this.#client = client
  }

  apply(news: News): void {
    for (const query of this.#client.getQueryCache().getAll()) {
      const [how, name, input] = query.queryKey as [string, string, unknown]
      if (how !== 'ask' || !touched(name, input, news)) continue
      if (query.isActive()) this.#soon(query)
      else query.invalidate()
    }
  }

  /** After an outage: what failed meanwhile is asked again. */
  retryFailed(): void {
    for (const query of this.#client.getQueryCache().getAll())
      if (query.isActive() && query.state.status === 'error') this.#soon(query)
  }

  #soon(query: Query): void {
    const { queryHash } = query
    if (this.#timers.has(queryHash)) return
    const since = Date.now() - (this.#lastAt.get(queryHash) ?? 0)
    if (since >= breath && query.state.fetchStatus === 'idle') return this.#now(query)
    // An answer under way may have been read before the change: it is let through, and asked again after it.
    this.#timers.set(
      queryHash,
      setTimeout(
        () => {
          this.#timers.delete(queryHash)
          if (query.state.fetchStatus === 'idle') this.#now(query)
          else this.#soon(query)
        },
        Math.max(breath - since, 50),
      ),
    )
  }

  #now(query: Query): void {
    this.#lastAt.set(query.queryHash, Date.now())
    if (query.isActive()) void this.#client.refetchQueries({ queryKey: query.queryKey, exact: true })
    else query.invalidate()
  }
}
