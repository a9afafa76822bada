import { readdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { conflict, invalid, isUuid, notFound } from '@rookery/model'
import type { DomainInfo } from '@rookery/protocol'
import { makeFolder, type Owner, readSmall, replaceFile, requireFolder, syncFolder } from './files.ts'
import { errno, isMissing } from './files.ts'
import { folderMode, metadataMode, specialFiles } from './layout/constants.ts'
import {
  decodeDomainMetadata,
  describeDomain,
  type DomainMetadata,
  encodeDomainMetadata,
  newDomainMetadata,
} from './layout/domain-metadata.ts'
import { type DomainPaths, domainPaths } from './layout/paths.ts'
import { makeSpecialFile } from './special-file.ts'

/** Prefix of a domain that is being made, and of one that is being removed. Neither looks like a domain to a scan. */
const newPrefix = '.rookery-new-'
const gonePrefix = '.rookery-gone-'

/** Longest metadata file that is read; real ones are below 1 KiB, pools with very many domains a little more. */
const metadataLimit = 256 * 1024

/** A folder that holds a storage domain, and what it says or why it cannot be read. */
export interface FoundDomain {
  id: string
  info: DomainInfo | null
  problem: string | null
}

/**
 * Every storage domain in a directory: whatever folder has a `dom_md`. Throws `notFound` `storage.path_missing`,
 * `invalid` `storage.path_no_folder`.
 */
export async function domainsIn(path: string): Promise<FoundDomain[]> {
  const found: FoundDomain[] = []
  for (const entry of await folderEntries(path)) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue
    const root = `${path}/${entry.name}`
    try {
      await requireFolder(`${root}/dom_md`)
    } catch (error) {
      if (isMissing(error)) continue
      throw error
    }
    try {
      const metadata = await readMetadata(domainPaths(root))
      found.push({ id: entry.name, info: describeDomain(metadata), problem: null })
    } catch (error) {
      found.push({ id: entry.name, info: null, problem: error instanceof Error ? error.message : String(error) })
    }
  }
  return found
}

async function folderEntries(path: string) {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error))
      throw notFound(
        'storage.path_missing',
        `There is no directory ${path} on this host. Make it there: mkdir -p ${path} && chown 36:36 ${path}`,
        { cause: error },
      )
    if (errno(error) === 'ENOTDIR')
      throw invalid('storage.path_no_folder', `${path} is no directory on this host.`, { cause: error })
    throw error
  }
}

/** Reads and checks a domain's metadata. Throws `notFound` `storage.domain_missing`, `conflict` `storage.checksum_broken`. */
export async function readMetadata(paths: DomainPaths): Promise<Record<string, string>> {
  try {
    return decodeDomainMetadata(await readSmall(paths.metadata, metadataLimit), paths.metadata)
  } catch (error) {
    if (isMissing(error) || (error instanceof Error && 'code' in error && error.code === 'volume.missing'))
      throw notFound('storage.domain_missing', `There is no storage domain at ${paths.root}.`, { cause: error })
    throw error
  }
}

/** Replaces a domain's metadata, atomically. */
export async function writeMetadata(paths: DomainPaths, metadata: DomainMetadata, owner: Owner): Promise<void> {
  await replaceFile(paths.metadata, encodeDomainMetadata(metadata), metadataMode, owner)
}

/** What an interrupted making or removal of a domain left in a directory, as paths. */
export async function domainLeftovers(path: string): Promise<string[]> {
  const entries = await folderEntries(path)
  return entries
    .filter(({ name }) => name.startsWith(newPrefix) || name.startsWith(gonePrefix))
    .map(({ name }) => `${path}/${name}`)
}

/** A domain that is to be made in a directory. */
export interface DomainToMake {
  storageDomainId: string
  /** The directory on this host. */
  path: string
  type: 'data' | 'iso'
  name: string
  /** What every host connects to: the directory itself, or what is mounted there. */
  remotePath: string
  storageType: 'localfs' | 'posixfs'
}

