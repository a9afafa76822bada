import { createCipheriv } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What the server of a display said about itself. */
export interface Display {
  readonly name: string
  readonly width: number
  readonly height: number
  /** The security type that was used: 1 none, 2 VNC password. */
  readonly security: number
}

/**
 * A whole RFB 3.8 handshake (RFC 6143, section 7) with VNC authentication, and one update of the screen: a server that only
 * says hello does not pass. Throws with the server's own reason when it refuses.
 */
export async function rfbHandshake(host: string, port: number, password: string, timeoutMs = 30_000): Promise<Display> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) })
    return await handshake(new Bytes(socket, timeoutMs), socket, password)
  } finally {
    socket.destroy()
  }
}

async function handshake(bytes: Bytes, socket: Socket, password: string): Promise<Display> {
  const version = (await bytes.take(12)).toString('latin1')
  if (!/^RFB 003\.\d{3}\n$/.test(version)) throw new Error(`no RFB server: it said ${JSON.stringify(version)}`)
  socket.write('RFB 003.008\n')
  const count = (await bytes.take(1)).readUInt8()
  if (count === 0) throw new Error(`refused: ${await reason(bytes)}`)
  const offered = [...(await bytes.take(count))]
  const security = offered.includes(2) ? 2 : 1
  if (!offered.includes(security)) throw new Error(`only security types ${offered.join(', ')} are offered`)
  socket.write(Buffer.from([security]))
  if (security === 2) socket.write(response(await bytes.take(16), password))
  if ((await bytes.take(4)).readUInt32BE() !== 0) throw new Error(`authentication failed: ${await reason(bytes)}`)
  socket.write(Buffer.from([1])) // shared
  const init = await bytes.take(24)
  const name = (await bytes.take(init.readUInt32BE(20))).toString()
  const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)]
  socket.write(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0])) // SetEncodings: raw
  socket.write(Buffer.from([3, 0, 0, 0, 0, 0, 0, 1, 0, 1])) // FramebufferUpdateRequest: the first pixel
  const update = await bytes.take(4)
  if (update.readUInt8() !== 0) throw new Error(`a message of type ${update.readUInt8()} came in place of the screen`)
  return { name, width, height, security }
}

const reason = async (bytes: Bytes): Promise<string> =>
  (await bytes.take((await bytes.take(4)).readUInt32BE()).catch(() => Buffer.from('no reason given'))).toString()

/** DES of the challenge with the password's bytes, each with its bits reversed. One key three times is plain DES. */
export function response(challenge: Uint8Array, password: string): Buffer {
  const key = Buffer.alloc(8)
  key.write(password.slice(0, 8), 'latin1')
  const reversed = key.map(byte =>
    Number.parseInt(byte.toString(2).padStart(8, '0').split('').toReversed().join(''), 2),
  )
  const cipher = createCipheriv('des-ede3', Buffer.concat([reversed, reversed, reversed]), null)
  cipher.setAutoPadding(false)
  return Buffer.concat([cipher.update(challenge), cipher.final()])
}

/** Bytes of a socket by count. */
class Bytes {
  #have: Buffer = Buffer.alloc(0)
  #ended: Error | undefined
  #wake: () => void = () => undefined
  readonly #timeoutMs: number

  constructor(socket: Socket, timeoutMs: number) {
    this.#timeoutMs = timeoutMs
    socket.on('data', (chunk: Buffer) => {
      this.#have = Buffer.concat([this.#have, chunk])
      this.#wake()
    })
    const end = (error?: Error) => {
      this.#ended ??= error ?? new Error('the server closed the connection')
      this.#wake()
    }
    socket.on('error', end)
    socket.on('close', () => end())
  }

  async take(count: number): Promise<Buffer> {
    const deadline = AbortSignal.timeout(this.#timeoutMs)
    while (this.#have.length < count) {
      if (this.#ended) throw this.#ended
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        deadline.addEventListener('abort', () => reject(new Error(`${count} bytes did not come in time`)), {
          once: true,
        })
      })
    }
    const taken = this.#have.subarray(0, count)
    this.#have = this.#have.subarray(count)
    return taken
  }
}
