import { Agent, request } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
}

/** One call. */
export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly timeoutMs?: number
}

/** HTTPS calls to one server, exactly as said: no header is added but Host, Connection and what framing needs. */
export class Https {
  readonly origin: string
  readonly ca: string
  readonly #agent: Agent

  constructor(origin: string, ca: string) {
    this.origin = origin
    this.ca = ca
    this.#agent = new Agent({ keepAlive: true, ca, maxSockets: 8 })
  }

  /** The answer of a call to a path (or a whole URL). `OPTIONS *` is the path `*`. */
  call(path: string, call: Call = {}): Promise<Answer> {
    const url = path.startsWith('https:') ? new URL(path) : new URL(this.origin)
    const target = path.startsWith('https:') ? `${url.pathname}${url.search}` : path
    return new Promise((resolve, reject) => {
      const sent = request({
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        path: target,
        method: call.method ?? 'GET',
        headers: {
          ...(call.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(call.body)) }),
          ...call.headers,
        },
        agent: this.#agent,
        signal: AbortSignal.timeout(call.timeoutMs ?? 60_000),
      })
      sent.on('error', reject)
      sent.on('response', answer => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const body = Buffer.concat(chunks)
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body, text: body.toString() })
        })
      })
      sent.end(call.body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}
