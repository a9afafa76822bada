/** Waiting times between attempts. */

export interface BackoffOptions {
  /** The first wait. Default: 100 ms. */
  minMs?: number
  /** No wait is longer. Default: 5000 ms. */
  maxMs?: number
}

/** The wait before attempt `attempt` (from 0): doubling, capped. */
export function backoffMs(attempt: number, { minMs = 100, maxMs = 5000 }: BackoffOptions = {}): number {
  return Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30))
}

/** Resolves after `ms` or when the signal aborts, whichever comes first. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
