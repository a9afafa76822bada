import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { internal, unsupported } from '@rookery/model'
import { type Deb, dropSuperseded, fetchDebs, kernelMeta } from './debs.ts'
import { type BootFiles, buildDisk, buildIso, diskBytes } from './disk.ts'
import { fillGuestTree, packInitramfs } from './initramfs.ts'
import { withLock } from './lock.ts'
import {
  areStill,
  describeFile,
  digests,
  imagesFolder,
  inputStamp,
  manifestPath,
  readManifest,
  type TinyManifest,
  type TinyPart,
  tinyFiles,
  tinyParts,
} from './manifest.ts'
import { installModules } from './modules.ts'
import { type Progress, silent } from './progress.ts'
import { run } from './run.ts'
import { ensureTools } from './tools.ts'

/** What a build may do and where. */
export interface BuildOptions {
  /** The data directory; the image goes into its `images/`. Made when absent. */
  dataDir: string
  /** Builds although the inputs are those of the image that is there. */
  force?: boolean
  /** Installs missing Debian packages and refreshes stale package lists; needs root. */
  install?: boolean
  /** Where package files are kept; `images/.debs` without it. */
  debCache?: string
  progress?: Progress
  signal?: AbortSignal
}

/** A tiny image that is there. */
export interface TinyImage {
  manifest: TinyManifest
  /** False when the image was there already, made from the same inputs. */
  built: boolean
  /** Absolute path of each part. */
  paths: Record<TinyPart, string>
}

const contents = [
  kernelMeta,
  'busybox-static',
  'qemu-guest-agent',
  'shim-signed',
  'grub-efi-amd64-signed',
  'syslinux',
  'syslinux-common',
  'isolinux',
] as const

/**
 * Makes the tiny guest's disk and CD from Debian packages, or finds them already made from the same inputs. The packages are
 * unpacked, never installed; files appear whole, by renaming; what a killed build left is swept by the next. Fails with
 * `lab.packages.*` when a package is missing, `lab.tool.*` when a tool failed.
 */
export async function buildTiny(o: BuildOptions): Promise<TinyImage> {
  const { progress = silent, signal } = o
  if (process.arch !== 'x64')
    throw unsupported(
      'lab.images.architecture',
      `The tiny image is made on amd64 machines; this one is ${process.arch}`,
    )
  const folder = imagesFolder(o.dataDir)
  await mkdir(folder, { recursive: true })
  return await withLock(join(folder, '.lock'), { progress, signal }, async () => {
    await sweep(folder)
    const cache = o.debCache ?? join(folder, '.debs')
    const debs = await fetchDebs(contents, { cache, refresh: o.install === true, progress, signal })
    const stamp = await inputStamp(debs.values())
    const present = await readManifest(o.dataDir)
    if (present?.stamp === stamp && o.force !== true && (await areStill(present.libraries)))
      return image(o.dataDir, present, false)
    await ensureTools({ install: o.install === true, progress, signal })
    const work = await mkdtemp(join(folder, '.build-'))
    try {
      const manifest = await build(debs, stamp, folder, work, progress, signal)
      await writeFile(join(work, 'manifest'), `${JSON.stringify(manifest, null, 2)}\n`)
      await rename(join(work, 'manifest'), manifestPath(o.dataDir))
      await dropSuperseded(debs.values(), cache)
      return image(o.dataDir, manifest, true)
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  })
}

function image(dataDir: string, manifest: TinyManifest, built: boolean): TinyImage {
  const path = (part: TinyPart): string => join(imagesFolder(dataDir), tinyFiles[part])
  return {
    manifest,
    built,
    paths: { disk: path('disk'), iso: path('iso'), kernel: path('kernel'), initrd: path('initrd') },
  }
}

/** Removes the work folders of builds that were killed; under the lock none is anybody's. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('.build-')) await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function build(
  debs: ReadonlyMap<string, Deb>,
  stamp: string,
  folder: string,
  work: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<TinyManifest> {
  progress(`unpacking ${debs.size} packages`)
  const roots = new Map<string, string>()
  for (const [name, deb] of debs) {
    const root = join(work, name)
    await run('dpkg-deb', ['--extract', deb.path, root], { signal })
    roots.set(name, root)
  }
  const root = (name: (typeof contents)[number]): string => {
    const found = roots.get(name)
    if (found === undefined) throw internal('lab.images.package', `${name} was not unpacked`)
    return found
  }

  progress('making the initramfs')
  const tree = join(work, 'tree')
  const libraries = await fillGuestTree(tree, {
    busybox: join(root('busybox-static'), 'bin/busybox'),
    agent: join(root('qemu-guest-agent'), 'usr/sbin/qemu-ga'),
    signal,
  })
  const { version, drivers } = await installModules(root(kernelMeta), tree, signal)
  const made: Record<TinyPart, string> = {
    disk: join(work, 'disk'),
    iso: join(work, 'cd'),
    kernel: join(work, 'vmlinuz'),
    initrd: join(work, 'initrd'),
  }
  await writeFile(made.initrd, await packInitramfs(tree))
  await copyFile(join(root(kernelMeta), 'boot', `vmlinuz-${version}`), made.kernel)

  progress('making the disk and the CD')
  const files: BootFiles = {
    vmlinuz: made.kernel,
    initrd: made.initrd,
    shim: join(root('shim-signed'), 'usr/lib/shim/shimx64.efi.signed'),
    grub: join(root('grub-efi-amd64-signed'), 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'),
    syslinux: root('syslinux'),
    syslinuxCommon: root('syslinux-common'),
    isolinux: root('isolinux'),
  }
  await buildDisk(files, made.disk, work, signal)
  await buildIso(files, made.iso, work, signal)

  const described = {
    disk: await describeFile(made.disk, tinyFiles.disk, diskBytes),
    iso: await describeFile(made.iso, tinyFiles.iso),
    kernel: await describeFile(made.kernel, tinyFiles.kernel),
    initrd: await describeFile(made.initrd, tinyFiles.initrd),
  }
  signal?.throwIfAborted()
  for (const part of tinyParts) {
    await chmod(made[part], 0o644)
    await rename(made[part], join(folder, tinyFiles[part]))
  }
  return {
    name: 'tiny',
    stamp,
    builtAt: new Date().toISOString(),
    kernel: version,
    drivers,
    packages: Object.fromEntries([...debs.values()].map(deb => [deb.package, deb.version])),
    libraries: await digests(libraries),
    files: described,
  }
}
