import { Duplex } from 'node:stream'
import WebSocket, { createWebSocketStream } from 'ws'
import { Https } from './https.ts'

/** The serial console of a VM through the engine's WebSocket: a stream of what the guest says, and what is typed. */
export interface SerialConsole {
  readonly stream: Duplex
  close(): void
}

/** Takes a one-time ticket for the serial line of a VM with the bearer's token and opens it. */
export async function openSerial(http: Https, token: string, vmId: string): Promise<SerialConsole> {
  const answer = await http.call('/api/op/console.ticket', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ vmId, protocol: 'serial', mode: 'stream', expiresInSeconds: 60 }),
  })
  if (answer.status !== 200)
    throw new Error(`the ticket was refused with ${answer.status}: ${answer.text.slice(0, 300)}`)
  const ticket: unknown = JSON.parse(answer.text)
  const value = valueOf(ticket)
  if (value === undefined) throw new Error(`the answer holds no ticket: ${answer.text.slice(0, 300)}`)
  const socket = new WebSocket(`${http.origin.replace(/^https/, 'wss')}/api/console/${encodeURIComponent(value)}`, {
    ca: http.ca,
    handshakeTimeout: 20_000,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  const stream = createWebSocketStream(socket)
  stream.on('error', () => undefined) // whoever waits for words learns it by the end of the stream
  return {
    stream,
    close: () => {
      stream.destroy()
      socket.terminate()
    },
  }
}

function valueOf(ticket: unknown): string | undefined {
  if (typeof ticket !== 'object' || ticket === null) return undefined
  if ('value' in ticket && typeof ticket.value === 'string') return ticket.value
  return 'result' in ticket ? valueOf(ticket.result) : undefined
}
