import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A folder that is closed to others, for the data directories of a test, with a janitor: a process in a session of its own that sees by
 * the end of its standard input that the test is over, however it ended (also by SIGKILL), and then takes down every instance
 * below the folder, with VMs, bridges and tables, and removes the folder.
 */
export class ClosedFolder {
  readonly path: string
  readonly #janitor: ChildProcess

  private constructor(path: string, janitor: ChildProcess) {
    this.path = path
    this.#janitor = janitor
  }

  static async make(): Promise<ClosedFolder> {
    const path = await mkdtemp(join(tmpdir(), 'rookery-site.')) // mode 0700
    const janitor = spawn(process.execPath, [join(import.meta.dirname, 'janitor.ts'), path], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    return new ClosedFolder(path, janitor)
  }

  /** Lets the janitor work, and waits until it is done. False when something is left that it could not take away. */
  async remove(): Promise<boolean> {
    if (this.#janitor.exitCode !== null) return this.#janitor.exitCode === 0
    const ended = new Promise<number | null>(resolve => this.#janitor.once('exit', resolve))
    this.#janitor.stdin?.end()
    return (await ended) === 0
  }
}
