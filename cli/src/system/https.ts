import { request } from 'node:https'

/** What we show and trust when we call a server of the instance. */
export interface Call {
  readonly ca: string
  readonly cert?: string
  readonly key?: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Record<string, string>
  readonly body?: string
  /** Milliseconds for the whole answer; default 10 s. */
  readonly timeout?: number
}

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number
  readonly body: string
}

/** One HTTPS call. Connections are not kept: these are rare questions of a command line. */
export function call(url: string, c: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const r = request(url, {
      ca: c.ca,
      cert: c.cert,
      key: c.key,
      method: c.method ?? 'GET',
      headers: { connection: 'close', ...c.headers },
      agent: false,
      signal: AbortSignal.timeout(c.timeout ?? 10_000),
    })
    r.on('error', reject)
    r.on('response', answer => {
      let body = ''
      answer.setEncoding('utf8').on('data', (s: string) => (body += s))
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
    r.end(c.body)
  })
}

/** `host:port` for a URL: brackets around IPv6, and loopback for an address that means "all". */
export function reach(host: string, port: number): string {
  const at = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${at.includes(':') ? `[${at}]` : at}:${port}`
}
