import { type FileHandle, readdir, rename, rm } from 'node:fs/promises'
import { conflict } from '@rookery/model'
import type { TaskOf } from '@rookery/protocol'
import { isMissing, openRegular, requireFolder, syncFolder } from './files.ts'
import type { ConnectedDomain, HostStorage } from './host-storage.ts'
import { writeZeros } from './volume.ts'

/**
 * Removes an image with all its volumes. It is renamed first: from then on it is no image, and whatever is left of it after a
 * crash is removed by the next attempt or the next connect. With `wipe` every byte is overwritten and synced before.
 */
export async function removeImage(
  storage: HostStorage,
  domain: ConnectedDomain,
  task: TaskOf<'image.remove'>,
  signal: AbortSignal,
): Promise<void> {
  const { paths } = domain
  if (storage.hasTicket(domain.id, task.imageId))
    throw conflict('image.in_transfer', `Image ${task.imageId} is in a transfer; end that first.`, {
      ref: { kind: 'image', id: task.imageId },
    })
  const removed = paths.removed(task.imageId)
  try {
    await requireFolder(paths.image(task.imageId))
    await rename(paths.image(task.imageId), removed)
    await syncFolder(paths.images)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  if (task.wipe) await wipe(storage, removed, signal)
  await rm(removed, { recursive: true, force: true })
}

async function wipe(storage: HostStorage, folder: string, signal: AbortSignal): Promise<void> {
  let names: string[]
  try {
    names = await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  for (const name of names) {
    if (name.endsWith('.meta') || name.endsWith('.lease') || name.endsWith('.new')) continue
    const file = await openRegular(`${folder}/${name}`, 'write')
    try {
      const { size, nlink } = await file.stat()
      // A template's volume is linked into the folders of thin disks: its bytes are not this image's.
      if (nlink > 1 || size === 0) continue
      await overwriteData(storage, file, size, signal)
      await file.sync()
    } finally {
      await file.close()
    }
  }
}

/** Overwrites what takes space. Holes hold nothing, and filling them could fill the domain; if nobody knows the holes, all of it. */
async function overwriteData(storage: HostStorage, file: FileHandle, size: number, signal: AbortSignal): Promise<void> {
  const whole = [{ start: 0, length: size, data: true }]
  const parts = await storage.qemuImg.map(file, 'raw', signal).catch(() => whole)
  for (const { start, length, data } of parts)
    if (data) await writeZeros(file, start, Math.min(start + length, size), signal)
}
