import type { Answer, UploadPort } from './upload.ts'

/** A connection on which nothing moves for so long (ms) is given up and made anew. */
const stall = 30_000

/** Sends bytes to a place of the image. XMLHttpRequest, because fetch does not tell how much has left. */
export const put: UploadPort['put'] = ({ ticket, at, bytes, signal, progress }) =>
  new Promise<Answer>(resolve => {
    const request = new XMLHttpRequest()
    let timer: ReturnType<typeof setTimeout> | undefined
    const alive = () => {
      clearTimeout(timer)
      timer = setTimeout(() => request.abort(), stall)
    }
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve({ status: request.status, text: request.status === 0 ? '' : request.responseText.slice(0, 1000) })
    }
    const stop = () => request.abort()
    request.open('PUT', `/images/${encodeURIComponent(ticket)}`)
    request.setRequestHeader('content-range', `bytes ${at}-${at + bytes.size - 1}/*`)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.addEventListener('progress', event => {
      alive()
      progress(event.loaded)
    })
    request.addEventListener('loadend', end)
    signal.addEventListener('abort', stop)
    if (signal.aborted) return resolve({ status: 0, text: '' })
    alive()
    request.send(bytes)
  })

/** Has the host write down what it took. */
export async function flush(ticket: string, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(`/images/${encodeURIComponent(ticket)}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ op: 'flush' }),
      signal,
    })
    return { status: response.status, text: (await response.text()).slice(0, 1000) }
  } catch {
    return { status: 0, text: '' }
  }
}

/** Bytes that the host has; undefined when it does not answer now. */
export async function read(ticket: string, at: number, length: number): Promise<ArrayBuffer | undefined> {
  try {
    const response = await fetch(`/images/${encodeURIComponent(ticket)}`, {
      headers: { range: `bytes=${at}-${at + length - 1}` },
    })
    return response.ok ? await response.arrayBuffer() : undefined
  } catch {
    return undefined
  }
}
