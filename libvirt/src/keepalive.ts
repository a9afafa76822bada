/**
 * libvirt's keepalive program, both directions: pings from the daemon are answered, and the daemon is pinged when it
 * has been silent. Any message counts as a sign of life, as in libvirt's own client.
 */
import { KEEPALIVE_PROGRAM, KEEPALIVE_PROTOCOL_VERSION, keepaliveProcedures } from './generated/keepalive.gen.ts'
import { type Header, MESSAGE, OK } from './wire.ts'

export interface KeepaliveOptions {
  /** Milliseconds of silence after which the daemon is pinged. */
  intervalMs: number
  /** Unanswered pings after which the connection counts as dead. */
  count: number
}

/** libvirt's defaults: a ping after 5 s of silence, dead after 5 unanswered ones. */
export const DEFAULT_KEEPALIVE: KeepaliveOptions = { intervalMs: 5000, count: 5 }

/** True for messages that belong to the keepalive program. */
export function isKeepalive(header: Header): boolean {
  return header.prog === KEEPALIVE_PROGRAM
}

export class Keepalive {
  readonly #send: (header: Header) => void
  readonly #dead: () => void
  #options: KeepaliveOptions | null = null
  #timer: NodeJS.Timeout | undefined
  #unanswered = 0
  #held = false

  /** @param dead called once when the peer has missed too many pings. */
  constructor(send: (header: Header) => void, dead: () => void) {
    this.#send = send
    this.#dead = dead
  }

  /** Begins to ping. Answering pings needs no start. */
  start(options: KeepaliveOptions): void {
    this.#options = options
    this.#arm()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#options = null
  }

  /** While held, silence is expected: nothing is sent and nothing is counted. */
  hold(held: boolean): void {
    this.#held = held
    this.alive()
  }

  /** Any bytes from the peer. */
  alive(): void {
    this.#unanswered = 0
    // refresh() moves the deadline without allocating a timer per message.
    this.#timer?.refresh()
  }

  /** A message of the keepalive program. */
  receive(header: Header): void {
    if (header.proc === keepaliveProcedures.ping.number) this.#send(keepaliveHeader(keepaliveProcedures.pong.number))
  }

  #arm(): void {
    const options = this.#options
    if (!options) return
    this.#timer = setTimeout(() => {
      if (this.#held) {
        this.#timer?.refresh()
        return
      }
      if (this.#unanswered >= options.count) {
        this.stop()
        this.#dead()
        return
      }
      this.#unanswered++
      this.#send(keepaliveHeader(keepaliveProcedures.ping.number))
      this.#timer?.refresh()
    }, options.intervalMs)
    // A connection that only waits must not keep a finished program running; its socket decides that.
    this.#timer.unref()
  }
}

function keepaliveHeader(proc: number): Header {
  return { prog: KEEPALIVE_PROGRAM, vers: KEEPALIVE_PROTOCOL_VERSION, proc, type: MESSAGE, serial: 0, status: OK }
}
