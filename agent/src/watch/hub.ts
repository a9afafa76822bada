import type { EndedRuns } from '../state/ended-runs.ts'
import type { HostStats, RunEnd, RunReport, RunStats, StorageReport, WatchLine } from '@rookery/protocol'

/** Somebody who reads the watch; one that is too slow cuts itself off. */
export interface Watcher {
  send(line: WatchLine): void
}

type TaskNews = { id: string; state: 'running' | 'finished' | 'failed' | 'cancelled'; progress: number | null }

/**
 * The host's present as the engine sees it, and those who watch. Everything that says something about runs gets the next number of
 * this incarnation at the moment it becomes true here, so a listing that is newer than a task's end contains that task's effect.
 */
export class WatchHub {
  readonly #incarnation: number
  readonly #runs = new Map<string, RunReport>()
  readonly #networks = new Set<string>()
  readonly #watchers = new Set<Watcher>()
  readonly #storage: () => StorageReport[]
  readonly #ends: EndedRuns
  readonly #readiness = Promise.withResolvers<void>()
  #seq = 0
  #ready = false

  constructor(incarnation: number, ends: EndedRuns, storage: () => StorageReport[]) {
    this.#incarnation = incarnation
    this.#ends = ends
    this.#storage = storage
  }

  /** The next place in the order of reports. */
  next(): { incarnation: number; seq: number } {
    return { incarnation: this.#incarnation, seq: ++this.#seq }
  }

  /**
   * Until this is called the host does not know what runs on it, and says nothing about it: an empty listing would end runs that
   * are alive. Called once libvirt was listed for the first time.
   */
  ready(): void {
    this.#ready = true
    this.#readiness.resolve()
  }

  /** Waits until there is something to list, at most so long; false: there is not. */
  async whenReady(ms: number): Promise<boolean> {
    if (this.#ready) return true
    let timer: NodeJS.Timeout | undefined
    const time = new Promise<void>(resolve => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([this.#readiness.promise, time])
    clearTimeout(timer)
    return this.#ready
  }

  /** Tells a watcher everything, then each change. Only after `whenReady`. Returns what ends it. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher)
    watcher.send({
      type: 'listing',
      ...this.next(),
      runs: this.runs(),
      ended: this.#ends.all().filter(e => !this.#runs.has(e.runId)),
      storage: this.#storage(),
      networks: [...this.#networks],
    })
    return () => this.#watchers.delete(watcher)
  }

  /** The run as last reported. */
  run(runId: string): RunReport | undefined {
    return this.#runs.get(runId)
  }

  /** Every run there is. */
  runs(): RunReport[] {
    return [...this.#runs.values()]
  }

  /** Reports a run, unless that is what was said last. */
  report(run: RunReport): void {
    const before = this.#runs.get(run.runId)
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(run)) return
    this.#runs.set(run.runId, run)
    this.#tell({ type: 'run', ...this.next(), run })
  }

  /** Reports the end of a run and remembers it for those who do not watch now. A run that is not known is passed over: its end was told. */
  end(runId: string, end: RunEnd, detail: string | null): void {
    const run = this.#runs.get(runId)
    if (run === undefined) return
    this.#runs.delete(runId)
    const ended = { vmId: run.vmId, runId, end, detail }
    this.#ends.add(ended)
    this.#tell({ type: 'ended', ...this.next(), ...ended })
  }

  /** Reports space and health of a storage domain. */
  storage(storage: StorageReport): void {
    this.#tell({ type: 'storage', ...this.next(), storage })
  }

  /** Which networks a listing names. */
  setNetwork(id: string, present: boolean): void {
    if (present) this.#networks.add(id)
    else this.#networks.delete(id)
  }

  /** Says how a task stands. */
  task(news: TaskNews): void {
    this.#tell({ type: 'task', ...news })
  }

  /** Load of the host and its runs. */
  stats(at: number, host: HostStats, runs: RunStats[]): void {
    this.#tell({ type: 'stats', at, host, runs })
  }

  /** Tells everybody that the host is alive. */
  heartbeat(at: number): void {
    this.#tell({ type: 'heartbeat', at })
  }

  /** How many watch; statistics need not be gathered for nobody. */
  get watchers(): number {
    return this.#watchers.size
  }

  #tell(line: WatchLine): void {
    for (const watcher of this.#watchers) watcher.send(line)
  }
}
