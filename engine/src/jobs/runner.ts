import { notFound } from '@rookery/model'
import { Scope } from '../core/scope.ts'
import { systemActor } from '../core/ctx.ts'
import type { Logger } from '../core/log.ts'
import type { Db, Notifications, Sql } from '../db/index.ts'
import type { JobHooks } from './hooks.ts'
import type { HostPort } from './host-port.ts'
import type { OutsidePort } from './outside-port.ts'
import { guard, holders, insertLocks, sorted } from './locks.ts'
import { type AnyJob, JobRun } from './run.ts'
import { PutDown } from './signals.ts'
import { type JobRow, jobById } from './store.ts'

/** What a runner needs. */
export interface RunnerOptions {
  db: Db
  notifications: Pick<Notifications, 'on'>
  instanceId: string
  log: Logger
  /** By `name@version`. */
  definitions: ReadonlyMap<string, AnyJob>
  hostPort: HostPort
  outside: OutsidePort
  hooks?: JobHooks | undefined
  /** Most jobs at once, children not counted: they go on so that their parents can. */
  most?: number
  /** How often it looks without being told, ms. */
  pollMs?: number
}

const retryMs = 1000

/**
 * Takes up jobs that nobody works on: new ones, and those of engines whose lease is over. `for update skip locked` hands
 * each to one engine; a notification only says "look", and a slow poll stands behind it.
 */
export class JobRunner {
  readonly #o: RunnerOptions
  readonly #active = new Map<string, JobRun | undefined>()
  readonly #running = new Set<Promise<void>>()
  readonly #ears: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #again = false
  #stopped = false

  constructor(options: RunnerOptions) {
    this.#o = options
  }

