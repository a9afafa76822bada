/** What can be seen of and typed into a domain. Each stream runs on a connection of its own and closes it at its end. */
import { buffer } from 'node:stream/consumers'
import type { CallOptions } from './connection.ts'
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

  /** A picture of a screen as bytes. */
  async screenshot(screen = 0, options: CallOptions = {}): Promise<{ mime: string | null; data: Buffer }> {
    const { mime, stream } = await this.screenshotStream(screen, options)
    return { mime, data: await buffer(stream) }
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
