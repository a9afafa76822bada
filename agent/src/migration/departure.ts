import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { JobStats } from '@rookery/libvirt/jobs'
import { conflict, RookeryError } from '@rookery/model'
import type { MigrateResult, MigrationPlan, MigrationTarget, TaskOf } from '@rookery/protocol'
import type { DomainContext } from '../domain/context.ts'
import { cacheMode } from '../domain/direct-io.ts'
import { isAway, isNotHere } from '../domain/hypervisor-errors.ts'
import { isMoving, settledHere } from '../domain/status.ts'
import type { Handler, TaskContext } from '../tasks/registry.ts'
import { arrivingXml } from './arriving-xml.ts'
import { atFirst, converge } from './convergence.ts'
import type { MigrationParts } from './parts.ts'
import { type Way, wayOf } from './way.ts'

/** How often a migration is looked at. */
const lookMs = 500
/** How long the event that says why a domain is gone may come after it. */
const eventPatienceMs = 3000

/**
 * Sends a guest to another host. The two libvirts do it among themselves, peer to peer, so neither a restart of this agent nor of the
 * engine touches it: a task that is done again finds the migration under way and follows it. An error means that the guest goes on here;
 * when that is not certain there is none, and the answer says so.
 */
export function migrateHandler(ctx: DomainContext, parts: MigrationParts | null): Handler<'vm.migrate'> {
  /** Numbers of migrations that have just ended, by VM: libvirt tells them once, when the domain is gone already. */
  const last = new Map<string, JobStats>()
  ctx.hypervisor.onJobCompleted((vmId, stats) => {
    if (stats.operation === 'migration out') last.set(vmId, stats)
  })
  return async (task, own) => {
    const { vmId, runId } = task
    const here = await ctx.observer.adopt(vmId)
    if (here === null || here.runId !== runId)
      return resultOf(true, undefined, { way: 'live', postCopy: false, sendingSince: null })
    const underWay = await leaves(ctx, vmId)
    if (!underWay) {
      own.signal.throwIfAborted()
      mustBeShareable(ctx, vmId)
      last.delete(vmId)
    }
    ctx.observer.change(vmId, f => ({ ...f, migrating: 'out' }))
    const wished = wayOf(task.plan, ctx.sendsRunning())
    // libvirt lets a guest arrive standing still only without post-copy: it stands still for the copy instead.
    const way = wished === 'post_copy' && leasesOf(task).length > 0 ? 'paused' : wished
    const watched = new Watched(ctx, task, own, way)
    const moving = underWay ? follow(ctx, task) : begin(ctx, parts, task, way, here.facts.up)
    const outcome = await watched.until(moving)
    if (outcome === null) {
      // Its process is gone: the images go over now, and the guest runs there.
      await ctx.leases.settle(leasesOf(task))
      ctx.observer.ended(vmId, runId, 'migrated')
      return resultOf(true, last.get(vmId), watched)
    }
    if (isAway(outcome)) throw outcome
    if (task.target.leases !== undefined) await stays(ctx, task, watched)
    return afterFailure(ctx, task, own, watched, outcome, last.get(vmId))
  }
}

/** Whether libvirt is moving the domain out now. */
async function leaves(ctx: DomainContext, vmId: string): Promise<boolean> {
  const stats = await ctx.hypervisor.jobStats(vmId)
  return stats !== null && ['bounded', 'unbounded'].includes(stats.type) && stats.operation === 'migration out'
}

/** libvirt judges by the file system whether storage is shared; the engine knows it. What it would rightly refuse is left: cached writes. */
function mustBeShareable(ctx: DomainContext, vmId: string): void {
  for (const disk of ctx.observer.get(vmId)?.live.disks ?? []) {
    if (disk.diskId === null || disk.file === null || cacheMode(disk.file) === 'none') continue
    throw conflict(
      'vm.migrate.cached',
      `Disk ${disk.diskId} lies on a file system without direct I/O: this host may still keep what the guest wrote when it goes on at the other one.`,
      { detail: { diskId: disk.diskId } },
    )
  }
}

async function begin(
  ctx: DomainContext,
  parts: MigrationParts | null,
  task: TaskOf<'vm.migrate'>,
  way: Way,
  up: boolean,
): Promise<void> {
  const { vmId, target, plan } = task
  if (parts === null)
    throw conflict('host.no_migration', 'This host sends no guests to others: it has no certificates for it.')
  const leases = await handedOver(ctx, task)
  const live = await ctx.hypervisor.migratableXml(vmId)
  const vncPassword = randomBytes(6).toString('base64url')
  const xml = arrivingXml(live, target, { engineId: ctx.engineId, up, vncPassword })
  const how = howOf(plan, target, parts, way)
  // It runs there when its images were given away, which is after it has arrived.
  await ctx.hypervisor.migrate(vmId, { ...how, ...(leases ? { paused: true, postCopy: false } : {}), xml })
}

const leasesOf = (task: TaskOf<'vm.migrate'>) => task.target.leases ?? []

