import { setTimeout as pause } from 'node:timers/promises'
import type { WatchLine } from '@rookery/protocol'
import { inTransaction } from '../../core/call.ts'
import type { Env } from '../../core/ctx.ts'
import type { Gate } from '../../db/index.ts'
import { acknowledgeForgotten } from './acknowledge.ts'
import { applyLines, isQuiet } from './apply.ts'
import type { HostClients } from './clients.ts'
import { applyFacts, applySilence, silenceSeconds } from './facts.ts'
import type { Gathered } from './gathered.ts'

/**
 * Lines of a host go into at most one transaction in this time: one commit and one NOTIFY for all that came meanwhile. The first after
 * a silence goes at once, since somebody may be looking at the thing that it tells of.
 */
const batchMs = 40
const firstRetryMs = 500
const longestRetryMs = 5000

/** What all watchers of an engine share. */
export interface Watching {
  clients: HostClients
  env: Env
  gathered: Gathered
  /** Hosts that are connected to at once, from the first call to the listing; those that failed to answer last have a gate of their own. */
  connecting: { fresh: Gate; failing: Gate }
}

/** Watches one host for as long as it is not stopped: reads its facts, then applies its reports as they come. */
export class HostWatcher {
  readonly #hostId: string
  readonly #clients: HostClients
  readonly #env: Env
  readonly #gathered: Gathered
  readonly #connecting: Watching['connecting']
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #queue: WatchLine[] = []
  #lastFlush = 0
  readonly #began = performance.now()
  /** Whether this watcher has heard the host at all. */
  #heard = false
  /** Whether it was the host, and not a broken connection, that gave no answer last. */
  #failing = false

  constructor(hostId: string, { clients, env, gathered, connecting }: Watching) {
    this.#hostId = hostId
    this.#clients = clients
    this.#env = env
    this.#gathered = gathered
    this.#connecting = connecting
    this.#done = this.#run()
  }

  /** Ends the watch; resolves when nothing of it moves any more. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
    this.#gathered.forget(this.#hostId)
  }

  /** Reads the facts again. */
  async refresh(): Promise<void> {
    const client = await this.#clients.agent(this.#hostId)
    const facts = await client.facts(this.#stop.signal)
    await inTransaction(this.#env, ctx => applyFacts(ctx, this.#hostId, facts), 'reports')
    this.#clients.recheck(this.#hostId)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    for (let wait = firstRetryMs; !signal.aborted; wait = Math.min(wait * 2, longestRetryMs)) {
      const began = Date.now()
      try {
        await this.#watchOnce()
      } catch (error) {
        if (signal.aborted) return
        this.#env.log.info({ err: error, host: this.#hostId }, 'the watch of a host broke off; it is tried again')
      }
      if (signal.aborted) return
      try {
        const justBegun = !this.#heard && performance.now() - this.#began < silenceSeconds * 1000
        await inTransaction(this.#env, ctx => applySilence(ctx, this.#hostId, { justBegun }), 'reports')
      } catch (error) {
        this.#env.log.warn({ err: error, host: this.#hostId }, 'the silence of a host could not be recorded')
      }
      if (Date.now() - began > 30_000) wait = firstRetryMs
      // Spread, so that an engine that comes back does not meet all hosts in one moment.
      await pause(wait * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined) // stopped: the loop ends
    }
  }

  /** One watch, from the first call to its end. What a crowd of hosts needs to be listed all at once stands in line. */
  async #watchOnce(): Promise<void> {
    const { promise: listed, resolve } = Promise.withResolvers<void>()
    let watch = Promise.resolve()
    const { fresh, failing } = this.#connecting
    const gate = this.#failing ? failing : fresh
    this.#failing = true
    await gate.pass(() => {
      watch = this.#follow(() => {
        this.#heard = true
        this.#failing = false
        resolve()
      })
      return Promise.race([listed, watch])
    })
    await watch
  }

  /** Reads the facts, then follows the watch to its end; `listed` is told when everything that there is has been applied. */
  async #follow(listed: () => void): Promise<void> {
    await this.refresh()
    const broken = new AbortController()
    const signal = AbortSignal.any([this.#stop.signal, broken.signal])
    const client = await this.#clients.agent(this.#hostId)
    acknowledgeForgotten(this.#env.db.sql, client, signal).catch((error: unknown) =>
      this.#env.log.info({ err: error, host: this.#hostId }, 'old ends were not acknowledged; the next watch does it'),
    )
    let timer: NodeJS.Timeout | undefined
    let applying: Promise<void> = Promise.resolve()
    this.#queue = []
    // What could not be applied comes again with the listing of the next watch.
    const flush = () => {
      timer = undefined
      this.#lastFlush = performance.now()
      applying = applying
        .then(() => this.#apply())
        .then(listed)
        .catch((error: unknown) => broken.abort(error))
    }
    try {
      for await (const line of client.watch({ signal })) {
        this.#gathered.heard(this.#hostId)
        if (line.type === 'stats') this.#gathered.count(this.#hostId, line)
        if (isQuiet(line)) continue
        this.#queue.push(line)
        timer ??= setTimeout(flush, Math.max(0, this.#lastFlush + batchMs - performance.now()))
      }
    } finally {
      clearTimeout(timer)
      await applying
    }
    if (broken.signal.aborted) throw broken.signal.reason
  }

  async #apply(): Promise<void> {
    const lines = this.#queue
    this.#queue = []
    if (lines.length > 0) await inTransaction(this.#env, ctx => applyLines(ctx, this.#hostId, lines), 'reports')
  }
}
