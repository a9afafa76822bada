/** Looks at who owns the files of storage domains, all the time: an owner that changes for a moment is found as well. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const layoutOwner = '36:36'

/** Watches the owners of a folder's files as long as it is not stopped. */
export class OwnerWatch {
  readonly #folder: string
  readonly #given = new Set<string>()
  readonly #strays = new Set<string>()
  readonly #timer: NodeJS.Timeout

  constructor(folder: string) {
    this.#folder = folder
    this.#timer = setInterval(() => this.#look(false), 20)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /**
   * Files that belong to somebody else than the layout says now, or did for a moment after they had been given to it, like
   * `images/a/b 0:0`. Empty is as it should be.
   */
  strays(): string[] {
    this.#look(true)
    return [...this.#strays]
  }

  /** While a file is being made it is root's for a moment: only `all` counts files that were never given to the layout's owner. */
  #look(all: boolean): void {
    for (const name of this.#names()) {
      const found = statSync(join(this.#folder, name), { throwIfNoEntry: false })
      if (found === undefined) continue
      const owner = `${found.uid}:${found.gid}`
      // A file that takes the place of another of that name is another file.
      const file = `${name} ${found.ino} ${found.birthtimeMs}`
      if (owner === layoutOwner) this.#given.add(file)
      else if (all || this.#given.has(file)) this.#strays.add(`${name} ${owner}`)
    }
  }

  /** Again where a folder went while it was read. */
  #names(): string[] {
    for (let tries = 0; ; tries++)
      try {
        return readdirSync(this.#folder, { recursive: true, encoding: 'utf8' })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 100) throw error
      }
  }
}
