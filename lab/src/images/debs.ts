import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { unavailable } from '@rookery/model'
import { type DebName, debFile, kernelOf, parseDebFile, parseStanzas } from './deb-name.ts'
import type { Progress } from './progress.ts'
import { run } from './run.ts'
import { refreshPackageLists } from './tools.ts'

/** A package file on this machine. */
export interface Deb extends DebName {
  path: string
}

/** Where package files are kept, and what may be done to get them. */
export interface DebOptions {
  /** The folder of kept package files; made when absent. */
  cache: string
  /** Whether stale or absent package lists may be refreshed, which changes the machine and needs root. */
  refresh: boolean
  progress: Progress
  signal?: AbortSignal
}

/** Debian's meta package of the kernel for virtual machines: the smallest one, without AHCI, USB and real network cards. */
export const kernelMeta = 'linux-image-cloud-amd64'
const kernelPackage = /^linux-image-\d\S*-cloud-amd64$/

/**
 * The newest known file of each package and of the kernel, by the name asked for. Files that are there already are taken
 * without the network; if a newer one cannot be fetched, the one that is there does. Fails with `lab.packages.unavailable`.
 */
export async function fetchDebs(names: readonly string[], o: DebOptions): Promise<Map<string, Deb>> {
  await mkdir(o.cache, { recursive: true })
  let wanted = await candidates(names)
  if (wanted.size < names.length && (await keptFor(names, o.cache)).size < names.length && o.refresh) {
    o.progress('refreshing the package lists')
    await refreshPackageLists(o.signal)
    wanted = await candidates(names)
  }
  const absent = await notKept([...wanted.values()], o.cache)
  if (absent.length > 0) await download(absent, o)
  const kept = await keptFor(names, o.cache, wanted)
  const missing = names.filter(name => !kept.has(name))
  if (missing.length > 0)
    throw unavailable(
      'lab.packages.unavailable',
      `These Debian packages are neither kept in ${o.cache} nor to be fetched now: ${missing.join(', ')}. ` +
        'Run `apt-get update` as root and try again; the first build needs the network.',
    )
  return kept
}

/** Removes kept package files other than these: superseded versions. */
export async function dropSuperseded(kept: Iterable<Deb>, cache: string): Promise<void> {
  const files = new Set([...kept].map(deb => debFile(deb)))
  for (const file of await readdir(cache)) {
    if (parseDebFile(file) !== undefined && !files.has(file)) await rm(join(cache, file), { force: true })
  }
}

/** What apt would fetch now, by the name asked for. Needs the package lists only. */
async function candidates(names: readonly string[]): Promise<Map<string, DebName>> {
  const found = new Map<string, DebName>()
  for (const stanza of parseStanzas(await aptShow(names))) {
    const { depends: _, ...name } = stanza
    const wanted = stanza.package === kernelMeta ? kernelOf(stanza) : name
    if (wanted !== undefined) found.set(stanza.package, wanted)
  }
  return found
}

async function aptShow(names: readonly string[]): Promise<string> {
  try {
    return await run('apt-cache', ['show', '--no-all-versions', ...names])
  } catch {
    // It fails when its lists know none of the names; kept files may still do, and if not, the caller says what is missing.
    return ''
  }
}

async function notKept(wanted: readonly DebName[], cache: string): Promise<DebName[]> {
  const files = (await readdir(cache)).map(parseDebFile)
  return wanted.filter(want => !files.some(file => file?.package === want.package && file.version === want.version))
}

/** The kept file of each name: of the wanted version, else the one that came last. */
async function keptFor(
  names: readonly string[],
  cache: string,
  wanted: ReadonlyMap<string, DebName> = new Map(),
): Promise<Map<string, Deb>> {
  const files: (Deb & { at: number })[] = []
  for (const file of await readdir(cache)) {
    const name = parseDebFile(file)
    const path = join(cache, file)
    if (name !== undefined) files.push({ ...name, path, at: (await stat(path)).mtimeMs })
  }
  files.sort((a, b) => b.at - a.at)
  const kept = new Map<string, Deb>()
  for (const name of names) {
    const isIt = (deb: Deb): boolean =>
      name === kernelMeta ? kernelPackage.test(deb.package) && deb.package !== kernelMeta : deb.package === name
    const want = wanted.get(name)
    const deb = files.find(file => file.package === want?.package && file.version === want.version) ?? files.find(isIt)
    if (deb !== undefined) {
      const { at: _, ...rest } = deb
      kept.set(name, rest)
    }
  }
  return kept
}

/**
 * Fetches into a folder of its own and moves the files into the cache when all came, so that an interrupted download is
 * never taken for a package. A failure is only told: the caller sees what is there.
 */
async function download(wanted: readonly DebName[], o: DebOptions): Promise<void> {
  const folder = await mkdtemp(join(o.cache, '.fetch-'))
  // apt's own download user cannot enter a private folder; as root it would refuse or warn.
  const args = ['-qq', '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=20']
  const fetch = (): Promise<string> =>
    run('apt-get', [...args, 'download', ...wanted.map(name => `${name.package}=${name.version}`)], {
      cwd: folder,
      timeoutMs: 900_000,
      signal: o.signal,
    })
  try {
    o.progress(`fetching ${wanted.length} Debian packages: ${wanted.map(name => name.package).join(', ')}`)
    try {
      await fetch()
    } catch (error) {
      o.signal?.throwIfAborted()
      if (!o.refresh) throw error
      o.progress('refreshing the package lists')
      await refreshPackageLists(o.signal)
      await fetch()
    }
    for (const file of await readdir(folder)) {
      if (parseDebFile(file) !== undefined) await rename(join(folder, file), join(o.cache, file))
    }
  } catch (error) {
    o.signal?.throwIfAborted()
    o.progress(`could not fetch: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
