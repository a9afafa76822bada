import type { Duplex } from 'node:stream'
import { ByteReader } from './byte-reader.ts'
import { vncResponse } from './vnc-auth.ts'

/** What a server says of itself in its last message of the handshake. */
export interface RfbScreen {
  /** Pixels. */
  width: number
  height: number
  name: string
  /** How the client was let in. */
  security: 'none' | 'vnc'
}

/** A picture: four bytes a pixel, blue, green, red, unused; rows from the top. */
export interface RfbPicture {
  width: number
  height: number
  pixels: Buffer
}

/** A server's refusal, in its own words. */
export class RfbRefused extends Error {}

/** A picture that is being put together. */
interface Canvas {
  pixels: Buffer
  /** 1 for each pixel that has come. */
  seen: Uint8Array
}

const securityNone = 1
const securityVnc = 2
const protocol = 'RFB 003.008\n'
const encodingRaw = 0
/** A rectangle that brings no pixels: the screen has another size from now on. */
const encodingDesktopSize = -223

/**
 * A minimal client of the remote framebuffer protocol 3.8 (RFC 6143): handshake without security or with a VNC password,
 * and pictures in raw encoding. It works over any stream: a unix socket of QEMU, a TCP or TLS connection, a WebSocket.
 */
export class RfbClient {
  #screen: RfbScreen
  readonly #stream: Duplex
  readonly #reader: ByteReader

  private constructor(stream: Duplex, reader: ByteReader, screen: RfbScreen) {
    this.#stream = stream
    this.#reader = reader
    this.#screen = screen
  }

  /** The screen as it was last heard of: a guest may change its size. */
  get screen(): RfbScreen {
    return this.#screen
  }

  /**
   * Runs the handshake. Fails with RfbRefused when the server refuses (wrong password, too many clients), with an Error when
   * it speaks another version, offers no security that this client knows, or stays silent for `deadlineMs` (60,000).
   */
  static async connect(
    stream: Duplex,
    o: { password?: string; shared?: boolean; deadlineMs?: number } = {},
  ): Promise<RfbClient> {
    const reader = new ByteReader(stream, o.deadlineMs)
    const version = (await reader.read(12, "the server's version")).toString('latin1')
    if (!/^RFB \d{3}\.\d{3}\n$/.test(version)) throw new Error(`not an RFB server: ${JSON.stringify(version)}`)
    if (version !== protocol) throw new Error(`the server speaks ${version.trim()}, this client only 003.008`)
    stream.write(protocol)
    const security = await authenticate(stream, reader, o.password)
    // ClientInit: whether other clients may stay connected.
    stream.write(Buffer.from([o.shared === false ? 0 : 1]))
    const [width, height] = [await reader.u16('the width'), await reader.u16('the height')]
    await reader.read(16, 'the pixel format')
    const name = await reader.text('the name')
    stream.write(Buffer.concat([setPixelFormat(), setEncodings()]))
    return new RfbClient(stream, reader, { width, height, name, security })
  }

  /** Asks for the whole screen and waits until all of it has come, anew when its size changes meanwhile. */
  async picture(): Promise<RfbPicture> {
    for (;;) {
      const { width, height } = this.#screen
      const request = Buffer.alloc(10)
      request.writeUInt8(3, 0)
      request.writeUInt16BE(width, 6)
      request.writeUInt16BE(height, 8)
      this.#stream.write(request)
      const canvas: Canvas = { pixels: Buffer.alloc(width * height * 4), seen: new Uint8Array(width * height) }
      let missing = width * height
      const sameSize = () => this.#screen.width === width && this.#screen.height === height
      // A server may send the screen in several updates, and answers to earlier requests among them.
      while (missing > 0 && sameSize()) missing -= await this.#update(canvas)
      if (sameSize()) return { width, height, pixels: canvas.pixels }
    }
  }

  /** Reads one message; gives how many pixels it brought that were not there yet. */
  async #update(canvas: Canvas): Promise<number> {
    const reader = this.#reader
    const type = await reader.u8('a message')
    switch (type) {
      case 0:
        return await this.#rectangles(canvas)
      case 1: {
        await reader.read(3, 'colours')
        await reader.read(6 * (await reader.u16('colours')), 'colours')
        return 0
      }
      case 2:
        return 0
      case 3:
        await reader.read(3, 'cut text')
        await reader.text('cut text')
        return 0
      default:
        throw new Error(`the server sent a message of type ${type}, which this client does not know`)
    }
  }

  async #rectangles({ pixels, seen }: Canvas): Promise<number> {
    const reader = this.#reader
    await reader.read(1, 'an update')
    const count = await reader.u16('an update')
    let brought = 0
    for (let index = 0; index < count; index++) {
      const head = await reader.read(12, 'a rectangle')
      const [x, y] = [head.readUInt16BE(0), head.readUInt16BE(2)]
      const [width, height] = [head.readUInt16BE(4), head.readUInt16BE(6)]
      const encoding = head.readInt32BE(8)
      if (encoding === encodingDesktopSize) {
        this.#screen = { ...this.#screen, width, height }
        continue
      }
      if (encoding !== encodingRaw) throw new Error(`the server used encoding ${encoding}, asked for raw`)
      for (let row = 0; row < height; row++) {
        const line = await reader.read(width * 4, 'pixels')
        const at = (y + row) * this.#screen.width + x
        line.copy(pixels, at * 4)
        for (let i = at; i < at + width && i < seen.length; i++) {
          brought += 1 - (seen[i] ?? 1)
          seen[i] = 1
        }
      }
    }
    return brought
  }

  close(): void {
    this.#stream.destroy()
  }
}

async function authenticate(stream: Duplex, reader: ByteReader, password?: string): Promise<'none' | 'vnc'> {
  const count = await reader.u8('the security types')
  if (count === 0) throw new RfbRefused(await reader.text('the reason'))
  const offered = [...(await reader.read(count, 'the security types'))]
  const wanted = password === undefined ? securityNone : securityVnc
  if (!offered.includes(wanted))
    throw new Error(
      `the server offers security types ${offered.join(', ')}, and not ${wanted} (${wanted === securityVnc ? 'VNC password' : 'none'})`,
    )
  stream.write(Buffer.from([wanted]))
  if (password !== undefined) stream.write(vncResponse(password, await reader.read(16, 'the challenge')))
  if ((await reader.u32('the result of authentication')) !== 0) throw new RfbRefused(await reader.text('the reason'))
  return password === undefined ? 'none' : 'vnc'
}

/** 32 bits a pixel, little-endian, eight bits each for red (at 16), green (at 8) and blue (at 0). */
function setPixelFormat(): Buffer {
  const message = Buffer.alloc(20)
  message.set([32, 24, 0, 1], 4)
  for (const at of [8, 10, 12]) message.writeUInt16BE(255, at)
  message.set([16, 8, 0], 14)
  return message
}

/** SetEncodings with the one encoding that every server knows; and sizes that change are told, else the pixels beyond would be missed forever. */
function setEncodings(): Buffer {
  const message = Buffer.from([2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0])
  message.writeInt32BE(encodingRaw, 4)
  message.writeInt32BE(encodingDesktopSize, 8)
  return message
}
