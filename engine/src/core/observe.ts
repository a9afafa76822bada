import { toErrorRecord } from '@rookery/model'

/** One finished call, for metrics. */
export interface Observation {
  what: 'operation' | 'query' | 'step' | 'request' | 'reconcile'
  name: string
  seconds: number
  /** `ok`, or the kind of the error. */
  outcome: string
}

/** Everyone who wants to know; `http/metrics.ts` is one. */
export const observers = new Set<(observation: Observation) => void>()

/** Starts the watch; call the result at the end, with the error if there was one. */
export function observed(what: Observation['what'], name: string): (error?: unknown) => void {
  const start = performance.now()
  return error => {
    const outcome = error === undefined ? 'ok' : toErrorRecord(error).kind
    for (const tell of observers) tell({ what, name, seconds: (performance.now() - start) / 1000, outcome })
  }
}
