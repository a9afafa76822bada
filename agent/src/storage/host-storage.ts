import { conflict, notFound, unavailable } from '@rookery/model'
import type { DomainInfo, StorageConnection, VolumeRef } from '@rookery/protocol'
import type { Logger } from 'pino'
import type { Owner } from './files.ts'
import type { DomainPaths } from './layout/paths.ts'
import type { QemuImg } from './qemu-img.ts'
import type { SpmEpochs } from './spm.ts'

/** A domain that this host uses. */
export interface ConnectedDomain {
  readonly id: string
  readonly connection: StorageConnection
  /** The directory that it lies in, as an administrator of this host finds it. */
  readonly folder: string
  /** Paths as QEMU sees them, below the mount root. */
  readonly paths: DomainPaths
  /** What it said of itself when it was last read; null when it could not be read since the agent's start. */
  info: DomainInfo | null
}

/** What the parts of this module share. */
export interface HostStorage {
  readonly log: Logger
  /** Owner of everything in a domain; null when the agent is not root. */
  readonly owner: Owner
  readonly qemuImg: QemuImg
  readonly epochs: SpmEpochs
  readonly domains: Map<string, ConnectedDomain>
  /** Whether a ticket that may write to this volume is alive. */
  readonly hasWriter: (ref: VolumeRef) => boolean
  /** Whether any ticket for the image, or anything of the domain when `imageId` is null, is alive. */
  readonly hasTicket: (storageDomainId: string, imageId: string | null) => boolean
}

/** The domain, if it is connected here. Throws `unavailable` `storage.not_connected`. */
export function connected(domains: ReadonlyMap<string, ConnectedDomain>, storageDomainId: string): ConnectedDomain {
  const domain = domains.get(storageDomainId)
  if (domain === undefined)
    throw unavailable('storage.not_connected', `Storage domain ${storageDomainId} is not connected on this host.`, {
      ref: { kind: 'storageDomain', id: storageDomainId },
    })
  return domain
}

/** The data domain, if it is connected here; volumes live on no other. */
export function connectedData(domains: ReadonlyMap<string, ConnectedDomain>, storageDomainId: string): ConnectedDomain {
  const domain = connected(domains, storageDomainId)
  if (domain.info?.type === 'iso')
    throw conflict('storage.iso_domain', `Storage domain ${domain.info.name} holds ISO files; it takes no disks.`)
  return domain
}

/** The error for a volume that is not there. */
export const noVolume = (ref: VolumeRef, cause?: unknown) =>
  notFound('volume.missing', `There is no volume ${ref.volumeId} of image ${ref.imageId} on this storage domain.`, {
    ref: { kind: 'volume', id: ref.volumeId },
    ...(cause === undefined ? {} : { cause }),
  })
