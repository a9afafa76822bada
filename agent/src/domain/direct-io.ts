import { closeSync, constants, openSync, statSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

const known = new Map<number, boolean>()

/**
 * The cache mode for a file: `none` where its file system takes O_DIRECT, else `writeback`, with which QEMU still flushes when the guest
 * does. Tried once per file system, on a file of our own beside it: opening a guest's image for it could disturb a lock.
 */
export function cacheMode(file: string): 'none' | 'writeback' {
  const folder = dirname(file)
  try {
    const device = statSync(folder).dev
    let direct = known.get(device)
    if (direct === undefined) {
      direct = takesDirect(join(folder, `.direct-io-${process.pid}`))
      known.set(device, direct)
    }
    return direct ? 'none' : 'writeback'
  } catch {
    // A folder that cannot be looked at or written: the guest's start will say why; writeback works everywhere.
    return 'writeback'
  }
}

function takesDirect(probe: string): boolean {
  try {
    closeSync(openSync(probe, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_DIRECT, 0o600))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EINVAL') return false
    throw error
  } finally {
    try {
      unlinkSync(probe)
    } catch {
      // It was not made.
    }
  }
}
