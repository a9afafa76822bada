import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { toErrorRecord } from '@rookery/model'
import { WebSocketServer, type WebSocket } from 'ws'
import { redeem } from '../../compute/console/ticket.ts'
import type { EngineHandle } from '../../engine.ts'
import { cookie, sameOrigin } from '../../http/bearer.ts'
import { peekSession } from '../../identity/sessions.ts'
import { agentOf } from '../../inventory/watch/clients.ts'
import { sessionCookie } from '../native/web-session.ts'

const path = /^\/api\/console\/([A-Za-z0-9_-]{16,128})$/

/** Bytes that may wait for a slow visitor before the console stops reading the guest. */
const highWater = 1024 * 1024
/** How long a visitor has to answer the end of his session. */
const closingMs = 500

/**
 * `wss://…/api/console/<ticket>`: the raw bytes of a guest's console, both ways, in binary messages. The ticket works once. A browser
 * must come from this engine's own pages: another `Origin` is refused, and a ticket that a page took works only with that page's session
 * cookie (W23). For programs the ticket is the whole proof. Ends within a second of the session that took the ticket.
 */
export function addConsoles(
  server: { on(event: 'upgrade', listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): unknown },
  engine: EngineHandle,
): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 1024 * 1024,
    handleProtocols: protocols => (protocols.has('binary') ? 'binary' : false),
  })
  engine.stopping.addEventListener('abort', () => {
    for (const socket of sockets.clients) socket.close(1012, 'the engine stops')
  })
  server.on('upgrade', (request, socket, head) => {
    const ticket = path.exec((request.url ?? '').split('?', 1)[0] ?? '')?.[1]
    if (ticket === undefined) return refuse(socket, 404, 'Not Found', 'There is nothing to upgrade at this address.')
    if (!sameOrigin(request.headers))
      return refuse(socket, 403, 'Forbidden', 'A console is opened from the pages of its own engine.')
    visit(engine, ticket, request).then(
      ({ guest, sessionId }) =>
        sockets.handleUpgrade(request, socket, head, visitor => join(engine, visitor, guest, sessionId)),
      (error: unknown) => {
        const { kind, message } = toErrorRecord(error)
        if (kind === 'internal') engine.log.error({ err: error }, 'a console could not be opened')
        refuse(
          socket,
          kind === 'unavailable' ? 503 : 403,
          kind === 'unavailable' ? 'Service Unavailable' : 'Forbidden',
          message,
        )
      },
    )
  })
}

async function visit(
  engine: EngineHandle,
  ticket: string,
  request: IncomingMessage,
): Promise<{ guest: Duplex; sessionId: string | null }> {
  const page = request.headers.origin === undefined ? undefined : cookie(request, sessionCookie)
  const { hostId, hostTicket, sessionId } = await redeem(engine.env(), ticket, page)
  const agent = await agentOf(engine, hostId)
  return { guest: await agent.openConsole(hostTicket, engine.stopping), sessionId }
}

function join(engine: EngineHandle, visitor: WebSocket, guest: Duplex, sessionId: string | null): void {
  const over = () => {
    end()
    visitor.close(4401, 'the session is over')
    // A visitor that does not answer the closing is not waited for.
    setTimeout(() => visitor.terminate(), closingMs).unref()
  }
  const look = async (id: string) => {
    if (sessionId === null || (id !== sessionId && id !== '*')) return
    // After a gap in what was heard only a look tells.
    if (id === '*' && (await peekSession(engine.db, sessionId)) !== undefined) return
    over()
  }
  const stopHearing = engine.notifications.on(
    'session-end',
    id =>
      void look(id).catch((error: unknown) => {
        engine.log.warn({ err: error }, 'a console could not look at its session')
        over()
      }),
  )
  // The session may have ended while the host opened the console.
  if (sessionId !== null)
    peekSession(engine.db, sessionId).then(
      session => session ?? over(),
      () => over(),
    )
  guest.on('data', (chunk: Buffer) => {
    visitor.send(chunk, () => {
      if (visitor.bufferedAmount < highWater) guest.resume()
    })
    if (visitor.bufferedAmount >= highWater) guest.pause()
  })
  guest.on('end', () => visitor.close(1000, 'the console was closed'))
  guest.on('error', () => visitor.close(1011, 'the console was lost'))
  visitor.on('message', (data: Buffer) => {
    if (!guest.write(data)) {
      visitor.pause()
      guest.once('drain', () => visitor.resume())
    }
  })
  const end = () => {
    stopHearing()
    guest.destroy()
  }
  visitor.on('close', end)
  visitor.on('error', end)
}

function refuse(socket: Duplex, status: number, reason: string, message: string): void {
  const body = `${message}\n`
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
