import { execFile } from 'node:child_process'
import { lstat, mkdir, readFile, readlink, realpath, rm, rmdir, stat, symlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { unavailable } from '@rookery/model'
import { isMissing } from './files.ts'
import { layoutGid } from './layout/constants.ts'
import { escapeConnection } from './layout/paths.ts'

const execute = promisify(execFile)

/** Where a local path shows below the agent's own mount root: `<runDir>/mnt/_data_x`, as oVirt's hosts name it. */
export const mountPoint = (mountRoot: string, path: string): string => `${mountRoot}/${escapeConnection(path)}`

/** Numeric user and group of the QEMU processes. */
export type QemuOwner = { uid: number; gid: number } | null

/**
 * Makes a directory show at its mount point. A symlink does, as with oVirt, when QEMU's user can walk there; a directory below a folder that is
 * closed to others is bind-mounted, because a mount is entered without asking the folders above it. Repeating it changes nothing.
 */
export async function showAt(path: string, point: string, qemu: QemuOwner): Promise<void> {
  await mkdir(dirname(point), { recursive: true, mode: 0o755 })
  const link = qemu === null || (await closedFolder(path, qemu)) === null
  if (await isShown(path, point, link)) return
  await takeAway(point)
  if (link) {
    await symlink(path, point)
    return
  }
  await mkdir(point, { recursive: true, mode: 0o755 })
  try {
    await execute('mount', ['--bind', '--', path, point], { timeout: 10_000 })
  } catch (error) {
    await rmdir(point).catch(() => {}) // an empty folder left behind harms nothing
    throw unavailable(
      'storage.unreachable_by_qemu',
      `${path} lies below a folder that is closed to QEMU's user, and it could not be bind-mounted elsewhere. ` +
        'Choose a directory that others may enter, for example below /srv or /var/lib.',
      { cause: error },
    )
  }
}

/** What `mount` is told: the source, the kind of file system, and options as they stand behind `-o`. */
export interface MountSource {
  readonly path: string
  readonly vfsType: string
  readonly mountOptions: string
}

/** Longest that a mount may take, milliseconds: storage that does not answer must not hold a task for ever. */
const mountMs = 60_000

/** Mounts at a mount point, as `mount` of this host does it. Content when something is mounted there. */
export async function mountAt(source: MountSource, point: string): Promise<void> {
  const found = await lstat(point).catch((error: unknown) => {
    if (isMissing(error)) return null
    throw error
  })
  if (found?.isDirectory() === true && (await isMounted(point, (await stat(dirname(point))).dev !== found.dev))) return
  if (found !== null) await takeAway(point)
  await mkdir(point, { recursive: true, mode: 0o755 })
  const options = source.mountOptions === '' ? [] : ['-o', source.mountOptions]
  try {
    await execute('mount', ['-t', source.vfsType, ...options, '--', source.path, point], { timeout: mountMs })
  } catch (error) {
    await rmdir(point).catch(() => {}) // an empty folder left behind harms nothing
    const { stderr, killed } = error as { stderr?: string; killed?: boolean }
    throw unavailable(
      'storage.mount_failed',
      killed === true
        ? `${source.path} could not be mounted within ${mountMs / 1000} s: the storage does not answer.`
        : `${source.path} could not be mounted: ${stderr?.trim() || String(error)}`,
      { cause: error },
    )
  }
}

/** Takes the mount point away. Content when there is none. Never touches what it shows. */
export async function takeAway(point: string): Promise<void> {
  let found: Awaited<ReturnType<typeof lstat>>
  try {
    found = await lstat(point)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  if (found.isSymbolicLink()) {
    await rm(point)
    return
  }
  const above = await stat(dirname(point))
  // Another device or, for a bind mount on the same file system, a folder that is not empty: both mean that something is mounted.
  if (await isMounted(point, above.dev !== found.dev))
    await execute('umount', ['--lazy', '--', point], { timeout: 10_000 }).catch((error: unknown) => {
      throw unavailable('storage.unmount', `${point} could not be unmounted.`, { cause: error })
    })
  await rmdir(point)
}

async function isMounted(point: string, otherDevice: boolean): Promise<boolean> {
  if (otherDevice) return true
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  const real = await realpath(point)
  return mounts.split('\n').some(line => unescapeMount(line.split(' ')[4] ?? '') === real)
}

const unescapeMount = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

async function isShown(path: string, point: string, link: boolean): Promise<boolean> {
  try {
    const shown = await lstat(point)
    if (link || shown.isSymbolicLink()) return link && shown.isSymbolicLink() && (await readlink(point)) === path
    const there = await stat(path)
    return there.dev === shown.dev && there.ino === shown.ino
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/**
 * The first folder on the way to a path (links followed) that QEMU's user may not walk through, or null when it can reach it.
 * QEMU's user is also in the group of the volumes.
 */
export async function closedFolder(path: string, qemu: { uid: number; gid: number }): Promise<string | null> {
  const parts = (await realpath(path)).split('/').filter(part => part !== '')
  let folder = ''
  for (const part of ['', ...parts]) {
    folder = part === '' ? '/' : `${folder === '/' ? '' : folder}/${part}`
    const { uid, gid, mode } = await stat(folder)
    const bit = uid === qemu.uid ? 0o100 : gid === qemu.gid || gid === layoutGid ? 0o010 : 0o001
    if ((mode & bit) === 0) return folder
  }
  return null
}
