import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { unavailable } from '@rookery/model'
import type { FastifyInstance } from 'fastify'
import type { EngineConfig } from './config.ts'
import { inTransaction } from './core/call.ts'
import { type Actor, type Env, systemActor } from './core/ctx.ts'
import type { Logger } from './core/log.ts'
import { type DomainModule, registry } from './core/registry.ts'
import { secretsIn } from './core/secrets.ts'
import { isDatabaseAway, listen, migrate, openDatabase } from './db/index.ts'
import { enrolmentRoute } from './dialects/native/enrol.ts'
import { nativeDialect } from './dialects/native/routes.ts'
import { addConsoles } from './dialects/streams/console.ts'
import { imageProxy } from './dialects/streams/images.ts'
import { ovirtDialect } from './dialects/ovirt/index.ts'
import { allDomains } from './domains.ts'
import type { EngineHandle } from './engine.ts'
import { Lease } from './engines/lease.ts'
import { pruneChanges } from './events/changes.ts'
import { pruneEvents } from './events/prune.ts'
import { ChangeFeed } from './events/stream.ts'
import { addConsole, consoleFolder, hasConsole } from './http/console.ts'
import { createLogger } from './http/logger.ts'
import { createMetrics } from './http/metrics.ts'
import { addRequestHooks } from './http/requests.ts'
import { createHttpServer } from './http/server.ts'
import { addWelcome } from './http/welcome.ts'
import { addWellKnown } from './http/well-known.ts'
import type { HostPort } from './jobs/host-port.ts'
import type { JobHooks } from './jobs/hooks.ts'
import { noOutside, type OutsidePort } from './jobs/outside-port.ts'
import { pruneJobs } from './jobs/prune.ts'
import { JobRunner } from './jobs/runner.ts'
import { startReconcilers } from './reconcile/loop.ts'
import { reconciler } from './reconcile/reconciler.ts'
import { startSequencer } from './reconcile/sequencer-loop.ts'
import { version } from './version.ts'

/** What only test entry points hand in; production has none of it. */
export interface EngineHooks {
  jobs?: JobHooks
  /** Stands between jobs and hosts. */
  hostPort?: (port: HostPort) => HostPort
  /** Stands between jobs and what is outside. */
  outside?: (port: OutsidePort) => OutsidePort
  /** Domains beside the release's own; with `only`, in place of all but identity. */
  modules?: readonly DomainModule[]
  only?: boolean
  /** Reconcilers that do not run by themselves: whoever started the engine runs them. */
  byHand?: readonly string[]
  /** The folder of a built console in place of the checkout's own. */
  console?: string
  log?: Logger
}

/** One engine process, or one of several in a test. */
export interface Engine {
  readonly handle: EngineHandle
  readonly app: FastifyInstance
  /** Brings the schema up to date, listens, takes up jobs. Resolves when requests are answered. */
  start(): Promise<{ url: string; port: number }>
  /** Ends streams, hands jobs on, gives the lease back. Safe to call twice. */
  stop(): Promise<void>
  readonly runner: JobRunner
}

const databaseWaitMs = 30_000

