import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../images/run.ts'

/** A process as /proc shows it. */
export interface Seen {
  readonly pid: number
  /** The command line, words joined by spaces. */
  readonly args: string
}

/** Everything an instance has put into the machine, outside its data directory. Empty lists: nothing is left. */
export interface Traces {
  readonly processes: readonly Seen[]
  readonly mounts: readonly string[]
  /** Bridges, and cards of guests that are plugged into them. */
  readonly links: readonly string[]
  readonly tables: readonly string[]
}

/**
 * The processes of an instance. Each of them lives in a mount namespace where the data directory stands at /run/rookery/data, and no
 * process of anybody else does: this finds also those whose parent is gone and whose words name nothing. With them those of its lab's
 * hosts, each of which has its own folder at that place, and what holds the lab together, which is known by its words.
 */
export async function processesOf(dataDir: string): Promise<Seen[]> {
  const lab = join(dataDir, 'lab')
  const hosts = join(lab, 'hosts')
  const folders = [dataDir, ...(await readdir(hosts).catch(() => [])).map(name => join(hosts, name))]
  const own = new Set((await Promise.all(folders.map(identity))).filter(each => each !== undefined))
  if (own.size === 0) return []
  const found: Seen[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const args = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim() // it has just ended
    if (args === '') continue
    const here = await identity(`/proc/${name}/root/run/rookery/data`)
    const ofLab =
      `${args} `.includes(`${lab} `) || args.includes(`${lab}/`) || args.startsWith(`rookery-lab ${dataDir}`)
    if (ofLab || (here !== undefined && own.has(here))) found.push({ pid: Number(name), args })
  }
  return found
}

/** Device and number of a folder; undefined when it is not there, or is seen by a process that has ended. */
async function identity(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && `${found.dev}:${found.ino}`
}

interface Link {
  readonly ifname: string
  readonly master?: string
}

const links = async () => JSON.parse(await run('ip', ['-json', 'link', 'show'])) as Link[]

/** Bridges whose name begins with `prefix`, and what is plugged into them; with them the ends of its lab's cables. */
export async function linksOf(prefix: string): Promise<string[]> {
  const lab = prefix.replace(/^rk/, 'lb')
  return (await links())
    .filter(l => [prefix, lab].some(each => l.ifname.startsWith(each)) || l.master?.startsWith(prefix))
    .map(l => l.ifname)
}

/** Names of all interfaces of this machine. */
export const linkNames = async (): Promise<string[]> => (await links()).map(l => l.ifname)

/** nftables tables of an instance, as `family name`. */
export async function tablesOf(prefix: string): Promise<string[]> {
  const lines = (await run('nft', ['list', 'tables'])).split('\n')
  return lines.filter(line => line.endsWith(`_${prefix}`)).map(line => line.replace(/^table /, ''))
}

/** Mounts that this process sees and that have to do with a data directory, or with any instance's own namespace. */
export async function mountsOf(dataDir: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  return lines.filter(line => line.includes(dataDir) || line.includes('/run/rookery'))
}

/** All of it. `prefix` begins the names of the instance's bridges. */
export async function tracesOf(dataDir: string, prefix: string): Promise<Traces> {
  return {
    processes: await processesOf(dataDir),
    mounts: await mountsOf(dataDir),
    links: await linksOf(prefix),
    tables: await tablesOf(prefix),
  }
}
