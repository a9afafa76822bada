import { mkdir, readFile } from 'node:fs/promises'
import { conflict, invalid, unavailable, zeroUuid } from '@rookery/model'
import { type DomainInfo, StorageConnection, type StorageReport, uuid } from '@rookery/protocol'
import type { Logger } from 'pino'
import { z } from 'zod'
import { readMetadata, sweepRemovedImages } from './domain.ts'
import { sweepHalfVolumes } from './half-volumes.ts'
import { isMissing, type Owner, writeState } from './files.ts'
import type { LeasePort } from '../storage-port.ts'
import type { ConnectedDomain } from './host-storage.ts'
import { removePrefix } from './layout/constants.ts'
import { describeDomain } from './layout/domain-metadata.ts'
import { domainPaths } from './layout/paths.ts'
import { inspectDomain } from './monitor.ts'
import { ensureLeaseArea, isLeased } from './lease-area.ts'
import { mountAt, mountPoint, type QemuOwner, showAt, takeAway } from './mount.ts'

/** What connections need of the rest. */
export interface ConnectionDeps {
  /** File that remembers them over a restart. */
  file: string
  mountRoot: string
  owner: Owner
  qemuOwner: () => QemuOwner
  everyMs: number
  imageInTurn: <T>(imageId: string, work: () => Promise<T>) => Promise<T>
  leases?: LeasePort | undefined
  log: Logger
}

/** The domains that this host uses, and what is known of them. */
export interface Connections {
  readonly domains: Map<string, ConnectedDomain>
  /** Shows the domain below the mount root, checks it and looks after it from now on. */
  connect(storageDomainId: string, connection: StorageConnection): Promise<DomainInfo>
  disconnect(storageDomainId: string): Promise<void>
  /** Does something in the directory of a connection, which is mounted for as long when no domain uses it. */
  inFolder<T>(connection: StorageConnection, work: (folder: string) => Promise<T>): Promise<T>
  /** Looks at a domain now, as after a change of its metadata. */
  look(storageDomainId: string): Promise<void>
  reports(): StorageReport[]
  onReport(callback: (report: StorageReport) => void): () => void
  start(): Promise<void>
  stop(): Promise<void>
}

/** Seconds that reading a domain's metadata may take before the domain counts as not answering. */
const patience = 8

const Saved = z.array(z.object({ storageDomainId: uuid, connection: StorageConnection }))

/** A path as the engine may name it: absolute, without `.`, `..` and doubled or trailing slashes. */
export function plainPath(path: string): string {
  const trimmed = path.replace(/\/+$/, '')
  if (trimmed === '' || !trimmed.startsWith('/') || /\/\/|\/\.\.?(\/|$)/.test(trimmed))
    throw invalid(
      'storage.path',
      `"${path}" cannot hold a storage domain: an absolute path without . and .. is needed.`,
    )
  return trimmed
}

