import { closeSync, existsSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** How much of the newest text is kept for messages, characters. */
const KEPT = 8_000

/**
 * A log file that never grows beyond `limit` bytes: the full one becomes `name.1`, the one before it `name.2`, up to `keep`.
 * Lines are kept whole: a file is only changed between two of them.
 */
export class LogFile {
  readonly #file: string
  readonly #limit: number
  readonly #keep: number
  #fd: number | undefined
  #size = 0
  #last = ''

  constructor(file: string, o: { limit?: number; keep?: number } = {}) {
    this.#file = file
    this.#limit = o.limit ?? 10 * 1024 * 1024
    this.#keep = o.keep ?? 3
  }

  /** Adds text as it came from a program. */
  write(text: string): void {
    this.#last += text
    if (this.#last.length > 2 * KEPT)
      this.#last = this.#last.slice(this.#last.indexOf('\n', this.#last.length - KEPT) + 1)
    if (this.#size + text.length > this.#limit && text.includes('\n')) {
      const cut = text.indexOf('\n') + 1
      this.#put(text.slice(0, cut))
      this.#turn()
      if (cut < text.length) this.#put(text.slice(cut))
    } else this.#put(text)
  }

  /** The newest lines, for a message about a program that ended. */
  tail(lines = 5): string {
    return this.#last.trimEnd().split('\n').slice(-lines).join('\n')
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  /** Written at once, not through a stream: what a program said last must be there when the supervisor itself is killed. */
  #put(text: string): void {
    try {
      if (this.#fd === undefined) {
        this.#fd = openSync(this.#file, 'a', 0o600)
        this.#size = fstatSync(this.#fd).size
      }
      this.#size += writeSync(this.#fd, text)
    } catch {
      // A full disk must not end the supervisor: the programs go on, their lines are lost until there is room.
    }
  }

  #turn(): void {
    this.close()
    rmSync(`${this.#file}.${this.#keep}`, { force: true })
    for (let i = this.#keep - 1; i >= 1; i--)
      if (existsSync(`${this.#file}.${i}`)) renameSync(`${this.#file}.${i}`, `${this.#file}.${i + 1}`)
    if (existsSync(this.#file)) renameSync(this.#file, `${this.#file}.1`)
    this.#size = 0
  }
}
