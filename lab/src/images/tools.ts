import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { forbidden, unavailable } from '@rookery/model'
import type { Progress } from './progress.ts'
import { run, toolEnvironment } from './run.ts'

/** A program that builds images, and the Debian package that brings it. */
export interface Tool {
  program: string
  package: string
}

/** What is run on this machine to build an image. All else comes out of packages that are unpacked and never installed. */
export const buildTools: readonly Tool[] = [
  { program: 'qemu-img', package: 'qemu-utils' },
  { program: 'xorriso', package: 'xorriso' },
  { program: 'mcopy', package: 'mtools' },
  { program: 'mkfs.vfat', package: 'dosfstools' },
  { program: 'mke2fs', package: 'e2fsprogs' },
  { program: 'depmod', package: 'kmod' },
]

/** The tools of the list that are not on this machine. */
export async function missingTools(tools: readonly Tool[] = buildTools): Promise<Tool[]> {
  const found = await Promise.all(tools.map(tool => isInstalled(tool.program)))
  return tools.filter((_, index) => !found[index])
}

async function isInstalled(program: string): Promise<boolean> {
  for (const folder of (toolEnvironment().PATH ?? '').split(':')) {
    try {
      await access(join(folder, program), constants.X_OK)
      return true
    } catch {
      // Not in this folder; the next one may have it.
    }
  }
  return false
}

/** The command that installs packages, as a person would type it. */
export const installCommand = (packages: readonly string[]): string =>
  `apt-get install --no-install-recommends ${packages.join(' ')}`

/**
 * Sees to it that every build tool is there. Missing packages are named; they are installed only with `install`, which
 * needs root, else `lab.packages.missing` says the command.
 */
export async function ensureTools(o: {
  install: boolean
  progress: Progress
  signal?: AbortSignal
  tools?: readonly Tool[]
}): Promise<void> {
  const missing = await missingTools(o.tools)
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(tool => tool.package))]
  const command = installCommand(packages)
  if (!o.install)
    throw unavailable(
      'lab.packages.missing',
      `Building needs these Debian packages: ${packages.join(', ')}. Run \`${command}\`, or give --yes to have them installed.`,
      { detail: { packages } },
    )
  if (process.getuid?.() !== 0)
    throw forbidden(
      'lab.packages.root',
      `Installing Debian packages needs root. Run \`sudo ${command}\`, then build again.`,
    )
  o.progress(`installing Debian packages: ${packages.join(', ')}`)
  await installPackages(packages, o.signal)
}

/** Installs packages and nothing they merely recommend; once more after a refresh when the package lists are stale or absent. */
export async function installPackages(packages: readonly string[], signal?: AbortSignal): Promise<void> {
  const install = (): Promise<string> =>
    run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=600', 'install', '-y', '--no-install-recommends', ...packages], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: 1_200_000,
      signal,
    })
  try {
    await install()
  } catch {
    // Most often the lists are older than the archive; if it was something else, the second try says it again.
    signal?.throwIfAborted()
    await refreshPackageLists(signal)
    await install()
  }
}

/** `apt-get update`; needs root and the network. */
export async function refreshPackageLists(signal?: AbortSignal): Promise<void> {
  await run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=600', 'update'], { timeoutMs: 600_000, signal })
}
