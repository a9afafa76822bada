import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineConfig } from '../src/config.ts'
import type { Order, Ready } from './crash-engine.ts'

const compileCache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compile')

/** An engine process that waits to be told where to die. */
export class Victim {
  readonly #process: ChildProcess
  readonly #ready: Promise<Ready>
  /** Rejects when it ends: also when that was before anybody asked. */
  readonly #gone: Promise<never>
  #errors = ''

  constructor(configFile: string, modules: readonly string[]) {
    this.#process = fork(join(import.meta.dirname, 'crash-engine.ts'), [configFile, ...modules], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
      // Many are started, and compiling takes longer than what they do.
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    })
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', chunk => {
        this.#errors = (this.#errors + String(chunk)).slice(-4000)
      })
    this.#ready = once(this.#process, 'message').then(([message]) => message as Ready)
    this.#ready.catch(() => undefined) // awaited by whoever uses it
    this.#gone = once(this.#process, 'close').then(() => {
      throw new Error(`the engine process ended before it was told to: ${this.#errors}`)
    })
    this.#gone.catch(() => undefined) // it is meant to end one day
  }

  /** Its row in `engine`, once it runs. */
  async instanceId(): Promise<string> {
    return (await Promise.race([this.#ready, this.#gone])).instanceId
  }

  /** Tells it what to take up and where to die. */
  async arm(order: Order): Promise<void> {
    const heard = once(this.#process, 'message')
    this.#process.send(order)
    await Promise.race([heard, this.#gone])
  }

  /** Waits until it has died by SIGKILL; fails when it ended otherwise, or has not met the point in time. */
  async dead(timeoutMs: number): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, 'exit', { signal: AbortSignal.timeout(timeoutMs) }).catch(() => {
        throw new Error(`the engine process did not come to the point at which it should die: ${this.#errors}`)
      })
    if (this.#process.signalCode !== 'SIGKILL')
      throw new Error(
        `the engine process ended with ${this.#process.exitCode ?? this.#process.signalCode}: ${this.#errors}`,
      )
  }

  /** Ends it, whatever it does. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }
}

/** Keeps one victim warm, since a start takes longer than what the test does with it. */
export class Victims {
  readonly #folder: string
  readonly #config: EngineConfig
  readonly #modules: readonly string[]
  #next: Promise<Victim> | undefined
  readonly #all = new Set<Victim>()

  constructor(folder: string, config: EngineConfig, modules: readonly string[] = []) {
    this.#folder = folder
    this.#config = config
    this.#modules = modules
  }

  /** A running engine; the next one is being started meanwhile. */
  async take(): Promise<{ victim: Victim; instanceId: string }> {
    let victim = await (this.#next ?? this.#start())
    let instanceId = await victim.instanceId().catch(() => undefined)
    if (instanceId === undefined) {
      // The database was killed while it started, and it ended, for its supervisor to start it again.
      victim = await this.#start()
      instanceId = await victim.instanceId()
    }
    this.#next = this.#start()
    this.#next.catch(() => undefined) // awaited when it is taken
    return { victim, instanceId }
  }

  async close(): Promise<void> {
    await this.#next?.catch(() => undefined) // it is ended below
    await Promise.all([...this.#all].map(victim => victim.end()))
  }

  async #start(): Promise<Victim> {
    const id = randomUUID()
    const file = join(this.#folder, `engine-${id}.json`)
    const config = {
      ...this.#config,
      listen: { host: '127.0.0.1', port: 0 },
      advertiseUrl: `https://127.0.0.1:1/${id}`,
    }
    await writeFile(file, JSON.stringify(config), { mode: 0o600 })
    const victim = new Victim(file, this.#modules)
    this.#all.add(victim)
    return victim
  }
}
