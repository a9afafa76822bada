import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { conflict, notFound } from '@rookery/model'

/** Who owns what this module makes; null leaves it to whoever runs the agent (it is not root then). */
export type Owner = { readonly uid: number; readonly gid: number } | null

/** The system's short name of what went wrong (`ENOENT`), or undefined for errors that are not the system's. */
export function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Whether the error says that there is no such file. */
export const isMissing = (error: unknown): boolean => errno(error) === 'ENOENT'

/** Waits until what was made, renamed or removed in a folder is on disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Gives an open file or folder its mode and owner, whatever the umask. */
export async function give(handle: FileHandle, mode: number, owner: Owner): Promise<void> {
  await handle.chmod(mode)
  if (owner !== null) await handle.chown(owner.uid, owner.gid)
}

/** Makes a folder unless it is there; a folder that was there keeps its mode and owner. Never follows a link. */
export async function makeFolder(path: string, mode: number, owner: Owner): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw error
    await requireFolder(path)
    return
  }
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    await give(handle, mode, owner)
  } finally {
    await handle.close()
  }
}

/** Throws `conflict` `storage.layout_broken` unless the path is a folder itself, not a link to one. */
export async function requireFolder(path: string): Promise<void> {
  const found = await lstat(path)
  if (!found.isDirectory())
    throw conflict('storage.layout_broken', `${path} is no folder, though the storage layout needs one there.`)
}

/**
 * Replaces a small file so that after a crash either the old or the new content is there: writes `<path>.new`, syncs, renames.
 */
export async function replaceFile(path: string, bytes: Buffer, mode: number, owner: Owner): Promise<void> {
  const next = `${path}.new`
  // Left by a crash, or put there by somebody else: a link here must not be written through.
  await rm(next, { force: true })
  const handle = await open(next, 'wx', mode)
  try {
    await handle.writeFile(bytes)
    await give(handle, mode, owner)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(next, path)
  await syncFolder(dirname(path))
}

/**
 * Opens a regular file of the storage, never through a link and never anything else (a fifo would hang, a device would leave
 * the domain). `read` or `write` (which also reads). Throws `notFound` `volume.missing`, `conflict` `storage.layout_broken`.
 */
export async function openRegular(path: string, access: 'read' | 'write'): Promise<FileHandle> {
  let handle: FileHandle
  const flags = access === 'read' ? constants.O_RDONLY : constants.O_RDWR
  try {
    handle = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isMissing(error)) throw notFound('volume.missing', `${path} is not there.`, { cause: error })
    if (errno(error) === 'ELOOP')
      throw conflict('storage.layout_broken', `${path} is a link; volumes are plain files.`, { cause: error })
    throw error
  }
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw conflict('storage.layout_broken', `${path} is no plain file.`)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Reads at most `limit` bytes of a plain file. Longer files are cut, so that a hostile one takes no memory. */
export async function readSmall(path: string, limit: number): Promise<Buffer> {
  const handle = await openRegular(path, 'read')
  try {
    const buffer = Buffer.alloc(limit)
    let length = 0
    while (length < limit) {
      const { bytesRead } = await handle.read(buffer, length, limit - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } finally {
    await handle.close()
  }
}

/** Writes the agent's own state, JSON and readable by nobody else, in place of what was there. */
export async function writeState(path: string, value: unknown): Promise<void> {
  const next = `${path}.${randomUUID()}.new`
  const handle = await open(next, 'wx', 0o600)
  try {
    await handle.writeFile(JSON.stringify(value))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(next, path)
}
