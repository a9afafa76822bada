/** What can be seen of and typed into a domain. Each stream runs on a connection of its own and closes it at its end. */
import { once } from 'node:events'
import type { CallOptions } from './connection.ts'
import { rpcError } from './errors.ts'
import { flags } from './flags.ts'
import {
  VIR_DOMAIN_CHANNEL_FORCE,
  VIR_DOMAIN_CONSOLE_FORCE,
  VIR_DOMAIN_CONSOLE_SAFE,
} from './generated/constants.gen.ts'
import type { RemoteNonnullDomain } from './generated/remote.gen.ts'
import type { Session } from './session.ts'
import type { LibvirtStream } from './stream.ts'

export interface ConsoleOptions {
  /** Alias of the device, for example `serial0`. Default: the first console or serial port. */
  device?: string
  /** Throw out whoever has the console open. Without it a second opening is refused. */
  force?: boolean
  /** Fail when the driver cannot keep two openings apart. */
  safe?: boolean
}

/** How long a screenshot may stay without its first byte, milliseconds. */
const SCREENSHOT_PATIENCE_MS = 1500

/** Everything a stream brings; undefined when not a byte came in time, and then the stream is aborted. */
async function collect(stream: LibvirtStream, patienceMs: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let silent = false
  const timer = setTimeout(() => {
    silent = true
    stream.destroy()
  }, patienceMs)
  stream.on('data', (chunk: Buffer) => {
    clearTimeout(timer)
    chunks.push(chunk)
  })
  try {
    // Rejects with the stream's own error; an abort closes it without an end.
    await Promise.race([once(stream, 'end'), once(stream, 'close')])
  } finally {
    clearTimeout(timer)
  }
  return silent ? undefined : Buffer.concat(chunks)
}

export class Display {
  readonly #session: Session
  readonly #dom: RemoteNonnullDomain

  constructor(session: Session, dom: RemoteNonnullDomain) {
    this.#session = session
    this.#dom = dom
  }

  /** A picture of a screen as a stream, with its MIME type. */
  async screenshotStream(
    screen = 0,
    options: CallOptions = {},
  ): Promise<{ mime: string | null; stream: LibvirtStream }> {
    const { ret, stream } = await this.#session.stream(
      'domainScreenshot',
      { dom: this.#dom, screen, flags: 0 },
      options,
    )
    return { mime: ret.mime, stream }
  }

  /**
   * A whole picture of a screen. libvirtd 9.0 now and then opens the stream of a screenshot and never sends its first byte (one
   * picture in fifteen on a busy machine, rarely two in a row; the next one works at once), so a stream that says nothing for
   * `SCREENSHOT_PATIENCE_MS` is given up and asked for anew, ten times in all.
   */
  async screenshot(screen = 0, options: CallOptions = {}): Promise<{ mime: string | null; data: Buffer }> {
    for (let tries = 1; ; tries++) {
      const { mime, stream } = await this.screenshotStream(screen, options)
      const data = await collect(stream, SCREENSHOT_PATIENCE_MS)
      if (data !== undefined) return { mime, data }
      if (tries === 10) throw rpcError(`libvirt opened a screenshot ${tries} times and never sent a byte of it`)
    }
  }

  /**
   * A serial or paravirtual console as a two-way stream. It ends when the domain stops; `end()` or `destroy()` leaves
   * it. Nothing that was printed before is replayed.
   */
  async openConsole(how: ConsoleOptions = {}, options: CallOptions = {}): Promise<LibvirtStream> {
    const bits = flags([how.force, VIR_DOMAIN_CONSOLE_FORCE], [how.safe, VIR_DOMAIN_CONSOLE_SAFE])
    const args = { dom: this.#dom, devName: how.device ?? null, flags: bits }
    return (await this.#session.stream('domainOpenConsole', args, options)).stream
  }

  /** A `<channel type='unix'>` or `pty` as a two-way stream, by the target name that the guest sees. */
  async openChannel(name: string, how: { force?: boolean } = {}, options: CallOptions = {}): Promise<LibvirtStream> {
    const args = { dom: this.#dom, name, flags: flags([how.force, VIR_DOMAIN_CHANNEL_FORCE]) }
    return (await this.#session.stream('domainOpenChannel', args, options)).stream
  }
}
