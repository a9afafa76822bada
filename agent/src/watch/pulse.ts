import type { Logger } from 'pino'
import type { Hypervisor } from '../domain/hypervisor.ts'
import type { Observer } from '../domain/observer.ts'
import { HostMeter } from './host-stats.ts'
import type { WatchHub } from './hub.ts'
import { RunMeter } from './run-stats.ts'

/** What the pulse needs. */
export interface PulseParts {
  readonly hub: WatchHub
  readonly hypervisor: Hypervisor
  readonly observer: Observer
  readonly timing: { readonly heartbeatMs: number; readonly statsMs: number }
  readonly log: Logger
}

/** Starts heartbeats and statistics; the function returned ends them. Statistics are gathered only while somebody watches. */
export function startPulse({ hub, hypervisor, observer, timing, log }: PulseParts): () => void {
  const host = new HostMeter()
  const runs = new RunMeter()
  let busy = false
  const measure = async () => {
    const all = observer.all()
    // The host is worth reporting while libvirt is away.
    const counters = hypervisor.up && all.length > 0 ? await hypervisor.stats() : new Map()
    hub.stats(Date.now(), host.read(), runs.read(all, counters, performance.now()))
  }
  const heartbeat = setInterval(() => hub.heartbeat(Date.now()), timing.heartbeatMs)
  const stats = setInterval(() => {
    if (busy || hub.watchers === 0) return
    busy = true
    measure()
      .catch(error => log.warn({ err: error }, 'statistics could not be read'))
      .finally(() => {
        busy = false
      })
  }, timing.statsMs)
  return () => {
    clearInterval(heartbeat)
    clearInterval(stats)
  }
}
