import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { lastWords } from '../log-line.ts'
import { plainEnv } from '../system/exec.ts'
import { startTime } from '../system/proc.ts'
import { backoff, failuresAfter } from './backoff.ts'
import type { LogFile } from './log-file.ts'

/** A program that the supervisor keeps running. */
export interface ChildSpec {
  readonly name: string
  /** Children that must have been ready once before this one starts. */
  readonly after: readonly string[]
  /** Makes what the program needs and returns its words; called before every start. */
  prepare(): Promise<readonly string[]>
  readonly env?: NodeJS.ProcessEnv
  /** One look whether the program answers; throws or returns false when it does not (yet). */
  ready(): Promise<boolean>
  /** Not asked again once it was ready: it complains in its log about visitors who only look. Then running counts as ready. */
  readonly quiet?: boolean
  readonly stop: {
    readonly signal: NodeJS.Signals
    /** Milliseconds until SIGKILL. */
    readonly patience: number
  }
  /** For a program that outlives the supervisor: its process id when one is running already. */
  adopt?(): Promise<number | undefined>
  /** For the same: whether it must stay when the others stop. */
  stay?(): Promise<boolean>
}

/** What a child is doing. `failing`: it ended and waits for its next start. */
export type ChildState = 'waiting' | 'starting' | 'ready' | 'silent' | 'failing' | 'stopping' | 'stopped'

/** A child as `status` shows it. */
export interface ChildReport {
  readonly name: string
  readonly state: ChildState
  readonly pid: number | undefined
  readonly restarts: number
  /** When it became ready last, ISO 8601. */
  readonly since: string | undefined
  /** Why it ended last, with its last words. */
  readonly lastError: string | undefined
}

interface Running {
  readonly pid: number
  readonly ended: Promise<string>
  kill(signal: NodeJS.Signals): void
}

/** How often a starting child is looked at, and how often a ready one, in milliseconds. */
const EAGER = 50
const CALM = 5_000

/** Keeps one program running until it is told to stop. */
export class Child {
  readonly spec: ChildSpec
  readonly #log: LogFile
  readonly #logFile: string
  readonly #changed: () => void
  #state: ChildState = 'waiting'
  #running: Running | undefined
  #restarts = 0
  #since: Date | undefined
  #lastError: string | undefined
  #stopping = false
  #again = false
  #wake: () => void = () => undefined
  #loop: Promise<void> | undefined

  /** `changed` is called whenever the report may differ. */
  constructor(spec: ChildSpec, log: LogFile, logFile: string, changed: () => void) {
    this.spec = spec
    this.#log = log
    this.#logFile = logFile
    this.#changed = changed
  }

  report(): ChildReport {
    return {
      name: this.spec.name,
      state: this.#state,
      pid: this.#running?.pid,
      restarts: this.#restarts,
      since: this.#since?.toISOString(),
      lastError: this.#lastError,
    }
  }

  start(): void {
    this.#loop ??= Promise.resolve().then(() => this.#keep())
  }

  /** Ends the program, to be started again without a wait; also wakes one that waits for its next start. */
  restart(): void {
    this.#again = true
    const running = this.#running
    if (!running) return void this.#wake()
    running.kill(this.spec.stop.signal)
    const kill = setTimeout(() => running.kill('SIGKILL'), this.spec.stop.patience)
    running.ended.then(() => clearTimeout(kill))
  }

  /** Stops the program and does not start it again. Resolves when it is gone, or left running on purpose. */
  async stop(): Promise<'stopped' | 'left'> {
    this.#stopping = true
    this.#wake()
    const running = this.#running
    if (running && (await this.spec.stay?.())) {
      this.#set('stopped')
      return 'left'
    }
    if (running) {
      this.#set('stopping')
      running.kill(this.spec.stop.signal)
      const kill = setTimeout(() => running.kill('SIGKILL'), this.spec.stop.patience)
      await running.ended
      clearTimeout(kill)
    }
    if (!this.spec.stay) await this.#loop
    this.#set('stopped')
    return 'stopped'
  }

  async #keep(): Promise<void> {
    let failures = 0
    while (!this.#stopping) {
      const began = performance.now()
      const why = await this.#once()
      if (this.#stopping) return
      if (this.#again) {
        this.#again = false
        failures = 0
        continue
      }
      failures = failuresAfter(failures, performance.now() - began)
      this.#lastError = why
      this.#restarts++
      this.#since = undefined
      this.#set('failing')
      this.#log.write(
        `${new Date().toISOString()} supervisor: ${this.spec.name} ${why.split(/[;\n]/)[0]}; next start in ${backoff(failures)} ms\n`,
      )
      await this.#sleep(backoff(failures))
      this.#again = false
    }
  }

  /** One life of the program; answers why it ended. */
  async #once(): Promise<string> {
    this.#set('starting')
    try {
      const adopted = await this.spec.adopt?.()
      const words = adopted === undefined ? await this.spec.prepare() : []
      // A stop that came while this was prepared found nothing to end: what began now would live on.
      if (this.#stopping) return 'was stopped before it began'
      this.#running = adopted === undefined ? this.#spawn(words) : await adopt(adopted)
    } catch (error) {
      return `could not be started: ${error instanceof Error ? error.message : String(error)}`
    }
    const running = this.#running
    const life = { over: false }
    const ended = running.ended.then(why => {
      life.over = true
      this.#wake()
      return why
    })
    this.#changed()
    while (!life.over && !this.#stopping) {
      const known = this.spec.quiet === true && this.#state === 'ready'
      const ok = known || (await this.spec.ready().catch(() => false)) // not answering is what we ask about
      if (life.over || this.#stopping) break
      if (ok && this.#state !== 'ready') {
        this.#since ??= new Date()
        this.#lastError = undefined
        this.#set('ready')
      } else if (!ok && this.#state === 'ready') this.#set('silent')
      await this.#sleep(this.#state === 'starting' ? EAGER : CALM)
    }
    const why = await ended
    this.#running = undefined
    const words = lastWords(this.#log.tail(20))
    return words ? `${why}; its last words:\n${words}` : why
  }

  #spawn([file, ...args]: readonly string[]): Running {
    if (file === undefined) throw new TypeError(`${this.spec.name} has no program`)
    // What outlives us must not write to a pipe that ends with us.
    const direct = this.spec.stay ? openSync(this.#logFile, 'a', 0o600) : undefined
    const child = spawn(file, args, {
      cwd: '/',
      env: { ...plainEnv, ...this.spec.env },
      stdio: ['ignore', direct ?? 'pipe', direct ?? 'pipe'],
      detached: this.spec.stay !== undefined,
    })
    child.stdout?.setEncoding('utf8').on('data', (s: string) => this.#log.write(s))
    child.stderr?.setEncoding('utf8').on('data', (s: string) => this.#log.write(s))
    return { pid: child.pid ?? -1, ended: endOf(child), kill: signal => void child.kill(signal) }
  }

  #set(state: ChildState): void {
    this.#state = state
    this.#changed()
  }

  #sleep(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    child.on('error', error => resolve(`could not be run: ${error.message}`))
    child.on('close', (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`))
  })
}

/** A process that is not our child: looked at once a second, and named by its start time so that a reused id is not taken for it. */
async function adopt(pid: number): Promise<Running> {
  const born = await startTime(pid)
  const ended = (async () => {
    if (born === undefined) return 'ended'
    do await new Promise(resolve => setTimeout(resolve, 1_000))
    while ((await startTime(pid)) === born)
    return 'ended'
  })()
  return {
    pid,
    ended,
    kill: signal => {
      try {
        process.kill(pid, signal)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // gone already
      }
    },
  }
}
