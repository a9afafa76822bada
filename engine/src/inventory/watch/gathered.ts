import { type CountedRun, nameUnknownRuns } from '../../compute/vm/unknown-runs.ts'
import { inTransaction } from '../../core/call.ts'
import type { Env } from '../../core/ctx.ts'
import { applyStats, type HostNumbers } from '../../metering/apply.ts'
import { noteSeen } from './seen.ts'

/** What was gathered is written so often (milliseconds). */
const writeMs = 1000
/** Numbers of so many hosts go into one transaction: what they say of their runs is about half a kilobyte each. */
const hostsAtOnce = 64
/** A host that goes on being heard is noted as seen this often, milliseconds. */
const seenMs = 5000

/**
 * What hosts say of themselves every few seconds and nothing is decided by: that they are there, and their numbers. Gathered for all hosts
 * that this engine watches and written together, since a transaction for each beat of each of a thousand hosts would be all that a
 * database does.
 */
export class Gathered {
  readonly #env: Env
  readonly #heard = new Map<string, number>()
  readonly #noted = new Map<string, number>()
  #numbers = new Map<string, HostNumbers>()
  /** Runs of the last numbers of each host that the engine did not know. */
  readonly #unknown = new Map<string, ReadonlySet<string>>()
  readonly #timer: NodeJS.Timeout
  #writing: Promise<void> | undefined

  constructor(env: Env) {
    this.#env = env
    this.#timer = setInterval(() => this.#soon(), writeMs).unref()
  }

  /** A host said something just now. */
  heard(hostId: string): void {
    this.#heard.set(hostId, performance.now())
  }

  /** A host's numbers: the newest count. */
  count(hostId: string, line: HostNumbers['line']): void {
    this.#numbers.set(hostId, { hostId, line })
  }

  /** Nothing of it is of interest any more. */
  forget(hostId: string): void {
    for (const each of [this.#heard, this.#noted, this.#numbers, this.#unknown]) each.delete(hostId)
  }

  /** Writes what is there and writes no more after that. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#writing
    await this.#write()
  }

  #soon(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  async #write(): Promise<void> {
    const { log } = this.#env
    await this.#writeSeen().catch((error: unknown) =>
      log.warn({ err: error }, 'that hosts were heard could not be written; it is tried again'),
    )
    const numbers = [...this.#numbers.values()]
    this.#numbers = new Map()
    for (let from = 0; from < numbers.length; from += hostsAtOnce)
      await this.#writeNumbers(numbers.slice(from, from + hostsAtOnce)).catch((error: unknown) =>
        log.warn({ err: error }, 'numbers of hosts could not be written; the next ones come in a moment'),
      )
  }

  async #writeSeen(): Promise<void> {
    const now = performance.now()
    const due = [...this.#heard].filter(([id, at]) => at - (this.#noted.get(id) ?? Number.NEGATIVE_INFINITY) >= seenMs)
    if (due.length === 0) return
    await noteSeen(
      this.#env.db.sql,
      due.map(([hostId, at]) => ({ hostId, seconds: (now - at) / 1000 })),
    )
    for (const [id, at] of due) if (this.#heard.has(id)) this.#noted.set(id, at)
  }

  async #writeNumbers(numbers: readonly HostNumbers[]): Promise<void> {
    const runs: CountedRun[] = numbers.flatMap(({ hostId, line }) =>
      line.runs.map(({ runId, vmId }) => ({ hostId, runId, vmId })),
    )
    const unknown = await inTransaction(
      this.#env,
      async ctx => {
        await applyStats(ctx, numbers)
        return nameUnknownRuns(ctx, runs, ({ hostId, runId }) => this.#unknown.get(hostId)?.has(runId) === true)
      },
      'reports',
    )
    const byHost = Map.groupBy(unknown, run => run.hostId)
    for (const { hostId } of numbers) {
      const here = byHost.get(hostId)
      if (here === undefined) this.#unknown.delete(hostId)
      else this.#unknown.set(hostId, new Set(here.map(run => run.runId)))
    }
  }
}
