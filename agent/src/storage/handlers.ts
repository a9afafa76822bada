import { lstat, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { conflict } from '@rookery/model'
import type { SpmEpoch, TicketResult, VolumeRef } from '@rookery/protocol'
import type { Tickets } from '../images/tickets.ts'
import type { LeasedImage } from '../keeper/leases.ts'
import type { StorageDeps } from '../storage-port.ts'
import type { Handlers, StorageKind } from '../tasks/registry.ts'
import { type Connections, plainPath } from './connections.ts'
import { createDomain, formatDomain, readMetadata, writeMetadata } from './domain.ts'
import { wording } from './errors.ts'
import { isMissing, makeFolder } from './files.ts'
import { connected, connectedData, type HostStorage } from './host-storage.ts'
import { removeImage } from './image-remove.ts'
import { folderMode } from './layout/constants.ts'
import { attached, detached, poolsOf } from './layout/domain-metadata.ts'
import { isLeased } from './lease-area.ts'
import { verifyVolume } from './verify.ts'
import { createVolume, extendVolume, renameVolume, setLegality } from './volume.ts'
import { measure, requireFormat, requireMeta, withVolume } from './volume-files.ts'

/** What the handlers work with. */
export interface HandlerDeps extends StorageDeps {
  storage: HostStorage
  connections: Connections
  tickets: Tickets
}

/** The handler of each storage task. */
export function createHandlers(deps: HandlerDeps): Handlers<StorageKind> {
  const { storage, connections, tickets } = deps

  /** The data domain of a volume, once it is clear that the order comes from who manages its pool. */
  const managed = async (storageDomainId: string, spm: SpmEpoch) => {
    await storage.epochs.admit(spm)
    const domain = connectedData(storage.domains, storageDomainId)
    const pool = domain.info?.poolId ?? null
    if (pool !== null && pool !== spm.poolId)
      throw conflict(
        'storage.attached_elsewhere',
        `Storage domain ${domain.info?.name ?? storageDomainId} is attached to data center ${pool}.`,
      )
    return domain
  }
  const noTickets = (storageDomainId: string) => {
    if (tickets.hasTicket(storageDomainId, null))
      throw conflict('storage.in_transfer', 'Images of this storage domain are in a transfer; end those first.')
  }
  /** Changes an image whole while no host writes to it; on a domain with leases the domain itself says so. */
  const alone = async <T>(image: LeasedImage, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const { leases } = deps
    if (leases === undefined || !isLeased(storage.domains.get(image.storageDomainId)?.connection)) return work()
    await leases.claim(image, { timed: false, pid: null }, signal)
    try {
      return await work()
    } finally {
      await leases.release([image])
    }
  }
  const volume = (ref: VolumeRef) => `volume ${ref.volumeId}`

  return {
    'storage.create': task =>
      wording(`Making a storage domain in ${task.connection.path}`, async () => {
        const { storageDomainId, connection, type, name } = task
        if (connection.type === 'localfs') await makeOwnFolder(plainPath(connection.path), deps)
        await connections.inFolder(connection, path =>
          createDomain(
            { storageDomainId, path, type, name, remotePath: connection.path, storageType: connection.type },
            storage.owner,
          ),
        )
        return null
      }),
    'storage.connect': task =>
      wording(`Connecting to ${task.connection.path}`, () =>
        connections.connect(task.storageDomainId, task.connection),
      ),
    'storage.disconnect': task =>
      wording('Disconnecting the storage domain', async () => {
        noTickets(task.storageDomainId)
        await connections.disconnect(task.storageDomainId)
        return null
      }),
    'storage.attach': task =>
      wording('Attaching the storage domain', async () => {
        await storage.epochs.admit(task.spm)
        const domain = connected(storage.domains, task.storageDomainId)
        const before = await readMetadata(domain.paths)
        const { poolName, role, poolDomains } = task
        const after = attached(before, { poolId: task.spm.poolId, poolName, role, poolDomains })
        await writeMetadata(domain.paths, after, storage.owner)
        await connections.look(task.storageDomainId)
        return null
      }),
    'storage.detach': task =>
      wording('Detaching the storage domain', async () => {
        await storage.epochs.admit(task.spm)
        const domain = connected(storage.domains, task.storageDomainId)
        noTickets(task.storageDomainId)
        const before = await readMetadata(domain.paths)
        const pools = poolsOf(before)
        if (pools.length === 0) return null
        if (!pools.includes(task.spm.poolId))
          throw conflict('storage.attached_elsewhere', `The storage domain is attached to data center ${pools[0]}.`)
        await writeMetadata(domain.paths, detached(before, task.spm.poolId), storage.owner)
        await connections.look(task.storageDomainId)
        return null
      }),
    'storage.format': task =>
      wording(`Removing the storage domain in ${task.connection.path}`, async () => {
        noTickets(task.storageDomainId)
        await connections.inFolder(task.connection, async path => {
          // A path that is gone holds nothing either.
          if (await isThere(path)) await formatDomain(path, task.storageDomainId)
        })
        await connections.disconnect(task.storageDomainId)
        return null
      }),
    'volume.create': (task, ctx) =>
      wording(`Making ${volume(task.volume)}`, async () =>
        createVolume(storage, await managed(task.volume.storageDomainId, task.spm), task, ctx.signal),
      ),
    'image.remove': (task, ctx) =>
      wording(`Removing image ${task.imageId}`, async () => {
        const domain = await managed(task.storageDomainId, task.spm)
        await alone(task, ctx.signal, () => removeImage(storage, domain, task, ctx.signal))
        return null
      }),
    'volume.extend': (task, ctx) =>
      wording(`Growing ${volume(task.volume)}`, async () => {
        const domain = await managed(task.volume.storageDomainId, task.spm)
        const grow = () => extendVolume(storage, domain, task, deps.resizeRunning, ctx.signal)
        // The guest's own QEMU grows what it has.
        return task.run === null ? alone(task.volume, ctx.signal, grow) : grow()
      }),
    'volume.measure': task =>
      wording(`Reading ${volume(task.volume)}`, async () => {
        const domain = connectedData(storage.domains, task.volume.storageDomainId)
        requireFormat(await requireMeta(domain, task.volume), task.format, task.volume)
        return withVolume(domain, task.volume, 'read', storage.owner, file => measure(file, task.format))
      }),
    'volume.verify': (task, ctx) =>
      wording(`Verifying ${volume(task.volume)}`, async () =>
        verifyVolume(storage, await managed(task.volume.storageDomainId, task.spm), task, ctx.signal),
      ),
    'volume.describe': task =>
      wording(`Renaming ${volume(task.volume)}`, async () => {
        await renameVolume(storage, await managed(task.volume.storageDomainId, task.spm), task)
        return null
      }),
    'image.ticket': task =>
      wording(`Opening ${volume(task.volume)} for a transfer`, async (): Promise<TicketResult> => {
        const domain = await managed(task.volume.storageDomainId, task.spm)
        if (!tickets.has(task.ticket)) {
          const meta = await requireMeta(domain, task.volume)
          requireFormat(meta, task.format, task.volume)
          if (task.ops === 'read' && meta.legality !== 'LEGAL')
            throw conflict('volume.illegal', `Volume ${task.volume.volumeId} is illegal; it cannot be read.`)
          if (task.ops === 'write') await setLegality(storage, domain, task.volume, 'ILLEGAL')
        }
        const status = await tickets.install(task)
        return { url: `${deps.imagesUrl()}/images/${task.ticket}`, ...status }
      }),
    'image.ticket.end': task =>
      wording('Ending a transfer', async () => {
        await tickets.end(task.ticket)
        return null
      }),
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/**
 * Makes the directory of a domain, but only below the agent's own data folder: anywhere else a missing directory is more likely a
 * slip of the pen or a file system that is not mounted.
 */
async function makeOwnFolder(path: string, deps: HandlerDeps): Promise<void> {
  if (!path.startsWith(`${deps.dataDir}/`) || (await isThere(path))) return
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await makeFolder(path, folderMode, deps.storage.owner)
}
