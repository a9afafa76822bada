import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'

/** What a TCP stream has seen since it was asked last. */
export interface Seen {
  readonly sent: number
  readonly echoed: number
  readonly longestGapMs: number
  /** What ended or disturbed it; null as long as nothing did. */
  readonly reset: string | null
}

/** One TCP connection to an echo server, over which a number goes every few milliseconds and has to come back. */
export class TcpStream {
  readonly #probe: ChildProcess
  readonly #lines: Interface
  #worst = 0

  /** Opens it from wherever `within` enters (a network namespace); without, from here. Resolves when the first number came back. */
  static async open(address: string, port: number, within: readonly string[] = []): Promise<TcpStream> {
    const [program, ...words] = [...within, process.execPath, join(import.meta.dirname, 'tcp-probe.ts'), address, port]
    const stream = new TcpStream(spawn(String(program), words.map(String), { stdio: ['pipe', 'pipe', 'inherit'] }))
    try {
      await once(stream.#lines, 'line', { signal: AbortSignal.timeout(120_000) })
      return stream
    } catch (error) {
      stream.end()
      throw new Error(`nothing came back from ${address}:${port}`, { cause: error })
    }
  }

  private constructor(probe: ChildProcess) {
    if (probe.stdout === null) throw new Error('the probe has no output')
    this.#probe = probe
    this.#lines = createInterface({ input: probe.stdout })
  }

  /** What it saw since the last question. */
  async seen(): Promise<Seen> {
    const answer = once(this.#lines, 'line', { signal: AbortSignal.timeout(60_000) })
    this.#probe.stdin?.write('?\n')
    const seen = JSON.parse(String((await answer)[0])) as Seen
    this.#worst = Math.max(this.#worst, seen.longestGapMs)
    return seen
  }

  /** Waits until it has gone on for a while, or was reset; gives the longest gap since the last question. */
  async goesOn(): Promise<Seen> {
    let gap = 0
    for (let first: number | undefined, n = 0; n < 600; n++) {
      const now = await this.seen()
      gap = Math.max(gap, now.longestGapMs)
      first ??= now.echoed
      if (now.reset !== null || now.echoed > first + 50) return { ...now, longestGapMs: gap }
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    throw new Error(`nothing came back for a minute; the longest gap before was ${this.#worst} ms`)
  }

  /** The longest gap of all, milliseconds. */
  get worst(): number {
    return this.#worst
  }

  /** Closes it. */
  end(): void {
    this.#probe.stdin?.end()
  }
}