/** Puts an engine together; nothing runs before `start`. */
export async function createEngine(config: EngineConfig, hooks: EngineHooks = {}): Promise<Engine> {
  const instanceId = randomUUID()
  const log = hooks.log ?? createLogger(config.log.level, { engine: instanceId.slice(0, 8) })
  const db = openDatabase(config.database, { connections: config.connections })
  const modules = hooks.only === true ? allDomains().slice(0, 1) : allDomains()
  const all = [...modules, ...(hooks.modules ?? []), housekeeping(config)]
  const known = registry(all)
  const notifications = listen(config.database, {
    onGap: error => log.debug({ err: error }, 'the ear for notifications was closed; it opens again'),
  })
  const lease = new Lease({
    db,
    notifications,
    log,
    instanceId,
    version,
    url: config.advertiseUrl,
    leaseSeconds: config.leaseSeconds,
  })
  const stopping = new AbortController()
  const feed = new ChangeFeed(db, notifications, log)

  const secrets = secretsIn(join(config.dataDir, 'secrets.key'))
  const env = (actor: Actor = systemActor, correlationId: string = randomUUID()): Env => ({
    db,
    actor,
    correlationId,
    log: log.child({ correlationId }),
    engineId: config.engineId,
    hear: (topic, hear) => notifications.on(topic, hear),
    hosts: { client: hostId => port.client(hostId) },
    hostKey: (at, signal) => outside.hostKey(at, signal),
    secrets,
  })
  const handle: EngineHandle = {
    config,
    db,
    log,
    registry: known,
    instanceId,
    notifications,
    env,
    isMine: duty => lease.isMine(duty),
    onMembership: changed => lease.onMembership(changed),
    stopping: stopping.signal,
  }
  const port = all.find(module => module.hostPort !== undefined)?.hostPort?.(handle) ?? noHosts
  const ownOutside = all.findLast(module => module.outside !== undefined)?.outside?.(handle) ?? noOutside
  const outside = hooks.outside?.(ownOutside) ?? ownOutside
  const runner = new JobRunner({
    db,
    notifications,
    instanceId,
    log,
    definitions: known.jobs,
    hostPort: hooks.hostPort?.(port) ?? port,
    outside,
    hooks: hooks.jobs,
  })

  const app = await createHttpServer(config.tls)
  const consoleAt = hooks.console ?? consoleFolder
  addRequestHooks(app, log)
  const metrics = createMetrics({
    db,
    version,
    jobs: () => runner.size,
    streams: () => feed.size,
    leaseHolds: () => lease.holds,
  })
  addWellKnown(app, { db, metrics, version, instanceId, leaseHolds: () => lease.holds })
  addWelcome(app, { console: hasConsole(consoleAt) })
  if (hasConsole(consoleAt)) await addConsole(app, consoleAt)
  nativeDialect(app, handle, feed)
  enrolmentRoute(app, handle)
  addConsoles(app.server, handle)
  await app.register(async scope => imageProxy(scope as unknown as FastifyInstance, handle))
  // A scope of its own: its parsers and error shapes are not the native dialect's.
  if (hooks.only !== true) await app.register(async scope => ovirtDialect(scope as unknown as FastifyInstance, handle))

  const started: [what: string, end: () => Promise<void> | void][] = []
  let stopped: Promise<void> | undefined

  async function start(): Promise<{ url: string; port: number }> {
    await whenAnswering(() => migrate(db.pool), log).then(report => {
      if (report.applied.length > 0) log.info({ ...report }, 'database schema brought up to date')
      if (report.newer.length > 0)
        log.warn({ newer: report.newer }, 'the database belongs to a newer release, which this one can work with')
    })
    for (const module of all) await module.bootstrap?.(handle)
    await app.listen({ host: config.listen.host, port: config.listen.port })
    await lease.start()
    feed.start()
    started.push(['the sequencer', startSequencer(db, notifications, log)])
    runner.start()
    const endReconcilers = startReconcilers({
      reconcilers: known.reconcilers.filter(({ name }) => !(hooks.byHand ?? []).includes(name)),
      notifications,
      log,
      env: () => env(),
      isMine: handle.isMine,
      onMembership: handle.onMembership,
    })
    started.push(['reconcilers', endReconcilers])
    for (const module of all) {
      await module.start?.(handle)
      if (module.stop !== undefined) started.push([`the domain ${module.name}`, () => module.stop?.()])
    }
    await inTransaction(env(), async ctx => ctx.event('engine.started', { refs: [], data: { instanceId, version } }))
    const address = app.server.address() as AddressInfo
    log.info({ port: address.port, version }, 'engine is ready')
    return { url: `https://${config.listen.host}:${address.port}`, port: address.port }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    const quietly = async (what: string, work: () => Promise<unknown> | void) => {
      const late = setTimeout(() => log.error({}, `the engine is stopping, and ${what} has not ended for 10 s`), 10_000)
      try {
        await work()
      } catch (error) {
        log.warn({ err: error }, `${what} did not end well`)
      } finally {
        clearTimeout(late)
      }
    }
    await quietly('the server', () => app.close())
    for (const [what, end] of started.toReversed()) await quietly(what, async () => end())
    await quietly('the feed', () => feed.stop())
    await quietly('jobs', () => runner.stop())
    await quietly('the farewell', () =>
      inTransaction(env(), async ctx => ctx.event('engine.stopped', { refs: [], data: { instanceId } })),
    )
    await quietly('the lease', () => lease.stop())
    await quietly('notifications', () => notifications.close())
    metrics.stop()
    await quietly('the database', () => db.close())
    log.info({}, 'engine has stopped')
  }

  return { handle, app, runner, start, stop: () => (stopped ??= stop()) }
}

/** Retries while the database is away: engine and database are started together. */
async function whenAnswering<T>(work: () => Promise<T>, log: Logger): Promise<T> {
  const deadline = Date.now() + databaseWaitMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() > deadline) throw error
      log.debug({ err: error }, 'the database does not answer yet')
      await pause(200)
    }
  }
}

const noHosts: HostPort = {
  client: async () => {
    throw unavailable('host.port', 'This engine has no way to hosts.')
  },
  isFenced: async () => false,
}

/** What belongs to no domain. */
const housekeeping = ({ keep }: EngineConfig): DomainModule => ({
  name: 'housekeeping',
  operations: [],
  queries: [],
  jobs: [],
  reconcilers: [
    reconciler('changes', { every: '5m' }, async ctx => void (await pruneChanges(ctx.sql))),
    reconciler('history', { every: '60m' }, async ctx => {
      await pruneJobs(ctx.sql, keep.jobDays)
      if (keep.eventDays !== null) await pruneEvents(ctx.sql, keep.eventDays)
    }),
  ],
})
