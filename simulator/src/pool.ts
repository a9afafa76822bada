import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { conflict, notFound } from '@rookery/model'
import type { DomainInfo, StorageConnection, StorageReport, VolumeFormat, VolumeRef } from '@rookery/protocol'
import { type Budget, type Content, fileContent, memoryContent } from './content.ts'
import type { Journal } from './journal.ts'
import { emptyQcow2 } from './qcow2.ts'

/** A volume as its metadata has it. */
export interface VolumeFacts {
  ref: VolumeRef
  diskId: string
  capacity: number
  format: VolumeFormat
  sparse: boolean
  alias: string
  description: string
  purpose: 'data' | 'iso' | 'memory'
  legal: boolean
  /**
   * What the content is: `new`, as it was made; `file`, the file's own bytes as a user wrote them; `guest`, guest-visible bytes
   * although the format may be qcow2 (they came through a `raw` ticket).
   */
  holds: 'new' | 'file' | 'guest'
  /** Memory was completely written into it. */
  saved: boolean
}

/** A volume and its bytes. */
export interface Volume {
  facts: VolumeFacts
  content: Content
}

/** A file of an ISO domain; only its name and size are pretended. */
export interface IsoFile {
  name: string
  size: number
}

/** One storage domain, as every host sees it that reaches its path. */
export interface SharedDomain {
  info: DomainInfo
  path: string
  volumes: Map<string, Volume>
  files: IsoFile[]
  /** Hosts take its images on the domain itself. */
  leased?: boolean
}

/** Size of every pretended file system (bytes). */
const diskBytes = 2 * 1024 ** 4

const volumeKey = (ref: VolumeRef) => `${ref.imageId}/${ref.volumeId}`

/**
 * The disks behind a fleet. A path names the same place on every host of a process, so several hosts can share a domain as
 * they would an export.
 */
export class StoragePool {
  readonly #byPath = new Map<string, SharedDomain>()
  readonly #journal: Journal
  readonly #dir: string | null
  readonly #budget: Budget
  readonly #isoFiles: readonly IsoFile[]

