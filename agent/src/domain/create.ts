import { randomBytes } from 'node:crypto'
import { conflict } from '@rookery/model'
import type { DomainSpec } from '@rookery/protocol'
import type { Logger } from 'pino'
import type { Handler } from '../tasks/registry.ts'
import type { DomainContext } from './context.ts'
import { cacheMode } from './direct-io.ts'
import type { RunMetadata } from './metadata.ts'
import { tapName } from './places.ts'
import { restoredXml } from './restore.ts'
import { makeSeed } from './seed.ts'
import { leaseLost } from './run-lease.ts'
import { domainXml } from './xml.ts'
import type { DomainEnv } from './xml-env.ts'

/**
 * Boots a run. Whether it is there is asked of libvirt each time, so a task that is done again after a crash in the middle finds the
 * domain. Nothing has to be undone before libvirt has started it; the seed is removed with the run's folder.
 */
export function createHandler(ctx: DomainContext): Handler<'vm.create'> {
  return async ({ spec }, { signal, log }) => {
    const there = await ctx.observer.adopt(spec.vmId)
    if (there !== null) {
      if (there.runId === spec.runId) return goOn(ctx, spec, signal)
      throw conflict('vm.other_run', `VM ${spec.vmId} runs here already, as run ${there.runId}.`, {
        ref: { kind: 'vm', id: spec.vmId },
      })
    }
    await refuseForeign(ctx, spec)
    try {
      return await start(ctx, spec, signal, log)
    } catch (error) {
      // Nothing of a run that is not there stays; one that is there keeps its folder.
      if ((await ctx.hypervisor.xml(spec.vmId)) === null) ctx.places.forgetVm(spec.vmId)
      throw error
    }
  }
}

/**
 * The run is there from before a crash of this agent. Where its images are leased, the crash may have come before it was allowed to run: it
 * stands still then, since it was started so.
 */
async function goOn(ctx: DomainContext, spec: DomainSpec, signal: AbortSignal): Promise<unknown> {
  const images = ctx.leases.of(spec.disks)
  if (images.length === 0 || (await ctx.hypervisor.state(spec.vmId))?.state !== 'paused') return {}
  return letRun(ctx, spec, () => ctx.leases.take(images, signal, spec.vmId))
}

/** The guest stands still: its keepers hear of its process, and only then it runs. One that may not is ended. */
async function letRun(ctx: DomainContext, spec: DomainSpec, first = async (): Promise<void> => {}): Promise<unknown> {
  try {
    await first()
    await ctx.leases.use(ctx.leases.of(spec.disks), spec.vmId)
  } catch (error) {
    await ctx.hypervisor.destroy(spec.vmId)
    throw leaseLost(spec.vmId, error)
  }
  if (!spec.startPaused && (await ctx.hypervisor.state(spec.vmId))?.state === 'paused')
    await ctx.hypervisor.resume(spec.vmId)
  return {}
}

async function start(ctx: DomainContext, spec: DomainSpec, signal: AbortSignal, log: Logger): Promise<unknown> {
  const owner = ctx.qemuOwner()
  ctx.places.prepareVm(spec.vmId, owner)
  const seedFile = spec.seed === null ? null : ctx.places.seedFile(spec.vmId, spec.runId)
  if (spec.seed !== null && seedFile !== null) await makeSeed(spec.seed, seedFile, owner, signal)
  const env = environment(ctx, spec, seedFile)
  await Promise.all(spec.nics.map(nic => ctx.network.guard(env.tap(nic.nicId), nic.noMacSpoofing ? nic.mac : null)))
  signal.throwIfAborted()
  const images = ctx.leases.of(spec.disks)
  await ctx.leases.take(images, signal, spec.vmId)
  // Nobody is told of a pause that is only part of the start.
  if (images.length > 0 && !spec.startPaused) ctx.observer.starting.add(spec.vmId)
  try {
    return await boot(ctx, spec, env, signal, log)
  } catch (error) {
    // What a process still has is let go when it is gone.
    await ctx.leases.release(images)
    throw error
  } finally {
    ctx.observer.starting.delete(spec.vmId)
  }
}

async function boot(
  ctx: DomainContext,
  spec: DomainSpec,
  env: DomainEnv,
  signal: AbortSignal,
  log: Logger,
): Promise<unknown> {
  const leased = ctx.leases.of(spec.disks).length > 0
  const paused = spec.startPaused || leased
  try {
    if (spec.restoreFrom === null) await ctx.hypervisor.create(domainXml(spec, env), paused)
    else {
      const file = ctx.storage.volumePath(spec.restoreFrom)
      await ctx.hypervisor.restore(file, restoredXml(await ctx.hypervisor.savedXml(file), spec, env), paused)
    }
  } catch (error) {
    log.debug({ err: error }, 'the start failed')
    // A crash between libvirt's start and its answer looks like a failure here and is none.
    if ((await ctx.observer.adopt(spec.vmId).catch(() => null))?.runId !== spec.runId) throw error
    if (!leased) return {}
  }
  if (signal.aborted) {
    await ctx.hypervisor.destroy(spec.vmId)
    signal.throwIfAborted()
  }
  if (leased) await letRun(ctx, spec)
  const run = await ctx.observer.adopt(spec.vmId)
  if (run?.runId !== spec.runId)
    throw conflict('vm.run_ended', `The guest of run ${spec.runId} stopped as soon as it was started.`)
  return {}
}

/** A domain with the VM's id that is not this engine's is somebody else's business: it is left alone and the start refused. */
async function refuseForeign(ctx: DomainContext, spec: DomainSpec): Promise<void> {
  if ((await ctx.hypervisor.xml(spec.vmId)) !== null)
    throw conflict(
      'vm.foreign_domain',
      `A domain with the id of VM ${spec.vmId} is on this host and not this engine's.`,
    )
}

function environment(ctx: DomainContext, spec: DomainSpec, seedFile: string | null): DomainEnv {
  const metadata: RunMetadata = {
    engineId: ctx.engineId,
    runId: spec.runId,
    generation: ctx.incarnation,
    graceSeconds: spec.guestAgentGraceSeconds,
    startedAt: Date.now(),
    seed: seedFile ?? '',
  }
  return {
    accel: ctx.accel(),
    emulator: ctx.emulator,
    volumePath: ref => ctx.storage.volumePath(ref),
    isoPath: ref => ctx.storage.isoPath(ref),
    cache: cacheMode,
    bridge: id => ctx.network.bridge(id),
    tap: nicId => tapName(ctx.bridgePrefix, nicId),
    vncSocket: ctx.places.vncSocket(spec.vmId),
    vncPassword: randomBytes(6).toString('base64url'),
    serialSocket: ctx.places.serialSocket(spec.vmId),
    serialLog: ctx.places.serialLog(spec.vmId),
    seedFile,
    metadata,
  }
}
