import type { EngineHandle } from '../../engine.ts'
import { Gate } from '../../db/index.ts'
import { clientsOf } from './clients.ts'
import { Gathered } from './gathered.ts'
import { HostWatcher, type Watching } from './watcher.ts'

/** How often it looks without being told. */
const lookMs = 2000
/** So many hosts are connected to at once; those that do not answer wait long, and mostly for nothing. */
const [connecting, failing] = [32, 256]

/** Watches the hosts that fall to this engine: begins with new ones, ends with those that are gone or another engine's. */
export class WatchManager {
  readonly #engine: EngineHandle
  readonly #watching: Watching
  readonly #watchers = new Map<string, HostWatcher>()
  readonly #timer: NodeJS.Timeout
  readonly #deaf: (() => void)[]
  #looking = false
  #stopped = false

  constructor(engine: EngineHandle) {
    this.#engine = engine
    const env = engine.env()
    this.#watching = {
      clients: clientsOf(engine),
      env,
      gathered: new Gathered(env),
      connecting: { fresh: new Gate({ width: connecting }), failing: new Gate({ width: failing }) },
    }
    this.#timer = setInterval(() => void this.#look(), lookMs)
    this.#deaf = [engine.onMembership(() => void this.#look())]
    void this.#look()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    for (const deaf of this.#deaf) deaf()
    const watchers = [...this.#watchers.values()]
    this.#watchers.clear()
    await Promise.all(watchers.map(watcher => watcher.stop()))
    await this.#watching.gathered.stop()
    await clientsOf(this.#engine).close()
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#stopped) return
    this.#looking = true
    try {
      const rows = await this.#engine.db.sql<{ id: string; asked: boolean }>`
        select id, facts_asked_at is not null and facts_asked_at > coalesce(facts_at, '-infinity') as asked from host`
      if (this.#stopped) return
      const mine = new Map(rows.filter(row => this.#engine.isMine(`watch ${row.id}`)).map(row => [row.id, row]))
      for (const [id, watcher] of this.#watchers)
        if (!mine.has(id)) {
          this.#watchers.delete(id)
          void watcher.stop().then(() => rows.some(row => row.id === id) || clientsOf(this.#engine).forget(id))
        }
      for (const [id, { asked }] of mine) {
        const known = this.#watchers.get(id)
        if (known === undefined) this.#watchers.set(id, new HostWatcher(id, this.#watching))
        else if (asked)
          known
            .refresh()
            .catch((error: unknown) =>
              this.#engine.log.info({ err: error, host: id }, 'a host could not be asked for its facts'),
            )
      }
    } catch (error) {
      this.#engine.log.warn({ err: error }, 'the list of hosts could not be read; it is tried again')
    } finally {
      this.#looking = false
    }
  }
}
