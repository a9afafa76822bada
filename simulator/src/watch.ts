import type { ServerResponse } from 'node:http'
import type { WatchLine } from '@rookery/protocol'
import type { Cancel } from './clock.ts'
import type { SimHost } from './host.ts'
import { stats, statsEveryMs } from './stats.ts'

/** Heartbeats come a little more often than the contract's 5 seconds, so that a reader never has to guess. */
const heartbeatMs = 4000
/** A reader that lets so many bytes pile up is cut; it starts again with a listing. */
const mostBehind = 8 * 1024 * 1024

/** Streams the watch of a host into a response until the reader goes. */
export function serveWatch(host: SimHost, res: ServerResponse): void {
  const { clock } = host.fleet
  const write = (line: WatchLine) => {
    if (host.faults.list().some(f => f.kind === 'silent')) return
    res.write(`${JSON.stringify(line)}\n`)
    if (res.writableLength > mostBehind) res.destroy()
  }
  let beat: Cancel | undefined
  let count: Cancel | undefined
  const toldStorage = new Map<string, string>()
  const heartbeat = () => {
    write({ type: 'heartbeat', at: clock.now() })
    beat = clock.after(heartbeatMs, heartbeat)
  }
  const statistics = () => {
    const now = clock.now()
    write({ type: 'stats', at: now, ...stats(host, now) })
    for (const storage of host.storage()) {
      const text = JSON.stringify(storage)
      if (toldStorage.get(storage.storageDomainId) !== text) write({ type: 'storage', ...host.next(), storage })
      toldStorage.set(storage.storageDomainId, text)
    }
    count = clock.after(statsEveryMs, statistics)
  }
  res.writeHead(200, { 'content-type': 'application/x-ndjson' })
  write(host.listing())
  host.watchers.add(write)
  beat = clock.after(heartbeatMs, heartbeat)
  // Spread over the interval: a fleet does not count all at once.
  count = clock.after(host.fleet.random.between(0, statsEveryMs, 'stats', host.index), statistics)
  res.once('close', () => {
    host.watchers.delete(write)
    beat?.()
    count?.()
  })
}