  /** The kinds, with version, that this release can run. */
  get #kinds(): string[] {
    const { definitions, hooks } = this.#o
    const keys = [...definitions].filter(([, { name }]) => hooks?.accepts?.(name) !== false)
    return keys.map(([key]) => key)
  }

  start(): void {
    const { notifications, pollMs = 3000 } = this.#o
    this.#ears.push(notifications.on('job', () => this.look()))
    this.#ears.push(
      notifications.on('job-cancel', id => {
        if (id !== '*') this.#active.get(id)?.cancel()
      }),
    )
    this.#timer = setInterval(() => this.look(), pollMs).unref()
    this.look()
  }

  /** Jobs this engine works on now. */
  get size(): number {
    return this.#active.size
  }

  /** Looks for work, now or right after the look that is under way. */
  look(): void {
    if (this.#stopped) return
    if (this.#looking !== undefined) {
      this.#again = true
      return
    }
    this.#looking = this.#lookOnce()
      .catch((error: unknown) => this.#o.log.warn({ err: error }, 'looking for jobs failed; it is tried again'))
      .finally(() => {
        this.#looking = undefined
        if (!this.#again) return
        this.#again = false
        this.look()
      })
  }

  /** Puts everything down, so that other engines take it up at once. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    for (const deaf of this.#ears) deaf()
    await this.#looking
    for (const run of this.#active.values()) run?.putDown()
    await Promise.all(this.#running)
    const { db, instanceId, log } = this.#o
    await db
      .transaction(async tx => {
        const left = await tx.sql
          .run`update job set engine_id = null where engine_id = ${instanceId}::uuid and ended_at is null`
        if (left > 0) tx.notify('job')
      })
      .catch((error: unknown) => log.warn({ err: error }, 'jobs could not be handed on; the lease will end by itself'))
  }

  async #lookOnce(): Promise<void> {
    await this.#letWaitingIn()
    for (const row of await this.#claim()) this.#take(row)
  }

  /** Gives their locks to waiting jobs whose turn has come. */
  async #letWaitingIn(): Promise<void> {
    const { db } = this.#o
    const ids = await db.sql<{ id: string }>`
      select id from job where waiting and ended_at is null and kind || '@' || version = any (${this.#kinds})
       order by created_at limit 100`
    for (const { id } of ids) await db.transaction(tx => this.#letIn(tx, id))
  }

  async #letIn(tx: Parameters<Parameters<Db['transaction']>[0]>[0], id: string): Promise<void> {
    const { sql } = tx
    const row = await sql.maybe<JobRow>`
      select * from job where id = ${id}::uuid and waiting and ended_at is null for update skip locked`
    if (row === undefined) return
    if (row.cancel) {
      const scope = new Scope(tx, { actor: systemActor, correlationId: row.correlationId, jobId: id })
      await endUnstarted(scope, row)
      return scope.flush()
    }
    const definition = this.#o.definitions.get(`${row.kind}@${row.version}`)
    if (definition === undefined) return
    const locks = sorted(definition.locks(row.input))
    await guard(sql, locks)
    if ((await holders(sql, locks, [id], row.createdAt)).length > 0) return
    await sql`delete from job_lock where job_id = ${id}::uuid and mode like 'waiting%'`
    await insertLocks(sql, id, locks, false)
    await sql`update job set waiting = false, updated_at = now() where id = ${id}::uuid`
  }

  async #claim(): Promise<(JobRow & { ownerName: string | null })[]> {
    const { db, instanceId, most = 64 } = this.#o
    const busy = [...this.#active.keys()]
    const roots = [...this.#active.values()].filter(run => run?.row.parentId === null).length
    const room = Math.max(0, most - roots)
    return db.sql`
      with free as (
        select j.id from job j
         where j.ended_at is null and j.status in ('queued', 'running', 'undoing') and not j.waiting
           and kind || '@' || version = any (${this.#kinds})
           and (j.engine_id is null
                or (j.engine_id = ${instanceId}::uuid and j.id <> all (${busy}::uuid[]))
                or not exists (select 1 from engine e where e.id = j.engine_id and e.expires_at > now()))
           and (j.parent_id is not null or ${room} > 0)
         order by j.parent_id is null, j.created_at
         limit ${room + 32}
         for update of j skip locked),
      taken as (
        update job j set engine_id = ${instanceId}::uuid, updated_at = now(), started_at = coalesce(j.started_at, now()),
               status = case when j.status = 'queued' then 'running' else j.status end
          from free where j.id = free.id
        returning j.*)
      select t.*, u.name || '@' || u.profile || '-authz' as owner_name
        from taken t left join users u on u.id = t.owner_id
       order by t.created_at`
  }

  #take(row: JobRow): void {
    const { definitions, db, instanceId, hostPort, outside, hooks, log } = this.#o
    const definition = definitions.get(`${row.kind}@${row.version}`)
    if (definition === undefined || this.#stopped) return
    const waitForEnd = (id: string, signal: AbortSignal) => this.#waitForEnd(id, signal)
    const run = new JobRun(row, definition, { db, instanceId, hostPort, outside, hooks, log, waitForEnd })
    this.#active.set(row.id, run)
    const work = run
      .execute()
      .catch((error: unknown) => {
        log.error({ err: error, job: row.id }, 'a job could not be run')
        return false
      })
      .then(ended => {
        if (ended || this.#stopped) {
          this.#active.delete(row.id)
          this.look()
          return
        }
        // Put down: the database was away, or the job is another engine's. Not at once again.
        this.#active.set(row.id, undefined)
        setTimeout(() => {
          this.#active.delete(row.id)
          this.look()
        }, retryMs).unref()
      })
    this.#running.add(work)
    void work.finally(() => this.#running.delete(work))
  }

  #waitForEnd(id: string, signal: AbortSignal): Promise<JobRow> {
    return untilEnded(this.#o.db.sql, this.#o.notifications.on, id, signal)
  }
}

/** Ends a job that never began. */
export async function endUnstarted(scope: Scope, row: JobRow): Promise<void> {
  const { sql } = scope.tx
  await sql`
    update job set status = 'cancelled', waiting = false, ended_at = clock_timestamp(), updated_at = now(),
           error = '{"kind":"conflict","code":"job.cancelled","message":"The job was cancelled before it began."}'
     where id = ${row.id}::uuid`
  if (row.rootId === row.id) await sql`delete from job_lock where job_id = ${row.id}::uuid`
  scope.changed('job', row.id)
  scope.tx.notify('job')
  scope.tx.notify(`job-end:${row.id}`)
}

/** Resolves with the row of a job when it has ended; rejects with the signal's reason. */
export async function untilEnded(
  sql: Sql,
  on: Notifications['on'],
  id: string,
  signal: AbortSignal,
  done: (row: JobRow) => boolean = row => row.endedAt !== null,
): Promise<JobRow> {
  let wake = () => {}
  const deaf = on('job-end', heard => {
    if (heard === id || heard === '*') wake()
  })
  try {
    for (;;) {
      signal.throwIfAborted()
      const told = new Promise<void>(resolve => {
        wake = resolve
      })
      const row = await jobById(sql, id)
      if (row === undefined) throw notFound('job.not_found', `There is no job with id ${id}.`)
      if (done(row)) return row
      await either(told, signal, 2000)
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason instanceof Error ? signal.reason : new PutDown(error)
    throw error
  } finally {
    deaf()
  }
}

/** Resolves when told, when aborted, or after a time. */
function either(told: Promise<void>, signal: AbortSignal, ms: number): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
    void told.then(end)
  })
}