  constructor(parts: { journal: Journal; dataDir: string | null; budget: Budget; isoFiles: readonly IsoFile[] }) {
    this.#journal = parts.journal
    this.#budget = parts.budget
    this.#isoFiles = parts.isoFiles
    this.#dir = parts.dataDir === null ? null : join(parts.dataDir, 'volumes')
    if (this.#dir !== null) mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
  }

  /** Puts a domain back that the last process left. */
  restoreDomain(left: { info: DomainInfo; path: string; files: IsoFile[]; leased?: boolean }): void {
    this.#byPath.set(left.path, { ...left, volumes: new Map() })
  }

  /** Puts a volume back; its domain comes first. */
  restoreVolume(left: { path: string; facts: VolumeFacts }): void {
    const { facts, path } = left
    this.#byPath.get(path)?.volumes.set(volumeKey(facts.ref), { facts, content: this.#content(facts.ref) })
  }

  /** The domain below a path, if there is one. */
  at(connection: StorageConnection): SharedDomain | undefined {
    return this.#byPath.get(connection.path)
  }

  /** Every domain. */
  all(): Iterable<SharedDomain> {
    return this.#byPath.values()
  }

  /** Makes an empty domain. Content with this very one, `conflict` `storage.not_empty` with another. */
  create(connection: StorageConnection, wanted: { storageDomainId: string; type: 'data' | 'iso'; name: string }): void {
    const there = this.at(connection)
    if (there !== undefined) {
      if (there.info.storageDomainId === wanted.storageDomainId) return
      throw conflict('storage.not_empty', `${connection.path} holds another storage domain (${there.info.name}).`, {
        detail: { found: there.info.storageDomainId },
      })
    }
    const domain: SharedDomain = {
      info: {
        storageDomainId: wanted.storageDomainId,
        type: wanted.type,
        name: wanted.name,
        version: wanted.type === 'data' ? 5 : 1,
        poolId: null,
        role: 'Regular',
      },
      path: connection.path,
      volumes: new Map(),
      files: wanted.type === 'iso' ? this.#isoFiles.map(f => ({ ...f })) : [],
    }
    this.#byPath.set(connection.path, domain)
    this.save(domain)
  }

  /** Removes a domain with everything in it. */
  remove(domain: SharedDomain): void {
    for (const volume of [...domain.volumes.values()]) this.removeVolume(domain, volume)
    this.#byPath.delete(domain.path)
    this.#journal.delete(`domain/${domain.path}`)
  }

  /** Records what the metadata of a domain says now. */
  save(domain: SharedDomain): void {
    const { info, path, files, leased = false } = domain
    this.#journal.put(`domain/${path}`, { info, path, files, leased })
  }

  volume(domain: SharedDomain, ref: VolumeRef): Volume {
    const volume = domain.volumes.get(volumeKey(ref))
    if (volume === undefined)
      throw notFound('volume.not_found', `Storage domain ${domain.info.name} has no volume ${ref.volumeId}.`, {
        detail: ref,
      })
    return volume
  }

  /** Makes a volume. Content when it is there with the same format and capacity. */
  createVolume(domain: SharedDomain, wanted: Omit<VolumeFacts, 'legal' | 'holds' | 'saved'>): Volume {
    const there = domain.volumes.get(volumeKey(wanted.ref))
    if (there !== undefined) {
      if (there.facts.format === wanted.format && there.facts.capacity === wanted.capacity) return there
      throw conflict('volume.exists', `Volume ${wanted.ref.volumeId} exists with another format or size.`, {
        detail: { format: there.facts.format, capacity: there.facts.capacity },
      })
    }
    const volume: Volume = {
      facts: { ...wanted, legal: true, holds: 'new', saved: false },
      content: this.#content(wanted.ref),
    }
    if (wanted.format === 'qcow2') volume.content.write(0, emptyQcow2(wanted.capacity))
    domain.volumes.set(volumeKey(wanted.ref), volume)
    this.saveVolume(domain, volume)
    return volume
  }

  /** Records what the metadata of a volume says now. */
  saveVolume(domain: SharedDomain, volume: Volume): void {
    this.#journal.put(this.#volumePath(domain, volume.facts.ref), { path: domain.path, facts: volume.facts })
  }

  removeVolume(domain: SharedDomain, volume: Volume): void {
    volume.content.remove()
    domain.volumes.delete(volumeKey(volume.facts.ref))
    this.#journal.delete(this.#volumePath(domain, volume.facts.ref))
  }

  /** Bytes that a volume takes of its domain. */
  actualSize(volume: Volume): number {
    return volume.facts.sparse ? volume.content.allocated : Math.max(volume.facts.capacity, volume.content.allocated)
  }

  /** Space and health of a domain. */
  report(domain: SharedDomain): StorageReport {
    const iso = domain.info.type === 'iso'
    let used = iso ? domain.files.reduce((sum, f) => sum + f.size, 0) : 0
    for (const volume of domain.volumes.values()) used += this.actualSize(volume)
    return {
      storageDomainId: domain.info.storageDomainId,
      ok: true,
      detail: null,
      available: Math.max(0, diskBytes - used),
      used,
      files: iso ? domain.files : null,
      ...(domain.leased === true ? { lease: { state: 'valid' as const, age: 1, watchdog: false, others: [] } } : {}),
    }
  }

  #volumePath(domain: SharedDomain, ref: VolumeRef): string {
    return `volume/${domain.path}\0${volumeKey(ref)}`
  }

  #content(ref: VolumeRef): Content {
    if (this.#dir === null) return memoryContent(this.#budget)
    const name = createHash('sha256')
      .update(`${ref.storageDomainId}/${volumeKey(ref)}`)
      .digest('hex')
      .slice(0, 40)
    return fileContent(join(this.#dir, name))
  }
}
