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
      if (there.runId === spec.runId) return {}
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

async function start(ctx: DomainContext, spec: DomainSpec, signal: AbortSignal, log: Logger): Promise<unknown> {
  const owner = ctx.qemuOwner()
  ctx.places.prepareVm(spec.vmId, owner)
  const seedFile = spec.seed === null ? null : ctx.places.seedFile(spec.vmId, spec.runId)
  if (spec.seed !== null && seedFile !== null) await makeSeed(spec.seed, seedFile, owner, signal)
  const env = environment(ctx, spec, seedFile)
  await Promise.all(spec.nics.map(nic => ctx.network.guard(env.tap(nic.nicId), nic.noMacSpoofing ? nic.mac : null)))
  signal.throwIfAborted()
  try {
    if (spec.restoreFrom === null) await ctx.hypervisor.create(domainXml(spec, env), spec.startPaused)
    else {
      const file = ctx.storage.volumePath(spec.restoreFrom)
      await ctx.hypervisor.restore(file, restoredXml(await ctx.hypervisor.savedXml(file), spec, env), spec.startPaused)
    }
  } catch (error) {
    log.debug({ err: error }, 'the start failed')
    // A crash between libvirt's start and its answer looks like a failure here and is none.
    if ((await ctx.observer.adopt(spec.vmId).catch(() => null))?.runId === spec.runId) return {}
    throw error
  }
  if (signal.aborted) {
    await ctx.hypervisor.destroy(spec.vmId)
    signal.throwIfAborted()
  }
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
