/** Opening the daemon's unix socket. */
import { connect, type Socket } from 'node:net'
import { LibvirtConnectionError } from './errors.ts'

/**
 * Connects to a unix socket. Rejects with a LibvirtConnectionError (`connect`) when nobody listens, access is denied or
 * `limitMs` pass, and with the signal's reason when it aborts.
 */
export async function dial(path: string, limitMs: number, signal?: AbortSignal): Promise<Socket> {
  signal?.throwIfAborted()
  const socket = connect({ path })
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeListener('connect', onConnect)
      socket.removeListener('error', onError)
    }
    const giveUp = (error: unknown): void => {
      settle()
      socket.on('error', () => {}) // A socket given up on may still fail; nobody waits for it any more.
      socket.destroy()
      reject(error)
    }
    const onConnect = (): void => {
      settle()
      resolve()
    }
    const onError = (cause: Error): void =>
      giveUp(new LibvirtConnectionError('connect', `no libvirt daemon answers at ${path}: ${cause.message}`, { cause }))
    const onAbort = (): void => giveUp(signal?.reason)
    const timer = setTimeout(() => onError(new Error(`no answer in ${limitMs} ms`)), limitMs)
    socket.once('connect', onConnect)
    socket.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
  return socket
}
