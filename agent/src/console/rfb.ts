import { createCipheriv } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { unavailable } from '@rookery/model'

/**
 * The opening of RFB (RFC 6143, section 7.1), as a client that signs in at QEMU by password and as a server that lets a
 * visitor in who has shown a ticket already.
 */
const version = 'RFB 003.008\n'
const securityNone = 1
const securityVnc = 2

/** Reads exact numbers of bytes from a stream, leaving the rest in it. */
class Reader {
  readonly #stream: Duplex

  constructor(stream: Duplex) {
    this.#stream = stream
  }

  async read(length: number): Promise<Buffer> {
    for (;;) {
      const bytes: Buffer | null = this.#stream.read(length)
      if (bytes !== null && bytes.length === length) return bytes
      if (this.#stream.readableEnded || this.#stream.destroyed || bytes !== null)
        throw unavailable('console.closed', 'The other side closed the display while it was being opened.')
      await new Promise<void>(resolve => {
        const done = () => {
          for (const event of ['readable', 'end', 'close', 'error']) this.#stream.off(event, done)
          resolve()
        }
        for (const event of ['readable', 'end', 'close', 'error']) this.#stream.once(event, done)
      })
    }
  }
}

/** The answer to a VNC challenge: DES under the password, each byte of it with its bits mirrored (RFC 6143, 7.2.2). */
export function vncResponse(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8)
  Buffer.from(password, 'latin1').copy(key, 0, 0, 8)
  for (let i = 0; i < 8; i++) key[i] = mirror(key[i] ?? 0)
  // Single DES is triple DES with one key; OpenSSL 3 offers only the latter without its legacy provider.
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null)
  cipher.setAutoPadding(false)
  return Buffer.concat([cipher.update(challenge), cipher.final()])
}

function mirror(byte: number): number {
  let result = 0
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) result |= 0x80 >> bit
  return result
}

/** Signs in at a server that asks for a VNC password. Throws `unavailable` when it does not let us in. */
export async function signIn(server: Duplex, password: string): Promise<void> {
  const reader = new Reader(server)
  await reader.read(12)
  server.write(version)
  const count = (await reader.read(1))[0] ?? 0
  const types = count === 0 ? Buffer.alloc(0) : await reader.read(count)
  if (!types.includes(securityVnc))
    throw unavailable('console.rfb', 'The display does not ask for a password as expected.')
  server.write(Buffer.from([securityVnc]))
  server.write(vncResponse(await reader.read(16), password))
  if ((await reader.read(4)).readUInt32BE() !== 0)
    throw unavailable('console.rfb', 'The display did not accept its own one-time password.')
}

/** Lets a visitor in without a password, in whichever version of the protocol it speaks. */
export async function letIn(visitor: Duplex): Promise<void> {
  const reader = new Reader(visitor)
  visitor.write(version)
  const spoken = (await reader.read(12)).toString('latin1')
  if (spoken < 'RFB 003.007') {
    visitor.write(Buffer.from([0, 0, 0, securityNone]))
    return
  }
  visitor.write(Buffer.from([1, securityNone]))
  const chosen = (await reader.read(1))[0]
  if (chosen !== securityNone)
    throw unavailable('console.rfb', 'The viewer chose a way of signing in that was not offered.')
  if (spoken >= 'RFB 003.008') visitor.write(Buffer.from([0, 0, 0, 0]))
}