/** Tells the keepers here to whom the images go when the process is gone. Whether there are any. */
async function handedOver(ctx: DomainContext, task: TaskOf<'vm.migrate'>): Promise<boolean> {
  const run = ctx.observer.get(task.vmId)
  const own = run === undefined ? [] : ctx.leases.ofLive(run.live)
  const lacks = own.find(image => !leasesOf(task).some(other => other.imageId === image.imageId))
  if (lacks !== undefined)
    throw conflict(
      'vm.migrate.lease',
      `The other host does not wait for image ${lacks.imageId}, which this one would have to give away on storage. Try again.`,
    )
  await ctx.leases.handOver(leasesOf(task))
  return leasesOf(task).length > 0
}

/** It surely goes on here, or nothing is known yet; only in the first case nothing goes over any more. */
async function stays(ctx: DomainContext, task: TaskOf<'vm.migrate'>, watched: Watched): Promise<void> {
  const state = await ctx.hypervisor.state(task.vmId)
  // One that is only being taken down has left, or is dead.
  if (state === null || !['running', 'paused'].includes(state.state)) return ctx.leases.settle(leasesOf(task))
  if (state.state === 'paused' && isMoving(state.reason)) return
  await ctx.leases.handOver(leasesOf(task).map(image => ({ ...image, generation: null })))
  if (watched.suspended && state.state === 'paused') await ctx.hypervisor.resume(task.vmId)
}

const MiB = 1024 * 1024

/** How libvirt is told to carry out a plan. QEMU 7.2 does post-copy over one connection only, and compresses one only. */
export function howOf(plan: MigrationPlan, target: MigrationTarget, parts: MigrationParts, way: Way = 'live') {
  const host = target.address.includes(':') ? `[${target.address}]` : target.address
  const postCopy = plan.convergence.some(step => step.action.kind === 'post_copy')
  const compressed = plan.compressed && !postCopy
  return {
    target: `qemu+tls://${host}:${target.port}/system?pkipath=${encodeURIComponent(parts.libvirtPki)}`,
    uri: `tcp://${host}`,
    tls: plan.encrypted,
    ...(plan.encrypted ? { tlsDestination: target.address } : {}),
    live: way !== 'paused',
    postCopy,
    compressed,
    autoConverge: plan.autoConverge && way === 'live',
    abortOnError: true,
    // Whether storage is shared was asked of those who know it.
    unsafe: true,
    ...(way === 'post_copy'
      ? { bandwidthMiBps: 1 }
      : plan.bandwidth === null
        ? {}
        : { bandwidthMiBps: Math.max(1, Math.round(plan.bandwidth / MiB)) }),
    ...(plan.connections === null || postCopy || compressed ? {} : { parallelConnections: plan.connections }),
  }
}

/** Follows a migration that an earlier process of this agent began. */
async function follow(ctx: DomainContext, { vmId, runId }: TaskOf<'vm.migrate'>): Promise<void> {
  while (await leaves(ctx, vmId)) await pause(lookMs)
  const deadline = Date.now() + eventPatienceMs
  for (;;) {
    const gone = (await ctx.hypervisor.xml(vmId)) === null
    // The observer hears from libvirt whether it left or died; both are "not here".
    if (ctx.observer.get(vmId)?.runId !== runId) return
    if (!gone) throw conflict('vm.migrate.failed', 'The migration did not succeed.')
    if (Date.now() >= deadline) return void (await ctx.observer.adopt(vmId))
    await pause(lookMs / 5)
  }
}

/** Looks at a migration while it lasts: says how far it is, and carries out the plan. */
class Watched {
  readonly #ctx: DomainContext
  readonly #task: TaskOf<'vm.migrate'>
  readonly #own: TaskContext
  readonly way: Way
  readonly #began = Date.now()
  #state = atFirst
  #downtime: number
  #limitSet = false
  /** When its memory was seen to go for the first time: one that is paused for it stands from then. */
  sendingSince: number | null = null
  postCopy = false
  /** It was made to stand still so that it comes to an end. */
  suspended = false
  /** The plan gave it up. */
  stalled = false

  constructor(ctx: DomainContext, task: TaskOf<'vm.migrate'>, own: TaskContext, way: Way) {
    this.#ctx = ctx
    this.#task = task
    this.#own = own
    this.way = way
    this.#downtime = task.plan.downtime
  }

