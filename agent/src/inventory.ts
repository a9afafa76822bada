import type { HostInventory } from '@rookery/protocol'
import type { Consoles } from './console/consoles.ts'
import type { DomainContext } from './domain/context.ts'
import { domainInventory } from './domain/inventory.ts'
import type { StoragePort } from './storage-port.ts'
import type { TaskService } from './tasks/service.ts'

/** Where the inventory is taken from. */
export interface InventoryParts {
  readonly ctx: DomainContext
  readonly storage: Pick<StoragePort, 'inventory'>
  readonly consoles: Consoles
  readonly tasks: TaskService
  readonly dataDir: string
}

/** Answers `GET /v1/inventory`. Throws `unavailable` while libvirt is away: what is not known must not look like what is not there. */
export async function takeInventory(
  parts: InventoryParts,
  storageDomainIds: ReadonlySet<string>,
): Promise<HostInventory> {
  const { ctx, storage, consoles, tasks, dataDir } = parts
  const { taps, ...guests } = await domainInventory({ ...ctx, dataDir })
  const stored = await storage.inventory(storageDomainIds)
  const network = await ctx.network.inventory(taps)
  return {
    at: Date.now(),
    incarnation: ctx.incarnation,
    domains: guests.domains,
    runs: guests.runs,
    storage: stored.storage,
    volumes: stored.volumes,
    imageTickets: stored.imageTickets,
    consoles: consoles.waiting(),
    networks: ctx.network.ids(),
    tasks: tasks.unsettled(),
    found: [...guests.found, ...stored.found, ...network.found],
    missing: network.missing,
  }
}
