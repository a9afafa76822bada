import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { RookeryError, toErrorRecord, unavailable } from '@rookery/model'
import type { Logger } from 'pino'
import { answerError, statusOfError } from './answer.ts'

/** Paths of PEM files and the name that a client's certificate must carry. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly clientName: string
}

/** What a listener does with requests. */
export interface ListenerParts {
  readonly listen: { host: string; port: number }
  readonly tls: TlsFiles
  /** `required`: nothing is answered without a client certificate of the CA with the right name. */
  readonly clientCertificate: 'required' | 'none'
  readonly request: (req: IncomingMessage, res: ServerResponse) => Promise<void> | void
  readonly upgrade?: (req: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>
  readonly log: Logger
}

/** A running HTTPS listener. */
export interface Listener {
  readonly port: number
  /** Reads the certificate's files again; who is connected stays so. */
  reload(): void
  /** Ends it: idle and streaming connections are cut, no new ones taken. */
  close(): Promise<void>
}

/** Opens an HTTPS/1.1 listener. Throws `unavailable` with the system's reason when the address cannot be taken. */
export async function openListener(parts: ListenerParts): Promise<Listener> {
  const mutual = parts.clientCertificate === 'required'
  const options: ServerOptions = {
    cert: readFileSync(parts.tls.cert),
    key: readFileSync(parts.tls.key),
    ca: readFileSync(parts.tls.ca),
    requestCert: mutual,
    rejectUnauthorized: mutual,
    minVersion: mutual ? 'TLSv1.3' : 'TLSv1.2',
    keepAliveTimeout: 60_000,
    // Uploads may take hours; a stalled one is ended by its own idle time.
    requestTimeout: 0,
    headersTimeout: 20_000,
  }
  const mayEnter = (socket: unknown): boolean => !mutual || isEngine(socket, parts)
  const server = createServer(options, (req, res) => {
    if (!mayEnter(req.socket)) return void req.socket.destroy()
    Promise.resolve(parts.request(req, res)).catch(error => {
      if (!(error instanceof RookeryError)) parts.log.error({ err: error }, 'a request failed unexpectedly')
      answerError(res, error)
    })
  })
  server.on('tlsClientError', error => parts.log.debug({ reason: error.message }, 'a TLS handshake failed'))
  server.on('upgrade', (req, socket, head) => {
    socket.on('error', () => {}) // a visitor that goes away ends its stream; there is nobody to tell
    const upgrade = parts.upgrade
    if (upgrade === undefined || !mayEnter(req.socket)) return socket.destroy()
    upgrade(req, socket, head).catch(error => refuseUpgrade(socket, error))
  })
  const sockets = new Set<Duplex>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await listening(server, parts.listen)
  return {
    port: (server.address() as AddressInfo).port,
    reload: () =>
      server.setSecureContext({
        cert: readFileSync(parts.tls.cert),
        key: readFileSync(parts.tls.key),
        ca: readFileSync(parts.tls.ca),
        minVersion: options.minVersion,
      }),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function listening(server: Server, at: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause =>
      reject(
        unavailable('agent.listen', `The agent cannot listen on ${at.host} port ${at.port}: ${cause.message}.`, {
          cause,
        }),
      ),
    )
    server.listen(at.port, at.host, resolve)
  })
}

/**
 * The CA signs hosts too: only the engine's name may speak. Asked for each request, because what a client sends with its handshake can
 * reach the parser before a listener of the connection has closed it.
 */
function isEngine(socket: unknown, parts: ListenerParts): boolean {
  if (!(socket instanceof TLSSocket)) return false
  const name = socket.getPeerCertificate().subject?.CN
  if (socket.authorized && name === parts.tls.clientName) return true
  parts.log.warn({ name: typeof name === 'string' ? name : null }, 'a client with another certificate was refused')
  return false
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const body = JSON.stringify({ error: toErrorRecord(error) })
  const status = statusOfError(error)
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
