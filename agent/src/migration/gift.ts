import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { RookeryError } from '@rookery/model'
import type { Logger } from 'pino'
import type { Hypervisor } from '../domain/hypervisor.ts'
import { isAway } from '../domain/hypervisor-errors.ts'
import type { Observer } from '../domain/observer.ts'
import type { RunLeases } from '../domain/run-lease.ts'
import { isMoving } from '../domain/status.ts'
import type { LeasedImage } from '../keeper/leases.ts'

/** How often a guest that comes is looked at, and one whose gift is awaited, milliseconds. */
const lookMs = 100
const giftMs = 25
/** After something went wrong with a look. */
const againMs = 1000

interface Parts {
  readonly db: DatabaseSync
  readonly hypervisor: Hypervisor
  readonly observer: Observer
  readonly leases: RunLeases
  readonly log: Logger
}

/**
 * Guests with leased images that come from other hosts. libvirt leaves each standing still when it is complete; it runs when the other host's
 * keeper has given every image away, which it does when no process there can write any more. Between the two nobody runs it, and exactly
 * one host is entitled. Remembered, so that a restart of the agent or the absence of the engine leaves none standing.
 */
export class Gifts {
  readonly #parts: Parts
  readonly #pending = new Map<string, { runId: string; images: LeasedImage[]; complete: boolean }>()
  #stopped = false

  constructor(parts: Parts) {
    this.#parts = parts
    for (const row of parts.db.prepare('select vm_id, run_id, images from arrival').all())
      this.#pending.set(String(row.vm_id), {
        runId: String(row.run_id),
        images: JSON.parse(String(row.images)) as LeasedImage[],
        complete: false,
      })
    for (const vmId of this.#pending.keys()) parts.observer.coming.add(vmId)
  }

  /** Looks after those that were expected before the agent was started anew. */
  start(): void {
    for (const vmId of this.#pending.keys()) void this.#follow(vmId)
  }

  stop(): void {
    this.#stopped = true
  }

  /** A guest will come; its images are waited for. Returns for each the generation of this host's keeper that it is to be given to. */
  async expect(
    vmId: string,
    runId: string,
    images: readonly LeasedImage[],
  ): Promise<(LeasedImage & { generation: string })[]> {
    if (images.length === 0) return []
    const { db, observer, leases } = this.#parts
    const to = await leases.await(images)
    const known = this.#pending.has(vmId)
    db.prepare('insert or replace into arrival values (?, ?, ?)').run(vmId, runId, JSON.stringify(images))
    this.#pending.set(vmId, { runId, images: [...images], complete: false })
    observer.coming.add(vmId)
    if (!known) void this.#follow(vmId)
    return to
  }

  /** Whether the guest is not its own master here yet: not complete, or waiting for its gift. */
  awaits(vmId: string): 'guest' | 'gift' | null {
    const found = this.#pending.get(vmId)
    return found === undefined ? null : found.complete ? 'gift' : 'guest'
  }

  /** It does not come: nothing is waited for any more. Content when nothing was. */
  async forget(vmId: string): Promise<void> {
    const found = this.#pending.get(vmId)
    if (found === undefined) return
    this.#over(vmId)
    await this.#parts.leases.release(found.images)
  }

  #over(vmId: string): void {
    this.#pending.delete(vmId)
    this.#parts.observer.coming.delete(vmId)
    this.#parts.db.prepare('delete from arrival where vm_id = ?').run(vmId)
  }

  async #follow(vmId: string): Promise<void> {
    for (;;) {
      const arrival = this.#pending.get(vmId)
      if (arrival === undefined || this.#stopped) return
      try {
        await pause(await this.#look(vmId, arrival))
      } catch (error) {
        if (!isAway(error)) this.#parts.log.warn({ err: error, vmId }, 'a guest that comes could not be looked at')
        await pause(againMs)
      }
    }
  }

  /** One look; gives how long to wait for the next. */
  async #look(vmId: string, arrival: { runId: string; images: LeasedImage[]; complete: boolean }): Promise<number> {
    const { hypervisor, observer, leases, log } = this.#parts
    await hypervisor.whenUp(60_000)
    const state = await hypervisor.state(vmId)
    if (state === null) return lookMs
    if (isMoving(state.reason) || state.reason === 'starting up') {
      // Its process is here: the keeper knows it before it could run.
      await leases.arrived(arrival.images, vmId).catch(() => undefined)
      return lookMs / 2
    }
    arrival.complete = true
    const gift = await this.#gift(vmId, arrival.images)
    if (gift === 'waiting') return giftMs
    if (gift === 'lost') {
      // Whoever had it is dead or let it go: what came is older than what may have been written since.
      log.warn({ vmId }, 'a guest that had come is ended: the other host did not give its images away')
      await hypervisor.destroy(vmId)
      await this.forget(vmId)
      observer.ended(vmId, arrival.runId, 'failed', 'The other host did not give the images of the guest away.')
      return 0
    }
    if (state.state === 'paused') await hypervisor.resume(vmId)
    this.#over(vmId)
    await observer.adopt(vmId)
    return 0
  }
  async #gift(vmId: string, images: readonly LeasedImage[]): Promise<'given' | 'waiting' | 'lost'> {
    const { leases } = this.#parts
    try {
      await leases.arrived(images, vmId)
    } catch (error) {
      // A keeper that was started anew in between waits for nothing any more.
      if (error instanceof RookeryError && error.code === 'lease.not_held') return 'lost'
      throw error
    }
    return leases.gift(images)
  }
}
