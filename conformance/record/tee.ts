import { readFile } from 'node:fs/promises'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { freePort, type Instance } from '../harness/instance.ts'
import { type Message, messages } from './http-stream.ts'

/** A request and what answered it. */
export interface Exchange {
  readonly request: Message
  readonly response: Message
}

/** A recorder between clients and the engine. */
export interface Recorder {
  /** What clients use in place of the engine's address. */
  readonly origin: string
  /** Everything exchanged since the last call, in the order of the connections. */
  take(): Exchange[]
  close(): Promise<void>
}

/**
 * Listens with the engine's own certificate and passes every byte on unchanged in both directions, keeping a copy: clients
 * meet the engine as it is, faults of its HTTP included, and what they exchanged is taken apart afterwards.
 */
export async function startRecorder(instance: Instance): Promise<Recorder> {
  const [cert, key, ca] = await Promise.all(
    [instance.serverCert, instance.serverKey, instance.caFile].map(file => readFile(file, 'utf8')),
  )
  const engine = new URL(instance.origin)
  const port = await freePort()
  let connections: { sent: Buffer[]; got: Buffer[] }[] = []
  const open = new Set<TLSSocket>()

  const server = createServer({ cert, key, ALPNProtocols: ['http/1.1'] }, client => {
    const record: { sent: Buffer[]; got: Buffer[] } = { sent: [], got: [] }
    connections.push(record)
    const upstream = connect({ host: engine.hostname, port: Number(engine.port), ca, ALPNProtocols: ['http/1.1'] })
    for (const [from, to, copy] of [
      [client, upstream, record.sent],
      [upstream, client, record.got],
    ] as const) {
      open.add(from)
      from.on('data', (bytes: Buffer) => {
        copy.push(bytes)
        to.write(bytes)
      })
      from.on('end', () => to.end())
      // Whichever side goes away, the other must not wait.
      from.on('error', () => to.destroy())
      from.on('close', () => {
        open.delete(from)
        to.end()
      })
    }
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))

  return {
    origin: `https://${engine.hostname}:${port}`,
    take() {
      const taken = connections
      connections = []
      return taken.flatMap(({ sent, got }) => paired(messages(Buffer.concat(sent)), messages(Buffer.concat(got))))
    },
    close: () =>
      new Promise(resolve => {
        for (const socket of open) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Answers in the order of their requests; interim answers (1xx) belong to none. */
function paired(requests: Message[], answers: Message[]): Exchange[] {
  const final = answers.filter(answer => !/^HTTP\/1\.[01] 1\d\d/.test(answer.start))
  return requests.flatMap((request, index) => {
    const response = final[index]
    return response === undefined ? [] : [{ request, response }]
  })
}
