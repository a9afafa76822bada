import { readdir, readFile, readlink } from 'node:fs/promises'

/** Reads of /proc. A process may end between two reads, so everything here answers undefined or empty for one that is gone. */

/** When a process started, in clock ticks since boot: with its id this names a process for as long as the machine runs. */
export async function startTime(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19]
}

/** Differs after every boot of the machine. */
export const bootId = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()

/** Parent process ids of all processes. */
async function parents(): Promise<Map<number, number>> {
  const map = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined)
    if (text !== undefined) map.set(Number(name), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]))
  }
  return map
}

/** A process and all below it. */
export async function tree(pid: number): Promise<number[]> {
  const all = await parents()
  const found = [pid]
  for (let i = 0; i < found.length; i++) for (const [child, parent] of all) if (parent === found[i]) found.push(child)
  return found
}

/**
 * Memory of a process and all below it in bytes: the proportional share where the kernel tells it (shared pages
 * counted once, which matters for PostgreSQL), else the resident size.
 */
export async function memory(pid: number): Promise<number> {
  let kib = 0
  for (const p of await tree(pid)) {
    const rollup = await readFile(`/proc/${p}/smaps_rollup`, 'utf8').catch(() => '')
    const status = rollup ? '' : await readFile(`/proc/${p}/status`, 'utf8').catch(() => '')
    kib += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? /^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  }
  return kib * 1024
}

/** The name of the program that listens on a TCP port of this machine, if we may see it: `nginx (process 12)`. */
export async function whoListens(port: number): Promise<string | undefined> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(file, 'utf8').catch(() => '')
    for (const line of text.split('\n').slice(1)) {
      const f = line.trim().split(/\s+/)
      if (f[3] === '0A' && f[1]?.endsWith(`:${hex}`) && f[9]) inodes.add(f[9])
    }
  }
  if (inodes.size === 0) return undefined
  for (const pid of (await readdir('/proc')).filter(n => /^\d+$/.test(n)))
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [] as string[])) {
      const to = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
      const inode = /^socket:\[(\d+)\]$/.exec(to)?.[1]
      if (inode && inodes.has(inode)) return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (process ${pid})`
    }
  return undefined
}
