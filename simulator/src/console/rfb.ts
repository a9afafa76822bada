import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Run } from '../life.ts'
import { vncResponse } from './vnc-auth.ts'

const width = 64
const height = 48

/** A reader that waits for exactly so many bytes. */
async function* exactly(stream: Duplex): AsyncGenerator<Buffer, void, number> {
  let held: Buffer = Buffer.alloc(0)
  let wanted = yield Buffer.alloc(0)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    held = Buffer.concat([held, chunk])
    while (held.length >= wanted) {
      const piece = held.subarray(0, wanted)
      held = held.subarray(wanted)
      wanted = yield piece
    }
  }
}

/**
 * The display of a pretended guest: an RFB 3.8 server (RFC 6143) with one small picture that never changes.
 *
 * @param password VNC authentication is asked when it is given; none for a stream that a ticket already guards
 */
export function serveRfb(stream: Duplex, run: Run, password: string | null): void {
  stream.on('error', () => stream.destroy())
  speak(stream, run, password).then(
    () => stream.end(),
    () => stream.destroy(), // the viewer went away or does not speak RFB: there is nobody to tell
  )
}

async function speak(stream: Duplex, run: Run, password: string | null): Promise<void> {
  const reader = exactly(stream)
  await reader.next(0)
  const take = async (count: number): Promise<Buffer> => {
    if (count > 1 << 20) throw new Error('the viewer sends too much at once')
    const next = await reader.next(count)
    if (next.done === true) throw new Error('the viewer is gone')
    return next.value
  }
  stream.write('RFB 003.008\n')
  if (!(await take(12)).toString('latin1').startsWith('RFB 003.')) return
  stream.write(Buffer.from([1, password === null ? 1 : 2]))
  if ((await take(1))[0] !== (password === null ? 1 : 2)) return
  if (password !== null) {
    const challenge = randomBytes(16)
    stream.write(challenge)
    if (!timingSafeEqual(await take(16), vncResponse(challenge, password))) {
      const reason = Buffer.from('Authentication failed')
      const failed = Buffer.alloc(8)
      failed.writeUInt32BE(1, 0)
      failed.writeUInt32BE(reason.length, 4)
      stream.write(Buffer.concat([failed, reason]))
      return
    }
  }
  stream.write(Buffer.alloc(4)) // SecurityResult: OK
  await take(1) // ClientInit
  stream.write(serverInit(run.spec.name))
  let bytesPerPixel = 4
  for (;;) {
    const type = (await take(1))[0]
    if (type === 0) bytesPerPixel = Math.max(1, ((await take(19))[3] ?? 32) >> 3)
    else if (type === 2) await take(4 * (await take(3)).readUInt16BE(1))
    else if (type === 3) {
      const incremental = (await take(9))[0] !== 0
      // Nothing ever changes: only a request for everything is answered.
      if (!incremental) stream.write(picture(bytesPerPixel))
    } else if (type === 4) await take(7)
    else if (type === 5) await take(5)
    else if (type === 6) await take((await take(7)).readUInt32BE(3))
    else return
  }
}

function serverInit(name: string): Buffer {
  const text = Buffer.from(name, 'utf8')
  const init = Buffer.alloc(24)
  init.writeUInt16BE(width, 0)
  init.writeUInt16BE(height, 2)
  // 32 bits a pixel, depth 24, little-endian, true colour, 8 bits each of red, green and blue.
  init.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4)
  init.writeUInt32BE(text.length, 20)
  return Buffer.concat([init, text])
}

/** One raw rectangle over the whole picture. */
function picture(bytesPerPixel: number): Buffer {
  const head = Buffer.alloc(16)
  head.writeUInt16BE(1, 2) // one rectangle
  head.writeUInt16BE(width, 8)
  head.writeUInt16BE(height, 10)
  const pixels = Buffer.alloc(width * height * bytesPerPixel)
  for (let i = 0; i < pixels.length; i++) pixels[i] = (Math.floor(i / bytesPerPixel / width) * 5) & 0xff
  return Buffer.concat([head, pixels])
}
