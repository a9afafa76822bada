import { createServer } from 'node:net'

/** Why an address cannot be listened at, by the system's code (EADDRINUSE, EADDRNOTAVAIL, EACCES …); undefined when it can. */
export function whyNotListen(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** `wanted` when it is free at `host` and not in `not`, else one the system gives. */
export async function freePort(host: string, wanted: number, not: readonly number[] = []): Promise<number> {
  if (!not.includes(wanted) && (await whyNotListen(host, wanted)) === undefined) return wanted
  for (;;) {
    const port = await anyPort(host)
    if (!not.includes(port)) return port
  }
}

function anyPort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port: 0, exclusive: true }, () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
