import { readFile, stat, writeFile } from 'node:fs/promises'

/** A watchdog of a machine fires so long (ms) after it was fed last; how often is looked. */
const hungryMs = 30_000
const lookMs = 1000

/**
 * A stand-in for the watchdog of a lab host: a file that its programs write to, and somebody outside the host who looks whether they do.
 * As a real one it sleeps until it is fed for the first time, and a last word of `V` sends it back to sleep. What is not written for 30 s
 * by this clock, which no host can hold up, costs the host its power.
 */
export class Watchdog {
  readonly #file: string
  readonly #hungryMs: number
  readonly #timer: NodeJS.Timeout
  #seen: string | undefined
  #fedAt = 0

  private constructor(file: string, hungry: number, look: number, bite: () => void) {
    this.#file = file
    this.#hungryMs = hungry
    this.#timer = setInterval(() => void this.#look(bite), look)
  }

  /** Puts the watchdog of a host that is being switched on in its place. `bite` is called once. */
  static async start(
    file: string,
    bite: () => void,
    o: { hungryMs?: number; lookMs?: number } = {},
  ): Promise<Watchdog> {
    await writeFile(file, '', { mode: 0o600 })
    return new Watchdog(file, o.hungryMs ?? hungryMs, o.lookMs ?? lookMs, bite)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(bite: () => void): Promise<void> {
    const { mtimeNs, size } = await stat(this.#file, { bigint: true })
    const asleep = size === 0n || (await readFile(this.#file, 'latin1')).startsWith('V')
    const now = performance.now()
    const word = asleep ? undefined : `${mtimeNs} ${size}`
    if (word !== this.#seen) {
      this.#seen = word
      this.#fedAt = now
    }
    if (word === undefined || now - this.#fedAt < this.#hungryMs) return
    this.stop()
    bite()
  }
}
