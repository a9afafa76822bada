import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { until } from './until.ts'

/** One line of JSON, as QMP and the guest agent speak it. */
export type JsonLine = Record<string, unknown>

/**
 * A unix socket on which each line is a JSON object. `connect` retries until the socket is there, for a program that has
 * just been started.
 */
export class JsonSocket {
  readonly #socket: Socket
  readonly #lines: JsonLine[] = []
  readonly #wake = new Set<() => void>()
  #closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    const lines = createInterface({ input: socket })
    lines.on('line', line => {
      // The guest agent precedes the answer to a sync by the byte 0xff.
      this.#lines.push(JSON.parse(line.replace(/^[^{]+/, '')))
      this.#stir()
    })
    // A program that dies resets the connection; the interface repeats the socket's error. `close` tells those who wait.
    lines.on('error', () => undefined)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.#closed = true
      this.#stir()
    })
  }

  static async connect(path: string, deadlineMs = 60_000): Promise<JsonSocket> {
    return new JsonSocket(
      await until(
        `a connection to ${path}`,
        async () => {
          const socket = createConnection(path)
          await once(socket, 'connect')
          return socket
        },
        { deadlineMs },
      ),
    )
  }

  #stir(): void {
    for (const wake of this.#wake) wake()
  }

  send(line: JsonLine): void {
    this.#socket.write(`${JSON.stringify(line)}\n`)
  }

  /** Takes out the first line, received or to come, that is wanted; the others stay. */
  async take(what: string, wanted: (line: JsonLine) => boolean, deadlineMs = 60_000): Promise<JsonLine> {
    const look = (): JsonLine | undefined => {
      const index = this.#lines.findIndex(wanted)
      return index < 0 ? undefined : this.#lines.splice(index, 1)[0]
    }
    return await new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer)
        this.#wake.delete(wake)
        act()
      }
      const wake = (): void => {
        const line = look()
        if (line !== undefined) settle(() => resolve(line))
        else if (this.#closed) settle(() => reject(new Error(`the socket closed before ${what}`)))
      }
      const timer = setTimeout(
        () => settle(() => reject(new Error(`${deadlineMs / 1000} s without ${what}`))),
        deadlineMs,
      )
      this.#wake.add(wake)
      wake()
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}