/**
 * Makes an empty domain in the directory. It is built beside its place and then renamed, so that a crash leaves either nothing that
 * counts as a domain or a whole one; what a crash left is swept by the next attempt. Content when this very domain is there.
 * @throws RookeryError `conflict` `storage.not_empty` when another domain is there: says which, and that it can be imported
 */
export async function createDomain(domain: DomainToMake, owner: Owner): Promise<void> {
  const { path, storageDomainId } = domain
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name must stay on its line of the metadata
  if (/[\x00-\x1f]/.test(domain.name) || /[\n\r]/.test(domain.remotePath))
    throw invalid('storage.name', 'The name of a storage domain cannot hold line breaks or control characters.')
  const found = await domainsIn(path)
  const same = found.find(other => other.id.toLowerCase() === storageDomainId)
  if (same?.info?.type === domain.type) return
  if (found.length > 0) throw notEmpty(path, found)
  for (const entry of await folderEntries(path))
    if (entry.name.startsWith(newPrefix) || entry.name.startsWith(gonePrefix))
      await rm(`${path}/${entry.name}`, { recursive: true, force: true })

  const building = domainPaths(`${path}/${newPrefix}${storageDomainId}`)
  for (const folder of [building.root, building.metadataFolder, building.images])
    await makeFolder(folder, folderMode, owner)
  if (domain.type === 'iso') await makeFolder(building.isoFiles, folderMode, owner)
  for (const [name, { size, mode }] of Object.entries(specialFiles))
    await makeSpecialFile(`${building.metadataFolder}/${name}`, size, mode, owner)
  await writeMetadata(building, newDomainMetadata(domain), owner)
  await syncFolder(building.root)
  await rename(building.root, `${path}/${storageDomainId}`)
  await syncFolder(path)
}

function notEmpty(path: string, found: readonly FoundDomain[]) {
  const says = found.map(({ id, info, problem }) =>
    info === null
      ? `${id} (unreadable: ${problem})`
      : `"${info.name}" (${info.type}, id ${id}, ${
          info.poolId === null ? 'attached to no data center' : `attached to data center ${info.poolId}`
        })`,
  )
  return conflict(
    'storage.not_empty',
    `${path} already holds a storage domain: ${says.join(', ')}. Import it to keep what is in it, or choose another ` +
      'directory. Nothing was changed.',
    { detail: { path, domains: found } },
  )
}

/**
 * Removes a domain's files: renamed first, so that a crash leaves nothing that counts as a domain. Content when it is not there.
 * @throws RookeryError `conflict` `storage.attached` while a pool's id is in its metadata
 */
export async function formatDomain(path: string, storageDomainId: string): Promise<void> {
  const paths = domainPaths(`${path}/${storageDomainId}`)
  const gone = `${path}/${gonePrefix}${storageDomainId}`
  let there = true
  try {
    await requireFolder(paths.root)
  } catch (error) {
    if (!isMissing(error)) throw error
    there = false
  }
  if (there) {
    const info = await infoForFormat(paths)
    if (info?.poolId)
      throw conflict(
        'storage.attached',
        `Storage domain ${info.name} is attached to data center ${info.poolId}; detach it before it is formatted.`,
      )
    await rm(gone, { recursive: true, force: true })
    await rename(paths.root, gone)
    await syncFolder(dirname(paths.root))
  }
  await rm(gone, { recursive: true, force: true })
}

async function infoForFormat(paths: DomainPaths): Promise<DomainInfo | null> {
  try {
    return describeDomain(await readMetadata(paths))
  } catch (error) {
    // A domain that lost its metadata altogether belongs to nobody; any other damage is for a person to judge.
    if (error instanceof Error && 'code' in error && error.code === 'storage.domain_missing') return null
    throw error
  }
}

/** Finishes the removal of images that a crash interrupted. Returns how many there were. */
export async function sweepRemovedImages(paths: DomainPaths, removePrefix: string): Promise<number> {
  let swept = 0
  for (const entry of await readdir(paths.images, { withFileTypes: true })) {
    if (!entry.name.startsWith(removePrefix) || !isUuid(entry.name.slice(removePrefix.length))) continue
    await rm(`${paths.images}/${entry.name}`, { recursive: true, force: true })
    swept++
  }
  return swept
}
