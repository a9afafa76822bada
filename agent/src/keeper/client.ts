import { createConnection, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { type ErrorRecord, fromErrorRecord, unavailable } from '@rookery/model'
import type { KeeperQuestion } from './requests.ts'

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never
type Answer = { id: number | null; ok?: Record<string, unknown>; error?: ErrorRecord }

/** A connection to this host's keeper. */
export class KeeperClient {
  private readonly socket: Socket
  private readonly waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>()
  private last = 0

  /** @throws RookeryError `unavailable` `lease.no_keeper` */
  static connect(path: string): Promise<KeeperClient> {
    const socket = createConnection(path)
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(new KeeperClient(socket)))
      socket.once('error', cause =>
        reject(unavailable('lease.no_keeper', 'The keeper of this host does not answer.', { cause })),
      )
    })
  }

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('close', () => {
      const gone = unavailable('lease.no_keeper', 'The keeper of this host ended the connection.')
      for (const waiting of this.waiting.values()) waiting.reject(gone)
      this.waiting.clear()
    })
    socket.on('error', () => {})
    createInterface({ input: socket }).on('line', line => {
      const { id, ok, error } = JSON.parse(line) as Answer
      const waiting = this.waiting.get(id ?? this.last)
      this.waiting.delete(id ?? this.last)
      if (error === undefined) waiting?.resolve(ok ?? {})
      else waiting?.reject(fromErrorRecord(error))
    })
  }

  /** Rejects with the keeper's refusal. */
  ask(request: WithoutId<KeeperQuestion>): Promise<Record<string, unknown>> {
    const id = ++this.last
    const waiting = Promise.withResolvers<Record<string, unknown>>()
    this.waiting.set(id, waiting)
    this.socket.write(`${JSON.stringify({ id, ...request })}\n`)
    return waiting.promise
  }

  close(): void {
    this.socket.destroy()
  }
}
