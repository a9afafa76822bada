import { copyFile, lstat, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import { unavailable } from '@rookery/model'
import { type CpioEntry, cpioArchive } from './cpio.ts'
import { run } from './run.ts'

/** The guest's own files: init, what it calls, and /etc. */
export const guestFiles = join(import.meta.dirname, '../../guest')

const folders = ['bin', 'dev', 'data', 'proc', 'root', 'run', 'sys', 'tmp', 'var', 'etc', 'lib', 'lib64', 'usr']
/** All programs live in /bin; the kernel asks for /sbin/modprobe, the guest agent for /sbin/shutdown. */
const links = { sbin: 'bin', 'usr/bin': '../bin', 'usr/sbin': '../bin', 'var/run': '../run' }
const powerNames = ['shutdown', 'poweroff', 'reboot', 'halt']

/**
 * Fills the guest's tree, but for its kernel modules: busybox, the guest agent with its libraries, and the guest's files. Answers which
 * libraries of this machine it took.
 */
export async function fillGuestTree(
  root: string,
  o: { busybox: string; agent: string; signal?: AbortSignal },
): Promise<string[]> {
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true })
  for (const [path, target] of Object.entries(links)) await symlink(target, join(root, path))
  await copyFile(o.busybox, join(root, 'bin/busybox'))
  await copyFile(o.agent, join(root, 'bin/qemu-ga'))
  const libraries = sharedLibraries(await run('ldd', [o.agent], { signal: o.signal }))
  for (const library of libraries) {
    await mkdir(dirname(join(root, library)), { recursive: true })
    await copyFile(library, join(root, library))
  }
  await copyTree(guestFiles, root)
  for (const name of powerNames) await symlink('/lib/rookery/power', join(root, 'bin', name))
  return libraries
}

/**
 * The files that `ldd` names, the loader included. Fails with `lab.library.missing` when this machine lacks one: the guest
 * gets its libraries from the machine that builds it, whose packages are of the same release.
 */
export function sharedLibraries(text: string): string[] {
  const files: string[] = []
  for (const line of text.split('\n')) {
    const missing = /^\s*(\S+) => not found/.exec(line)?.[1]
    if (missing !== undefined)
      throw unavailable(
        'lab.library.missing',
        `The guest agent needs ${missing}. Install it with \`apt-get install --no-install-recommends qemu-guest-agent\`, or the package that holds it.`,
      )
    const file = /^\s*(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1]
    if (file !== undefined) files.push(file)
  }
  return files
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const item of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, item.name), join(to, item.name)]
    if (item.isDirectory()) await copyTree(source, target)
    else await copyFile(source, target)
  }
}

/** The compressed initramfs of a tree. Programs and scripts are made executable whatever their mode in the tree. */
export async function packInitramfs(root: string): Promise<Buffer> {
  const entries = await entriesOf(root, '')
  // The kernel opens /dev/console before init mounts /dev.
  entries.push({ kind: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 })
  return zstdCompressSync(cpioArchive(entries), { params: { [constants.ZSTD_c_compressionLevel]: 12 } })
}

async function entriesOf(root: string, folder: string): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = []
  for (const name of (await readdir(join(root, folder))).sort()) {
    const path = folder === '' ? name : `${folder}/${name}`
    const kind = await lstat(join(root, path))
    if (kind.isSymbolicLink()) entries.push({ kind: 'link', path, target: await readlink(join(root, path)) })
    else if (kind.isDirectory())
      entries.push({ kind: 'folder', path, mode: path === 'tmp' ? 0o1777 : 0o755 }, ...(await entriesOf(root, path)))
    else
      entries.push({
        kind: 'file',
        path,
        mode: isProgram(path) ? 0o755 : 0o644,
        data: await readFile(join(root, path)),
      })
  }
  return entries
}

const isProgram = (path: string): boolean =>
  path === 'init' || /^(bin|lib\/rookery)\//.test(path) || basename(path).includes('.so')
