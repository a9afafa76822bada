import { createServer, type Server, type Socket } from 'node:net'
import { unavailable } from '@rookery/model'

/** Where viewers' ports are looked for: the range that people open for VNC in their firewalls. */
const firstPort = 5900
const lastPort = 6923

/** A port that waits for one visitor. */
export interface OneVisitor {
  readonly port: number
  /** When it closes by itself, epoch milliseconds. */
  readonly expiresAt: number
  close(): void
}

/**
 * Opens a TCP port for exactly one connection: it closes with the first one, or when the time is over, and says so. Throws `unavailable` when the
 * address is not this host's or no port is free.
 */
export async function listenOnce(
  address: string,
  lifetimeMs: number,
  visit: (socket: Socket) => void,
  closed: () => void = () => {},
): Promise<OneVisitor> {
  for (let port = firstPort; port <= lastPort; port++) {
    const server = await tryListen(address, port)
    if (server === null) continue
    const close = () => {
      clearTimeout(timer)
      server.close()
    }
    const timer = setTimeout(close, lifetimeMs)
    server.once('close', closed)
    server.once('connection', socket => {
      close()
      visit(socket)
    })
    return { port, expiresAt: Date.now() + lifetimeMs, close }
  }
  throw unavailable('console.no_port', `No port between ${firstPort} and ${lastPort} is free on ${address}.`)
}

/** Null: the port is taken. */
function tryListen(host: string, port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    // Waiting connections are not taken: one that comes in the same instant as the first is refused by its own right.
    const server = createServer({ pauseOnConnect: false })
    server.maxConnections = 1
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EADDRINUSE' || cause.code === 'EACCES') resolve(null)
      else reject(unavailable('console.address', `Viewers cannot be awaited on ${host}: ${cause.message}.`, { cause }))
    })
    server.listen({ host, port, exclusive: true }, () => resolve(server))
  })
}
