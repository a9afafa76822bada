import { setTimeout as pause } from 'node:timers/promises'
import { conflict, unavailable } from '@rookery/model'
import type { FinishResult, MigrationTarget, TaskOf } from '@rookery/protocol'
import type { DomainContext } from '../domain/context.ts'
import { tapName } from '../domain/places.ts'
import { makeSeed } from '../domain/seed.ts'
import { isMoving } from '../domain/status.ts'
import { mediumPath } from '../domain/xml-disk.ts'
import type { Handler } from '../tasks/registry.ts'
import type { MigrationParts } from './parts.ts'

/** How long one task waits for a guest that is still coming; whoever asked asks again. */
const patienceMs = 600_000
const lookMs = 100
/** How long a guest that is whole may wait for its images before it counts as one that has come: the other host may have to be told first. */
const giftPatienceMs = 5000

/** Makes room for a guest: everything that its definition will name, and nothing that runs. */
export function prepareHandler(ctx: DomainContext, door: MigrationParts | null): Handler<'vm.migrate.prepare'> {
  return async (task, { signal }) => {
    if (door === null)
      throw conflict('host.no_migration', 'This host takes no guests from others: it has no address for migrations.')
    const there = await ctx.observer.adopt(task.vmId)
    if (there !== null && there.runId !== task.runId)
      throw conflict('vm.other_run', `VM ${task.vmId} runs here already, as run ${there.runId}.`, {
        ref: { kind: 'vm', id: task.vmId },
      })
    if (there === null && (await ctx.hypervisor.xml(task.vmId)) !== null)
      throw conflict(
        'vm.foreign_domain',
        `A domain with the id of VM ${task.vmId} is on this host and not this engine's.`,
      )
    try {
      return await prepare(ctx, door, task, signal)
    } catch (error) {
      if (there === null) {
        await ctx.gifts.forget(task.vmId)
        await forget(ctx, task.vmId, taps(ctx, task))
      }
      throw error
    }
  }
}

const taps = (ctx: DomainContext, task: TaskOf<'vm.migrate.prepare'>) =>
  task.nics.map(nic => tapName(ctx.bridgePrefix, nic.nicId))

async function prepare(
  ctx: DomainContext,
  door: MigrationParts,
  task: TaskOf<'vm.migrate.prepare'>,
  signal: AbortSignal,
): Promise<MigrationTarget> {
  const { vmId, runId } = task
  const disks = task.disks.map(({ diskId, volume }) => ({ diskId, file: ctx.storage.volumePath(volume) }))
  const medium = mediumPath(task.medium, ctx.storage)
  const nics = task.nics.map(nic => {
    const bridge = nic.networkId === null ? null : ctx.network.bridge(nic.networkId)
    return {
      nicId: nic.nicId,
      bridge: bridge?.name ?? null,
      mtu: bridge?.mtu ?? null,
      tap: tapName(ctx.bridgePrefix, nic.nicId),
    }
  })
  const owner = ctx.qemuOwner()
  ctx.places.prepareVm(vmId, owner)
  const seedFile = task.seed === null ? null : ctx.places.seedFile(vmId, runId)
  if (task.seed !== null && seedFile !== null) await makeSeed(task.seed, seedFile, owner, signal)
  await Promise.all(
    task.nics.map(nic => ctx.network.guard(tapName(ctx.bridgePrefix, nic.nicId), nic.noMacSpoofing ? nic.mac : null)),
  )
  signal.throwIfAborted()
  const leases = await ctx.gifts.expect(vmId, runId, ctx.leases.of(task.disks))
  return {
    runId,
    generation: ctx.incarnation,
    address: door.address,
    port: door.port,
    disks,
    nics,
    medium,
    seedFile,
    vncSocket: ctx.places.vncSocket(vmId),
    serialSocket: ctx.places.serialSocket(vmId),
    serialLog: ctx.places.serialLog(vmId),
    ...(leases.length === 0 ? {} : { leases }),
  }
}

/** Waits until the guest is its own master here, or is surely not coming any more. */
export function finishHandler(ctx: DomainContext): Handler<'vm.migrate.finish'> {
  return async ({ vmId, runId, nicIds }, { signal }): Promise<FinishResult> => {
    const deadline = Date.now() + patienceMs
    let complete: number | null = null
    for (;;) {
      const run = await ctx.observer.adopt(vmId)
      if (run === null || run.runId !== runId) {
        // libvirt takes a half-arrived guest away by itself, as soon as the other side is gone.
        if (run === null && (await ctx.hypervisor.xml(vmId)) === null) {
          await ctx.gifts.forget(vmId)
          await forget(
            ctx,
            vmId,
            nicIds.map(id => tapName(ctx.bridgePrefix, id)),
          )
        }
        return { runId, arrived: false }
      }
      // It is whole, and only the other host's word is missing, which whoever asks may have to bring about.
      const gift = ctx.gifts.awaits(vmId)
      complete = gift !== 'gift' ? null : (complete ?? Date.now())
      if (complete !== null && Date.now() - complete >= giftPatienceMs) return { runId, arrived: true }
      const state = gift === null ? await ctx.hypervisor.state(vmId) : null
      if (state !== null && !isMoving(state.reason) && state.reason !== 'starting up') return { runId, arrived: true }
      if (Date.now() >= deadline)
        throw unavailable('vm.migrate.still_coming', 'The guest is still on its way to this host.', {
          ref: { kind: 'vm', id: vmId },
        })
      await pause(lookMs, undefined, { signal })
    }
  }
}

async function forget(ctx: DomainContext, vmId: string, taps: readonly string[]): Promise<void> {
  ctx.places.forgetVm(vmId)
  for (const tap of taps) await ctx.network.guard(tap, null)
}
