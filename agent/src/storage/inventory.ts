import { readdir } from 'node:fs/promises'
import { isUuid } from '@rookery/model'
import type { HostInventory, HostThing } from '@rookery/protocol'
import { domainLeftovers, readMetadata } from './domain.ts'
import { isMissing, readSmall } from './files.ts'
import type { ConnectedDomain } from './host-storage.ts'
import { isoImageId, removePrefix } from './layout/constants.ts'
import { describeDomain } from './layout/domain-metadata.ts'
import { decodeVolumeMeta, metaLimit } from './layout/volume-meta.ts'

/** What lies on the storage of this host. */
export type StorageInventory = Pick<HostInventory, 'storage' | 'volumes' | 'found'>

const purposes: Readonly<Record<string, 'data' | 'iso' | 'memory'>> = { DATA: 'data', ISOF: 'iso', MEMD: 'memory' }

/**
 * Reads the connected domains, and the images of those that are named. A domain that cannot be read is not in the answer: its report
 * in the watch says why. What changes while it is read shows as a half volume or as nothing; a second look tells.
 */
export async function storageInventory(
  domains: Iterable<ConnectedDomain>,
  withVolumes: ReadonlySet<string>,
): Promise<StorageInventory> {
  const all: StorageInventory = { storage: [], volumes: [], found: [] }
  const paths = new Set<string>()
  for (const domain of domains) {
    const info = await readMetadata(domain.paths).then(describeDomain, () => null)
    if (info === null) continue
    all.storage.push({ storageDomainId: domain.id, poolId: info.poolId })
    if (!withVolumes.has(domain.id)) continue
    if (!paths.has(domain.folder)) {
      paths.add(domain.folder)
      for (const name of await domainLeftovers(domain.folder))
        all.found.push({ kind: 'half_domain', name, about: null })
    }
    if (info.type === 'data') await images(domain, all)
  }
  return all
}

async function images(domain: ConnectedDomain, all: StorageInventory): Promise<void> {
  const { paths, id } = domain
  const found = (kind: HostThing['kind'], name: string) => all.found.push({ kind, name, about: id })
  for (const name of await names(paths.images)) {
    const folder = `${paths.images}/${name}`
    if (name.startsWith(removePrefix)) found('removed_image', folder)
    if (!isUuid(name) || name === isoImageId) continue
    const files = await names(folder)
    for (const file of files.filter(each => each.endsWith('.new'))) found('temporary_file', `${folder}/${file}`)
    const volumes = files.filter(isUuid)
    if (volumes.length === 0) found('half_volume', folder)
    for (const volumeId of volumes) {
      const meta = await readSmall(paths.meta(name, volumeId), 16 * metaLimit)
        .then(bytes => decodeVolumeMeta(bytes, folder))
        .catch(() => null)
      if (meta === null) found('half_volume', `${folder}/${volumeId}`)
      else
        all.volumes.push({
          volume: { storageDomainId: id, imageId: name, volumeId },
          capacity: meta.capacity,
          format: meta.format === 'RAW' ? 'raw' : 'qcow2',
          legal: meta.legality === 'LEGAL',
          purpose: purposes[meta.diskType] ?? 'other',
        })
    }
  }
}

/** Entries of a folder; none when it is gone. */
export async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
