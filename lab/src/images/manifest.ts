import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Bytes } from '@rookery/model'
import type { Deb } from './debs.ts'
import { guestFiles } from './initramfs.ts'

/** The parts of a built image, by what they are for. */
export const tinyFiles = {
  disk: 'tiny.qcow2',
  iso: 'tiny.iso',
  kernel: 'tiny.vmlinuz',
  initrd: 'tiny.initrd',
} as const

/** A part of an image. */
export type TinyPart = keyof typeof tinyFiles

/** All of them. */
export const tinyParts: readonly TinyPart[] = ['disk', 'iso', 'kernel', 'initrd']

/** One file of a built image. */
export interface ImageFile {
  /** Name within the images folder. */
  file: string
  bytes: Bytes
  /** Lower-case hexadecimal. */
  sha256: string
  /** The size of the disk that a guest sees; only of a disk. */
  virtualBytes?: Bytes
}

/** What was built from what; kept beside the images as `tiny.json`. */
export interface TinyManifest {
  name: 'tiny'
  /** Digest of every input: packages, guest files, and the code that puts them together. */
  stamp: string
  /** ISO 8601. */
  builtAt: string
  kernel: string
  drivers: string[]
  /** Version by Debian package. */
  packages: Record<string, string>
  /** Digest by path of what was taken from the machine that built it: libraries of the guest agent. */
  libraries: Record<string, string>
  files: Record<TinyPart, ImageFile>
}

/** The folder of images in a data directory. */
export const imagesFolder = (dataDir: string): string => join(dataDir, 'images')

const manifestFile = 'tiny.json'

/** Where the manifest of the tiny image is. */
export const manifestPath = (dataDir: string): string => join(imagesFolder(dataDir), manifestFile)

/** The manifest of the tiny image, or undefined when it is not built or a file of it is gone or was changed in size. */
export async function readManifest(dataDir: string): Promise<TinyManifest | undefined> {
  try {
    const manifest: TinyManifest = JSON.parse(await readFile(manifestPath(dataDir), 'utf8'))
    for (const part of Object.values(manifest.files)) {
      if ((await stat(join(imagesFolder(dataDir), part.file))).size !== part.bytes) return undefined
    }
    return manifest
  } catch {
    // Absent, cut short, or of another layout: each means that there is nothing to rely on.
    return undefined
  }
}

/** A digest of the packages, the guest's files and the sources of this builder. */
export async function inputStamp(debs: Iterable<Deb>): Promise<string> {
  const hash = createHash('sha256')
  for (const deb of debs) hash.update(`${deb.package} ${deb.version}\n`)
  for (const folder of [guestFiles, import.meta.dirname]) {
    for (const file of (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter(item => item.isFile() && !item.name.endsWith('.test.ts') && item.name !== 'command.ts')
      .map(item => join(item.parentPath, item.name))
      .sort()) {
      hash.update(`${file.slice(folder.length)}\n`)
      hash.update(await readFile(file))
    }
  }
  return hash.digest('hex')
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** The digest of each file, by its path. */
export const digests = async (paths: readonly string[]): Promise<Record<string, string>> =>
  Object.fromEntries(await Promise.all(paths.map(async path => [path, await sha256(path)] as const)))

/** Whether files of this machine are what they were; an upgrade of their packages changes them. */
export async function areStill(known: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const now = await digests(Object.keys(known))
    return Object.entries(known).every(([path, digest]) => now[path] === digest)
  } catch {
    return false // one is gone
  }
}

/** Size and digest of a file, under the name it is going to have. */
export async function describeFile(path: string, file: string, virtualBytes?: Bytes): Promise<ImageFile> {
  return {
    file,
    bytes: (await stat(path)).size,
    sha256: await sha256(path),
    ...(virtualBytes === undefined ? {} : { virtualBytes }),
  }
}
