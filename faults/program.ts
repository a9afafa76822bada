import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { until } from '../engine/test/until.ts'

/** A program of ours that is killed and started again, with a log of all its lives. */
export class Program {
  readonly #argv: readonly string[]
  readonly #log: string
  readonly #ready: RegExp
  readonly #env: NodeJS.ProcessEnv
  #process: ChildProcess | undefined

  /** `ready`: what it writes when it answers. */
  constructor(o: { argv: readonly string[]; log: string; ready: RegExp; env?: NodeJS.ProcessEnv }) {
    this.#argv = o.argv
    this.#log = o.log
    this.#ready = o.ready
    this.#env = { ...process.env, ...o.env }
  }

  /** Starts it and waits until it is ready; tries again when it ends before, as its supervisor would (the database may be away). */
  async start(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const out = openSync(this.#log, 'a')
      const from = statSync(this.#log).size
      // It ends with this process, however that ends.
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...this.#argv], {
        stdio: ['ignore', out, out],
        env: this.#env,
      })
      closeSync(out) // the child has its own
      this.#process = child
      const said = () => readFileSync(this.#log).subarray(from).toString()
      await until(() => child.exitCode !== null || child.signalCode !== null || this.#ready.test(said()), {
        what: `${this.#argv.join(' ')} to be ready; see ${this.#log}`,
        timeoutMs: 90_000,
      })
      if (child.exitCode === null && child.signalCode === null) return
      if (child.signalCode === 'SIGKILL' || tries > 5) return // killed while it started: whoever killed it starts it again
    }
  }

  /** SIGKILL, by its id; false when it does not run. */
  async kill(): Promise<boolean> {
    const child = this.#process
    if (child === undefined || !this.runs) return false
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    return true
  }

  get runs(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }
}
