import { setTimeout as delay } from 'node:timers/promises'
import { RookeryError } from '@rookery/model'
import type { LeaseDeclared, TaskOf } from '@rookery/protocol'
import type { StoragePort } from '../storage-port.ts'
import type { Handlers, LeaseKind } from '../tasks/registry.ts'
import { type Leases, noLease } from './leases.ts'

/** How long a keeper is asked again that is at a declaration already, or has not seen the table yet. */
const patienceMs = 120_000
const againMs = 1000

/** The handlers of tasks about storage leases. */
export function leaseHandlers(leases: Leases, storage: Pick<StoragePort, 'leased'>): Handlers<LeaseKind> {
  return {
    'lease.declare': async (task, { signal }): Promise<LeaseDeclared> => {
      if (!storage.leased(task.storageDomainId)) throw noLease(task.storageDomainId)
      return declare(leases, task, signal)
    },
  }
}

/** Every life of the host that is not over is called dead, each by itself. */
async function declare(leases: Leases, task: TaskOf<'lease.declare'>, signal: AbortSignal): Promise<LeaseDeclared> {
  const { storageDomainId, hostUuid, cause } = task
  const lives = async () => (await leases.status(storageDomainId)).others.filter(life => life.hostId === hostUuid)
  for (const deadline = Date.now() + patienceMs; ; ) {
    signal.throwIfAborted()
    const left = (await lives()).filter(life => !life.dead)
    if (left.length === 0) return { dead: true, moved: null }
    if (cause === 'expired' && left.some(life => !life.looksDead))
      return { dead: false, moved: Math.min(...left.map(life => life.unmoved ?? 0)) }
    try {
      const said = await Promise.all(
        left.map(life => leases.ask(storageDomainId, { do: 'declare', of: life.generation, cause }, signal)),
      )
      // What time frees is free by now; the rest is held on, so such a life is not over.
      if (cause === 'expired') return { dead: said.every(({ dead }) => dead === true), moved: null }
      if (said.some(({ dead }) => dead !== true))
        return { dead: false, moved: Math.min(...(await lives()).map(life => life.unmoved ?? 0)) }
    } catch (error) {
      if (!(error instanceof RookeryError) || error.code !== 'lease.cannot_declare' || Date.now() >= deadline)
        throw error
      await delay(againMs, undefined, { signal })
    }
  }
}
