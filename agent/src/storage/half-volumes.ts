import { rm, rmdir } from 'node:fs/promises'
import { isUuid } from '@rookery/model'
import { names } from './inventory.ts'
import { isoImageId } from './layout/constants.ts'
import type { DomainPaths } from './layout/paths.ts'

/**
 * Removes what the making of a volume, or of its metadata, left when it was killed and nobody asks for it again: data without `.meta`,
 * files that were to replace others, empty folders. Each image in its turn, so that nothing is taken from a task at work. Returns how
 * many files and folders went.
 */
export async function sweepHalfVolumes(
  paths: DomainPaths,
  inTurn: <T>(imageId: string, work: () => Promise<T>) => Promise<T>,
): Promise<number> {
  let swept = 0
  for (const imageId of await names(paths.images)) {
    if (!isUuid(imageId) || imageId === isoImageId || (await leftIn(paths, imageId)) === null) continue
    await inTurn(imageId, async () => {
      const left = await leftIn(paths, imageId)
      if (left === null) return
      for (const name of left.files) await rm(`${paths.image(imageId)}/${name}`, { force: true })
      if (left.whole) await rmdir(paths.image(imageId)).catch(() => {}) // something else is in it, which is not ours to judge
      swept += left.files.length + (left.whole ? 1 : 0)
    })
  }
  return swept
}

/** Files of an image that make nothing, and whether that is all there is; null when every file has its place. */
async function leftIn(paths: DomainPaths, imageId: string): Promise<{ files: string[]; whole: boolean } | null> {
  const all = await names(paths.image(imageId))
  const there = new Set(all)
  const files = all.filter(name => name.endsWith('.meta.new') || (isUuid(name) && !there.has(`${name}.meta`)))
  const whole = files.length === all.length
  return files.length === 0 && !whole ? null : { files, whole }
}
