import { join } from 'node:path'
import { Child, type ChildReport, type ChildSpec } from './child.ts'
import { LogFile } from './log-file.ts'

/** Starts children in the order of their needs, keeps them running, stops them in the reverse order. */
export class Supervisor {
  readonly #children: Child[]
  readonly #readyOnce = new Set<string>()
  readonly #logs: LogFile[] = []
  #stop: Promise<void> | undefined
  #started = false

  /** `specs` in the order of starting; a child's `after` may only name earlier ones. */
  constructor(specs: readonly ChildSpec[], logFolder: string) {
    this.#children = specs.map(spec => {
      const file = join(logFolder, `${spec.name}.log`)
      const log = new LogFile(file)
      this.#logs.push(log)
      return new Child(spec, log, file, () => this.#look())
    })
  }

  start(): void {
    this.#started = true
    this.#look()
  }

  reports(): ChildReport[] {
    return this.#children.map(c => c.report())
  }

  /** Ends the named children, which are then started again at once. */
  restart(names: readonly string[]): void {
    for (const child of this.#children) if (names.includes(child.spec.name)) child.restart()
  }

  /** Stops everything once, however often it is called; `said` hears of each child. */
  stop(said: (line: string) => void = () => undefined): Promise<void> {
    this.#stop ??= this.#stopAll(said)
    return this.#stop
  }

  async #stopAll(said: (line: string) => void): Promise<void> {
    for (const child of this.#children.toReversed()) {
      const how = await child.stop()
      said(how === 'left' ? `${child.spec.name} stays for the running VMs` : `${child.spec.name} stopped`)
    }
    for (const log of this.#logs) log.close()
  }

  #look(): void {
    if (!this.#started || this.#stop) return
    for (const child of this.#children) {
      const { name, state } = child.report()
      if (state === 'ready') this.#readyOnce.add(name)
    }
    for (const child of this.#children) if (child.spec.after.every(name => this.#readyOnce.has(name))) child.start()
  }
}