/** Keeps the connections of this host. */
export function createConnections(deps: ConnectionDeps): Connections {
  const domains = new Map<string, ConnectedDomain>()
  const last = new Map<string, StorageReport>()
  const callbacks = new Set<(report: StorageReport) => void>()
  const looking = new Map<string, Promise<void>>()
  let timer: NodeJS.Timeout | null = null

  const save = () =>
    writeState(
      deps.file,
      [...domains.values()].map(({ id, connection }) => ({ storageDomainId: id, connection })),
    )

  const known = (id: string, connection: StorageConnection): ConnectedDomain => {
    const point = mountPoint(deps.mountRoot, connection.path)
    return { id, connection, folder: folderOf(connection), paths: domainPaths(`${point}/${id}`), info: null }
  }

  /** The directory that holds the domains of a connection, as an administrator of this host finds it. */
  const folderOf = (connection: StorageConnection): string =>
    connection.type === 'posixfs' ? mountPoint(deps.mountRoot, connection.path) : connection.path

  /** The connection with its path written plainly. */
  const plain = (connection: StorageConnection): StorageConnection =>
    connection.type === 'localfs' ? { ...connection, path: plainPath(connection.path) } : connection

  const report = (value: StorageReport) => {
    last.set(value.storageDomainId, value)
    for (const callback of callbacks) callback(value)
  }

  // A look and an order may want to show the same path at once; they take turns.
  const shows = new Map<string, Promise<void>>()
  const show = (connection: StorageConnection): Promise<void> => {
    const { path } = connection
    const point = mountPoint(deps.mountRoot, path)
    const now = () =>
      connection.type === 'posixfs' ? mountAt(connection, point) : showAt(path, point, deps.qemuOwner())
    const turn = (shows.get(path) ?? Promise.resolve()).then(now, now)
    shows.set(path, turn)
    return turn
  }

  const lookOnce = async (domain: ConnectedDomain): Promise<void> => {
    // A mount below may have gone and come back, or a reboot took the mount root: showing it again is cheap.
    await show(domain.connection).catch((error: unknown) =>
      deps.log.debug({ err: error, storageDomainId: domain.id }, 'cannot show the domain'),
    )
    const found = await withLease(domain, await inspectDomain(domain, deps.owner, patience, last.get(domain.id)))
    if (domains.get(domain.id) !== domain) return
    const before = last.get(domain.id)
    if (before !== undefined && before.ok !== found.ok)
      deps.log.warn({ storageDomainId: domain.id, detail: found.detail }, found.ok ? 'domain is back' : 'domain failed')
    report(found)
  }

  /** Looks once at a time: storage that hangs gathers no crowd. */
  const look = (domain: ConnectedDomain): Promise<void> => {
    const running = looking.get(domain.id)
    if (running !== undefined) return running
    const started = lookOnce(domain).finally(() => looking.delete(domain.id))
    looking.set(domain.id, started)
    return started
  }

  return {
    domains,
    async connect(storageDomainId, connection) {
      const domain = known(storageDomainId, plain(connection))
      const { folder } = domain
      await mkdir(deps.mountRoot, { recursive: true, mode: 0o755 })
      if (domain.connection.type === 'posixfs') await show(domain.connection)
      const info = await readMetadata(domainPaths(`${folder}/${storageDomainId}`))
        .then(describeDomain)
        .catch(async (error: unknown) => {
          await hide(domain)
          throw error
        })
      if (info.storageDomainId !== storageDomainId) {
        await hide(domain)
        throw conflict(
          'storage.layout_broken',
          `${folder}/${storageDomainId} holds the metadata of another storage domain, ${info.storageDomainId}.`,
        )
      }
      await show(domain.connection)
      const found = await inspectDomain(domain, deps.owner, patience, undefined)
      if (!found.ok) {
        await hide(domain)
        throw unavailable('storage.unusable', found.detail ?? 'The domain cannot be used.')
      }
      if (info.type === 'data') {
        const swept = await sweepRemovedImages(domain.paths, removePrefix)
        if (swept > 0) deps.log.info({ storageDomainId, swept }, 'images whose removal was interrupted are gone now')
        // Waits for tasks of the images, which the connection shall not.
        sweepHalfVolumes(domain.paths, deps.imageInTurn).then(
          half =>
            half > 0 && deps.log.info({ storageDomainId, half }, 'volumes that were begun and never made are gone now'),
          (error: unknown) => deps.log.warn({ err: error, storageDomainId }, 'half volumes could not be removed'),
        )
      }
      const before = domains.get(storageDomainId)
      await lease(domain, info.type, before).catch(async (error: unknown) => {
        if (before === undefined) await hide(domain)
        throw error
      })
      domains.set(storageDomainId, domain)
      await save()
      if (before !== undefined && before.connection.path !== domain.connection.path) await hide(before)
      report(await withLease(domain, found))
      return info
    },
    async disconnect(storageDomainId) {
      const domain = domains.get(storageDomainId)
      if (domain === undefined) return
      if (isLeased(domain.connection)) await deps.leases?.leave(storageDomainId)
      domains.delete(storageDomainId)
      last.delete(storageDomainId)
      await save()
      // A look that has begun would show it again.
      await looking.get(storageDomainId)
      await hide(domain)
    },
    async inFolder(connection, work) {
      const domain = known(zeroUuid, plain(connection))
      if (domain.connection.type === 'localfs') return work(domain.folder)
      await mkdir(deps.mountRoot, { recursive: true, mode: 0o755 })
      await show(domain.connection)
      try {
        return await work(domain.folder)
      } finally {
        await hide(domain)
      }
    },
    async look(storageDomainId) {
      const domain = domains.get(storageDomainId)
      if (domain === undefined) return
      await looking.get(storageDomainId)
      await look(domain)
    },
    reports: () => [...last.values()],
    onReport(callback) {
      callbacks.add(callback)
      return () => callbacks.delete(callback)
    },
    async start() {
      for (const { storageDomainId, connection } of await load(deps.file))
        domains.set(storageDomainId, known(storageDomainId, connection))
      await Promise.all([...domains.values()].map(look))
      timer = setInterval(() => {
        for (const domain of domains.values())
          look(domain).catch((error: unknown) => deps.log.error({ err: error }, 'looking at a domain failed'))
      }, deps.everyMs)
    },
    async stop() {
      if (timer !== null) clearInterval(timer)
      timer = null
      await Promise.allSettled(looking.values())
    },
  }

  /** A domain with leases is used only where they are kept. */
  async function lease(domain: ConnectedDomain, type: DomainInfo['type'], before?: ConnectedDomain): Promise<void> {
    if (!isLeased(domain.connection)) {
      if (isLeased(before?.connection)) await deps.leases?.leave(domain.id)
      return
    }
    if (type !== 'data') throw conflict('lease.only_data', 'Only data domains have storage leases.')
    if (deps.leases === undefined) throw unavailable('lease.no_keepers', 'This host keeps no storage leases.')
    deps.leases.mustBeKept()
    deps.leases.keep(domain.id, await ensureLeaseArea(domain.paths, domain.id, deps.owner))
  }

  async function withLease(domain: ConnectedDomain, found: StorageReport): Promise<StorageReport> {
    if (!isLeased(domain.connection) || deps.leases === undefined) return found
    await deps.leases.look(domain.id)
    return { ...found, lease: deps.leases.report(domain.id) }
  }

  async function hide(domain: ConnectedDomain): Promise<void> {
    const { path } = domain.connection
    if ([...domains.values()].some(other => other.connection.path === path)) return
    await takeAway(mountPoint(deps.mountRoot, path))
  }
}

async function load(file: string): Promise<z.infer<typeof Saved>> {
  try {
    return Saved.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
