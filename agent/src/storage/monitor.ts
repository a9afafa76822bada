import { spawn } from 'node:child_process'
import { lstat, readdir, statfs } from 'node:fs/promises'
import { RookeryError } from '@rookery/model'
import type { StorageReport } from '@rookery/protocol'
import { errno, type Owner, requireFolder } from './files.ts'
import type { ConnectedDomain } from './host-storage.ts'
import { decodeDomainMetadata, describeDomain } from './layout/domain-metadata.ts'
import type { DomainPaths } from './layout/paths.ts'

/** File names that an ISO domain offers: CD images and floppies. */
const media = /\.(iso|vfd|flp|img)$/i
/** An ISO domain lists no more files than this; deeper or further ones are there, but nobody is told. */
const listLimits = { files: 5000, depth: 8 }

/**
 * Looks at a domain once: reads the metadata past the page cache, compares the checksum, looks at owners and modes, asks for space, lists
 * media of an ISO domain. Never throws: what is wrong is the report.
 */
export async function inspectDomain(
  domain: ConnectedDomain,
  owner: Owner,
  seconds: number,
  last: StorageReport | undefined,
): Promise<StorageReport> {
  const report: StorageReport = {
    storageDomainId: domain.id,
    ok: false,
    detail: null,
    available: last?.available ?? 0,
    used: last?.used ?? 0,
    files: last?.files ?? (domain.info?.type === 'iso' ? [] : null),
  }
  try {
    const bytes = await readDirectly(domain.paths.metadata, seconds)
    const info = describeDomain(decodeDomainMetadata(bytes, domain.paths.metadata))
    domain.info = info
    const space = await statfs(domain.paths.root)
    report.available = space.bavail * space.bsize
    report.used = (space.blocks - space.bfree) * space.bsize
    report.files = info.type === 'iso' ? await listMedia(domain.paths.isoFiles) : null
    report.detail =
      info.storageDomainId !== domain.id
        ? `${domain.paths.metadata} is of another storage domain: ${info.storageDomainId}.`
        : await ownershipDrift(domain.paths, domain.folder, owner)
    report.ok = report.detail === null
  } catch (error) {
    report.detail = explain(domain, error)
  }
  return report
}

function explain(domain: ConnectedDomain, error: unknown): string {
  if (error instanceof RookeryError) return error.message
  const said = error instanceof Error ? error.message : String(error)
  if (errno(error) === 'ENOENT')
    return (
      `${domain.folder}/${domain.id} is not there (${said}). ` +
      'If the directory is a mount of its own, mount it again; the domain comes back by itself.'
    )
  return `${domain.folder}: ${said}`
}

/**
 * Owners and modes that would keep QEMU or oVirt out, as one sentence with the commands that put them right; null when all is well.
 * Looks at the domain's own folders and every image folder.
 */
export async function ownershipDrift(paths: DomainPaths, path: string, owner: Owner): Promise<string | null> {
  const look = [paths.root, paths.metadataFolder, paths.metadata, paths.images]
  // Links in their place would lead the agent, which is root, to write somewhere else.
  for (const folder of [paths.root, paths.metadataFolder, paths.images]) await requireFolder(folder)
  for (const place of look) {
    const { uid, gid, mode } = await lstat(place)
    const shown = place.replace(paths.root, `${path}/${paths.root.split('/').at(-1) ?? ''}`)
    const domainRoot = paths.root.replace(/^.*\//, `${path}/`)
    if (owner !== null && (uid !== owner.uid || gid !== owner.gid))
      return (
        `The owner of ${shown} changed: it is ${uid}:${gid} and must be ${owner.uid}:${owner.gid}. ` +
        `Run on this host: chown -R ${owner.uid}:${owner.gid} ${domainRoot}`
      )
    const needed = place === paths.metadata ? 0o600 : 0o750
    if (owner !== null && (mode & needed) !== needed)
      return (
        `The mode of ${shown} changed: it is ${(mode & 0o7777).toString(8)}. ` +
        `Run on this host: find ${domainRoot} -type d -exec chmod 0755 {} +`
      )
  }
  return null
}

/** Media below a folder by their path in it, sorted. Links are not followed and not listed. */
async function listMedia(root: string): Promise<{ name: string; size: number }[]> {
  const found: { name: string; size: number }[] = []
  const walk = async (folder: string, prefix: string, depth: number): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (found.length >= listLimits.files) return
      const name = `${prefix}${entry.name}`
      if (entry.isDirectory() && depth < listLimits.depth) await walk(`${folder}/${entry.name}`, `${name}/`, depth + 1)
      else if (entry.isFile() && media.test(entry.name))
        found.push({ name, size: (await lstat(`${folder}/${entry.name}`)).size })
    }
  }
  await walk(root, '', 0)
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Reads the first 256 KiB of a file by a process of its own, past the page cache where the file system can (`tmpfs` cannot):
 * storage that hangs then holds that process and not one of ours. Throws when it takes longer than `seconds`.
 */
export async function readDirectly(path: string, seconds: number): Promise<Buffer> {
  const direct = await dd(path, ['iflag=direct,nofollow'], seconds)
  if (direct.code === 0) return direct.stdout
  if (!/Invalid argument/.test(direct.stderr)) throw ddError(path, direct.stderr, seconds)
  const plain = await dd(path, ['iflag=nofollow'], seconds)
  if (plain.code !== 0) throw ddError(path, plain.stderr, seconds)
  return plain.stdout
}

interface DdResult {
  code: number | null
  stdout: Buffer
  stderr: string
}

function dd(path: string, flags: readonly string[], seconds: number): Promise<DdResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('dd', [`if=${path}`, 'bs=4096', 'count=64', 'status=none', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
    })
    const chunks: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-1024)
    })
    child.once('error', reject)
    // A process that waits for the storage cannot be killed: then `close` never comes, and the report must not wait either.
    const late = setTimeout(() => resolve({ code: null, stdout: Buffer.alloc(0), stderr: '' }), seconds * 1000 + 500)
    late.unref()
    child.once('close', code => {
      clearTimeout(late)
      resolve({ code, stdout: Buffer.concat(chunks), stderr })
    })
  })
}

function ddError(path: string, said: string, seconds: number): Error {
  if (said === '') return new Error(`${path} could not be read within ${seconds} s: the storage does not answer`)
  const error = new Error(said.trim().replace(/^dd: /, ''))
  return /No such file/.test(said) ? Object.assign(error, { code: 'ENOENT' }) : error
}
