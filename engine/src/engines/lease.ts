import { createHash } from 'node:crypto'
import type { Logger } from '../core/log.ts'
import type { Db, Notifications } from '../db/index.ts'

/** What a lease needs. */
export interface LeaseOptions {
  db: Db
  notifications: Notifications
  log: Logger
  instanceId: string
  url: string
  version: string
  leaseSeconds: number
}

/**
 * This process's row in `engine`, renewed by the database's clock: the only lease there is. Also knows which engines live, and
 * from that which shared duty is whose: rendezvous hashing, computed by each and stored by none.
 */
export class Lease {
  readonly #o: LeaseOptions
  readonly #hearers = new Set<() => void>()
  #live: string[] = []
  #timer: NodeJS.Timeout | undefined
  #deaf: (() => void) | undefined
  #stopped = false
  /** Until when the row surely holds, by this process's monotonic clock. */
  #holdsUntil = 0

  constructor(options: LeaseOptions) {
    this.#o = options
  }

  /** Writes the row, ends those of earlier processes at the same address, and keeps renewing. */
  async start(): Promise<void> {
    const { db, url, instanceId, notifications, leaseSeconds } = this.#o
    await this.#renew()
    await db.transaction(async tx => {
      // We hold the address now, so whoever had it is dead; its jobs need not wait for the lease to run out.
      const gone = await tx.sql.run`
        update engine set expires_at = now() where url = ${url} and id <> ${instanceId}::uuid and expires_at > now()`
      if (gone > 0) tx.notify('job')
      tx.notify('engine')
    })
    this.#deaf = notifications.on('engine', () => void this.#look())
    await this.#look()
    this.#timer = setInterval(() => void this.#tick(), (leaseSeconds * 1000) / 3).unref()
  }

  /** Lets go, so that others take over at once. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#deaf?.()
    const { db, instanceId, log } = this.#o
    await db
      .transaction(async tx => {
        await tx.sql`delete from engine where id = ${instanceId}::uuid`
        tx.notify('engine')
        tx.notify('job')
      })
      .catch((error: unknown) => log.warn({ err: error }, 'the lease could not be given back; it will run out'))
  }

  /** Whether the lease holds as far as this process can know. */
  get holds(): boolean {
    return performance.now() < this.#holdsUntil
  }

  /** Whether a duty falls to this engine; never to one whose lease has run out. */
  isMine(duty: string): boolean {
    return this.holds && rendezvous(this.#live, duty) === this.#o.instanceId
  }

  onMembership(changed: () => void): () => void {
    this.#hearers.add(changed)
    return () => this.#hearers.delete(changed)
  }

  async #tick(): Promise<void> {
    const { log } = this.#o
    try {
      await this.#renew()
      await this.#look()
    } catch (error) {
      log.warn({ err: error }, 'the lease could not be renewed; other engines will take over if this lasts')
      if (!this.holds) this.#tell()
    }
  }

  async #renew(): Promise<void> {
    if (this.#stopped) return
    const { db, instanceId, url, version, leaseSeconds } = this.#o
    const asked = performance.now()
    // Not in line behind what this engine has to do: a busy engine is no dead one.
    await db.outside`
      insert into engine (id, url, version, expires_at)
      values (${instanceId}::uuid, ${url}, ${version}, now() + make_interval(secs => ${leaseSeconds}))
      on conflict (id) do update set expires_at = excluded.expires_at`
    this.#holdsUntil = asked + leaseSeconds * 1000
    // Long after anyone could look at them: rows of the dead.
    await db.outside`delete from engine where expires_at < now() - interval '10 minutes'`
  }

  async #look(): Promise<void> {
    try {
      const rows = await this.#o.db.outside<{ id: string }>`select id from engine where expires_at > now() order by id`
      const live = rows.map(row => row.id)
      if (live.join() === this.#live.join()) return
      this.#live = live
      this.#tell()
    } catch (error) {
      this.#o.log.warn({ err: error }, 'the list of engines could not be read')
    }
  }

  #tell(): void {
    for (const hear of this.#hearers) hear()
  }
}

/** Which of the engines a duty falls to: the one whose hash with it is highest. When one leaves, only its duties move. */
export function rendezvous(engines: readonly string[], duty: string): string | undefined {
  let best: { engine: string; weight: string } | undefined
  for (const engine of engines) {
    const weight = createHash('sha1').update(`${engine}\0${duty}`).digest('hex')
    if (best === undefined || weight > best.weight) best = { engine, weight }
  }
  return best?.engine
}
