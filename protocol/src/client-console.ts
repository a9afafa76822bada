import { request } from 'node:https'
import type { Duplex } from 'node:stream'
import { unavailable } from '@rookery/model'
import type { AgentTls } from './client.ts'
import { errorOfAnswer, errorOfTransport } from './client-errors.ts'

/** The protocol named in the `Upgrade` header of a console request. */
export const consoleUpgrade = 'rookery-console'

/**
 * Opens a console by its ticket on a connection of its own: the raw bytes of VNC or the serial line both ways. The caller
 * owns the stream and listens for its errors.
 *
 * node:https and not undici, whose `upgrade` loses the status and the reason of a refusal.
 *
 * @throws what the host answered (`forbidden` for a used or expired ticket), or `unavailable`
 */
export function connectConsole(url: URL, tls: AgentTls, signal?: AbortSignal): Promise<Duplex> {
  const what = 'GET /v1/console/…' // the ticket is a secret
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(errorOfTransport(error, what, signal))
    const call = request(url, {
      ...tls,
      agent: false,
      headers: { connection: 'Upgrade', upgrade: consoleUpgrade },
      minVersion: 'TLSv1.3',
      timeout: 30_000,
      ...(signal === undefined ? {} : { signal }),
    })
    call.once('timeout', () =>
      call.destroy(unavailable('host.unreachable', 'The host did not open the console in time.')),
    )
    call.once('error', fail)
    call.once('upgrade', (_answer, socket, head) => {
      call.off('error', fail)
      socket.setTimeout(0)
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    call.once('response', answer => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.once('error', fail)
      answer.once('end', () => {
        let body: unknown
        try {
          body = JSON.parse(Buffer.concat(chunks).toString('utf8'))
        } catch {
          // a body that is no JSON is only less of a reason
        }
        reject(errorOfAnswer(answer.statusCode ?? 500, body, what))
      })
    })
    call.end()
  })
}