  /** Resolves with the error that ended it, or with null when it has succeeded. */
  async until(moving: Promise<void>): Promise<unknown> {
    let ended = false
    const outcome = moving.then(
      () => null,
      (error: unknown) => error ?? new Error('no reason given'),
    )
    void outcome.then(() => {
      ended = true
    })
    const abort = () => void this.#stop()
    this.#own.signal.addEventListener('abort', abort, { once: true })
    if (this.#own.signal.aborted) abort()
    try {
      for (;;) {
        await Promise.race([outcome, pause(this.#limitSet ? lookMs : lookMs / 10)])
        if (ended) return await outcome
        await this.#look().catch((error: unknown) => this.#own.log.debug({ err: error }, 'a migration was not seen'))
      }
    } finally {
      this.#own.signal.removeEventListener('abort', abort)
    }
  }

  async #stop(): Promise<void> {
    const { vmId } = this.#task
    // libvirt may not have begun yet; what was asked for once is asked for until it is over.
    for (let n = 0; n < 100 && (await leavesOrStarts(this.#ctx, vmId)); n++) {
      const done = await this.#ctx.hypervisor.abortJob(vmId).then(
        () => true,
        (error: unknown) => {
          this.#own.log.debug({ err: error }, 'a migration could not be stopped')
          return this.postCopy
        },
      )
      if (done) return
      await pause(lookMs / 5)
    }
  }

  async #look(): Promise<void> {
    const { hypervisor, observer } = this.#ctx
    const { vmId, plan } = this.#task
    const stats = await hypervisor.jobStats(vmId)
    if (stats === null || stats.operation !== 'migration out') return
    if (!this.#limitSet) {
      await hypervisor.maxDowntime(vmId, this.#downtime)
      this.#limitSet = true
    }
    const number = (name: string) => Number(stats.params[name] ?? 0)
    const total = stats.total ?? 0
    const remaining = stats.remaining ?? total
    const iteration = number('memory_iteration')
    // Being set up: there is nothing to say yet.
    if (total === 0) return
    this.sendingSince ??= Date.now()
    this.#own.progress(Math.min(99, (100 * (total - remaining)) / total))
    const migration = {
      total,
      remaining,
      rate: number('memory_bps') + number('disk_bps'),
      iteration,
      downtimeLimit: this.#downtime,
      elapsedMs: stats.elapsedMs ?? Date.now() - this.#began,
      postCopy: this.postCopy,
    }
    observer.change(vmId, f => ({ ...f, migration }))
    if (this.postCopy || this.suspended || this.#own.signal.aborted || this.way === 'paused') return
    if (this.way === 'post_copy') {
      await hypervisor.startPostCopy(vmId)
      this.postCopy = true
      return
    }
    const { now, actions } = converge(this.#state, { iteration, remaining }, plan)
    this.#state = now
    for (const action of actions) {
      this.#own.log.info({ action, iteration, remaining }, 'a migration does not come closer to its end')
      if (action.kind === 'downtime') {
        this.#downtime = action.ms
        await hypervisor.maxDowntime(vmId, action.ms)
      } else if (action.kind === 'post_copy' && this.#task.target.leases !== undefined) {
        // It may run there only when nothing here can write any more, which post-copy has no moment for: it stands still for the rest instead.
        await hypervisor.suspend(vmId)
        this.suspended = true
      } else if (action.kind === 'post_copy') {
        await hypervisor.startPostCopy(vmId)
        this.postCopy = true
        return
      } else {
        this.stalled = true
        await hypervisor.abortJob(vmId)
        return
      }
    }
  }
}

const leavesOrStarts = async (ctx: DomainContext, vmId: string): Promise<boolean> =>
  ctx.observer.get(vmId)?.facts.migrating === 'out'

/** libvirt gave up. What that means is read from the domain, not from the error. */
async function afterFailure(
  ctx: DomainContext,
  { vmId, runId }: TaskOf<'vm.migrate'>,
  own: TaskContext,
  watched: Watched,
  error: unknown,
  stats: JobStats | undefined,
): Promise<MigrateResult> {
  const now = await ctx.observer.adopt(vmId)
  if (now === null || now.runId !== runId) return resultOf(true, stats, watched)
  const state = await ctx.hypervisor.state(vmId)
  if (state === null) return resultOf(true, stats, watched)
  if (state.state === 'paused' && isMoving(state.reason)) {
    own.log.warn({ err: error, reason: state.reason }, 'it is not known on which side the guest goes on')
    return resultOf(false, stats, watched)
  }
  ctx.observer.change(vmId, settledHere)
  own.signal.throwIfAborted()
  if (watched.stalled)
    throw conflict(
      'vm.migrate.stalled',
      'The guest writes to its memory faster than it can be sent, and its migration policy does not allow a longer pause.',
      { cause: error },
    )
  throw error instanceof RookeryError && !isNotHere(error)
    ? error
    : conflict('vm.migrate.failed', 'The migration did not succeed.', { cause: error })
}

function resultOf(
  left: boolean,
  stats: JobStats | undefined,
  { way, postCopy, sendingSince }: Pick<Watched, 'way' | 'postCopy' | 'sendingSince'>,
): MigrateResult {
  const durationMs = stats?.elapsedMs ?? null
  const stoodMs = sendingSince === null ? durationMs : Date.now() - sendingSince
  return {
    left,
    // QEMU counts from the end of the copy; a guest that stood still for all of it paused longer.
    downtimeMs: way === 'paused' ? stoodMs : (stats?.downtimeMs ?? null),
    durationMs,
    transferred: stats?.processed ?? null,
    postCopy,
  }
}
