import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'

/**
 * Sends exactly these bytes on a connection of its own and gives what came back until the answer's head is complete and its
 * announced body is there, the server closes, or `timeoutMs` passes (an error: a server that waits for bytes that never come).
 */
export async function exchange(origin: string, ca: string, bytes: string, timeoutMs = 10_000): Promise<string> {
  const url = new URL(origin)
  const socket = connect({ host: url.hostname, port: Number(url.port), ca, servername: '' })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) })
    socket.write(bytes)
    return await answerOf(socket, timeoutMs)
  } finally {
    socket.destroy()
  }
}

function answerOf(socket: TLSSocket, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(
      () =>
        reject(new Error(`no complete answer in ${timeoutMs / 1000} s; so far: ${JSON.stringify(text.slice(0, 300))}`)),
      timeoutMs,
    )
    const end = () => {
      clearTimeout(timer)
      resolve(text)
    }
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (isComplete(text)) end()
    })
    socket.on('end', end)
    socket.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
  })
}

/** Whether a response is there as a whole, after interim ones: by Content-Length, or by the last chunk. */
export function isComplete(text: string): boolean {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return false
  if (/^HTTP\/1\.[01] 1\d\d /.test(text)) return isComplete(text.slice(head + 4))
  const headers = text.slice(0, head).toLowerCase()
  const length = /\r\ncontent-length: *(\d+)/.exec(headers)?.[1]
  if (length !== undefined) return text.length >= head + 4 + Number(length)
  if (/\r\ntransfer-encoding: *chunked/.test(headers)) return /\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(text.slice(head))
  return / (?:204|304) /.test(headers.slice(0, 15))
}
