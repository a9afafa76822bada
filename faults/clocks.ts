import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const library = ['x86_64', 'aarch64']
  .map(arch => `/usr/lib/${arch}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find(file => existsSync(file))

/** Why clocks cannot be moved here; false when they can. */
export const noClocks: string | false = library === undefined ? 'needs the Debian package faketime' : false

/** A clock of one process, moved while it runs: Debian's libfaketime in front of it. The machine's own clock is never touched. */
export class MovedClock {
  readonly #file: string

  constructor(folder: string, name: string) {
    this.#file = join(folder, `clock-${name.replaceAll(' ', '-')}`)
    this.move('+0')
  }

  /** `+400d`, `-20m`, `+0`: from the true time. */
  move(offset: string): void {
    writeFileSync(this.#file, `${offset}\n`, { mode: 0o644 })
  }

  /** What the process needs in its environment. What only measures durations (the monotonic clock) stays true, as on a real machine. */
  get env(): Record<string, string> {
    return {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DISABLE_SHM: '1',
    }
  }
}
