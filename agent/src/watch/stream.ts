import type { ServerResponse } from 'node:http'
import type { WatchLine } from '@rookery/protocol'
import type { WatchHub } from './hub.ts'

/** A reader that has this many bytes waiting is cut: it comes back and gets a listing, which is always enough. */
export const slowReaderBytes = 8 * 1024 * 1024

/** Writes the watch into an answer until the reader goes, or is too slow to keep. */
export function streamWatch(hub: WatchHub, res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  const end = hub.watch({
    send(line: WatchLine) {
      if (res.destroyed) return
      res.write(`${JSON.stringify(line)}\n`)
      if (res.writableLength > slowReaderBytes) res.destroy()
    },
  })
  res.once('close', end)
}
