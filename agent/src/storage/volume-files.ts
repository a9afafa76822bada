import { lchownSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { conflict, notFound, RookeryError } from '@rookery/model'
import type { IsoRef, VolumeFormat, VolumeInfo, VolumeRef } from '@rookery/protocol'
import { errno, give, isMissing, openRegular, type Owner, readSmall, replaceFile, requireFolder } from './files.ts'
import { type ConnectedDomain, noVolume } from './host-storage.ts'
import { metadataMode, volumeMode } from './layout/constants.ts'
import { decodeVolumeMeta, encodeVolumeMeta, metaLimit, type VolumeMeta } from './layout/volume-meta.ts'
import { readQcow2Header } from './qcow2-header.ts'

/** Longest `.meta` that is read: block storage pads them, nothing longer is sound. */
const readLimit = 16 * metaLimit

/** The metadata of a volume, or null when the volume is not there (a data file alone is garbage of a failed create). */
export async function readMeta(domain: ConnectedDomain, ref: VolumeRef): Promise<VolumeMeta | null> {
  const path = domain.paths.meta(ref.imageId, ref.volumeId)
  try {
    await requireFolder(domain.paths.image(ref.imageId))
    return decodeVolumeMeta(await readSmall(path, readLimit), path)
  } catch (error) {
    if (isMissing(error) || (error instanceof RookeryError && error.code === 'volume.missing')) return null
    throw error
  }
}

/** The metadata of a volume that must be there. Throws `notFound` `volume.missing`. */
export async function requireMeta(domain: ConnectedDomain, ref: VolumeRef): Promise<VolumeMeta> {
  const meta = await readMeta(domain, ref)
  if (meta === null) throw noVolume(ref)
  return meta
}

/** Replaces a volume's metadata, atomically. */
export async function writeMeta(domain: ConnectedDomain, ref: VolumeRef, meta: VolumeMeta, owner: Owner) {
  await replaceFile(domain.paths.meta(ref.imageId, ref.volumeId), encodeVolumeMeta(meta), metadataMode, owner)
}

/**
 * Opens a volume's data. Never follows a link, neither of the image's folder nor of the file. A volume that changed hands (a libvirt
 * that was not told to leave owners alone, a person's copy) is given back to its owner, or confined programs could not open it.
 */
export async function openVolume(
  domain: ConnectedDomain,
  ref: VolumeRef,
  access: 'read' | 'write',
  owner: Owner,
): Promise<FileHandle> {
  try {
    await requireFolder(domain.paths.image(ref.imageId))
  } catch (error) {
    if (isMissing(error)) throw noVolume(ref, error)
    throw error
  }
  const file = await openRegular(domain.paths.volume(ref.imageId, ref.volumeId), access)
  try {
    const { uid, gid } = await file.stat()
    if (owner !== null && (uid !== owner.uid || gid !== owner.gid)) await give(file, volumeMode, owner)
  } catch (error) {
    // A server that lets nobody change owners (NFS with root squashed) may still let us read and write.
    if (errno(error) !== 'EPERM') {
      await file.close()
      throw error
    }
  }
  return file
}

/** Opens a volume's data for the time of some work. */
export async function withVolume<T>(
  domain: ConnectedDomain,
  ref: VolumeRef,
  access: 'read' | 'write',
  owner: Owner,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await openVolume(domain, ref, access, owner)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/** The word that a volume's metadata has for a format. */
export const formatWord = (format: VolumeFormat): 'RAW' | 'COW' => (format === 'raw' ? 'RAW' : 'COW')

/** Throws `conflict` `volume.format_mismatch` when the metadata names another format than the engine. */
export function requireFormat(meta: VolumeMeta, format: VolumeFormat, ref: VolumeRef): void {
  if (meta.format !== formatWord(format))
    throw conflict(
      'volume.format_mismatch',
      `Volume ${ref.volumeId} is ${meta.format === 'RAW' ? 'raw' : 'qcow2'} by its metadata, not ${format}.`,
      { ref: { kind: 'volume', id: ref.volumeId } },
    )
}

/** Sizes of an open volume: what a guest sees (of a qcow2 by its header), and what the file takes on disk. */
export async function measure(file: FileHandle, format: VolumeFormat): Promise<VolumeInfo> {
  const { size, blocks } = await file.stat()
  const capacity = format === 'raw' ? size : (await readQcow2Header(file)).virtualSize
  return { capacity, actualSize: blocks * 512, format, fileSize: size }
}

/**
 * The file of a volume for QEMU. Synchronous, because the domain's XML is made in one go. A file that changed hands is given back to its
 * owner, through whose group QEMU has access.
 * @throws RookeryError `notFound` `volume.missing`; `conflict` `volume.illegal` while it is being written or after that failed
 */
export function volumePathOf(domain: ConnectedDomain, ref: VolumeRef, owner: Owner): string {
  const path = domain.paths.volume(ref.imageId, ref.volumeId)
  let text: Buffer
  try {
    const found = lstatSync(path)
    if (!lstatSync(domain.paths.image(ref.imageId)).isDirectory() || !found.isFile())
      throw conflict('storage.layout_broken', `${path} is no plain file in a plain folder.`)
    if (owner !== null && (found.uid !== owner.uid || found.gid !== owner.gid)) lchownSync(path, owner.uid, owner.gid)
    text = readFileSync(domain.paths.meta(ref.imageId, ref.volumeId))
  } catch (error) {
    if (isMissing(error)) throw noVolume(ref, error)
    throw error
  }
  if (decodeVolumeMeta(text, `${path}.meta`).legality !== 'LEGAL')
    throw conflict(
      'volume.illegal',
      `Volume ${ref.volumeId} is illegal: an upload to it has not finished, or what was uploaded was refused.`,
      { ref: { kind: 'volume', id: ref.volumeId } },
    )
  return path
}

/** The file of a medium on an ISO domain; links that lead out of the domain's files are refused. */
export function isoPathOf(domain: ConnectedDomain, ref: IsoRef): string {
  const missing = (cause?: unknown) =>
    notFound('iso.missing', `There is no file ${ref.file} on the ISO domain.`, cause === undefined ? {} : { cause })
  try {
    const root = realpathSync(domain.paths.isoFiles)
    const path = `${domain.paths.isoFiles}/${ref.file}`
    const real = realpathSync(path)
    if (!real.startsWith(`${root}/`) || !statSync(real).isFile()) throw missing()
    return path
  } catch (error) {
    if (isMissing(error)) throw missing(error)
    throw error
  }
}
