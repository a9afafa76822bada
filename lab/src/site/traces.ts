import { readdir, readFile, stat } from 'node:fs/promises'
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
 * process of anybody else does: this finds also those whose parent is gone and whose words name nothing.
 */
export async function processesOf(dataDir: string): Promise<Seen[]> {
  const own = await identity(dataDir)
  if (own === undefined) return []
  const found: Seen[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || (await identity(`/proc/${name}/root/run/rookery/data`)) !== own) continue
    const args = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => undefined) // it has just ended
    if (args) found.push({ pid: Number(name), args: args.replaceAll('\0', ' ').trim() })
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

/** Bridges whose name begins with `prefix`, and what is plugged into them. */
export async function linksOf(prefix: string): Promise<string[]> {
  return (await links()).filter(l => l.ifname.startsWith(prefix) || l.master?.startsWith(prefix)).map(l => l.ifname)
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
