import { readdir, readlink, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { inside, type Paths } from '../instance/paths.ts'
import { startTime } from '../system/proc.ts'

/**
 * How long parts whose supervisor was killed may take to end by themselves, milliseconds. The kernel asked them to when it died
 * (PDEATHSIG); a database that writes everything out first has good reason to take some seconds.
 */
const PATIENCE = 20_000

/** Pure: whether a program is one that must not run without a supervisor. QEMU, virtlogd and DHCP servers may: they serve running VMs. */
export const needsSupervisor = (program: string): boolean =>
  ['node', 'postgres', 'libvirtd'].includes(basename(program))

/**
 * Waits until the parts of a supervisor that was killed have ended, and ends those that do not: they hold ports, sockets and the
 * database that the next ones need. To be called while nobody else works on the data directory and no supervisor runs. Only with root:
 * the parts are known by the mount namespace that they were started in. Answers how many had to be ended.
 */
export async function endLeftovers(p: Paths, patience = PATIENCE): Promise<number> {
  const deadline = performance.now() + patience
  let left = await leftovers(p.dataDir)
  while (left.length > 0 && performance.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, 50))
    left = await leftovers(p.dataDir)
  }
  for (const { pid, born } of left) await end(pid, born)
  return left.length
}

async function leftovers(dataDir: string): Promise<{ pid: number; born: string }[]> {
  const own = await identity(dataDir)
  const found: { pid: number; born: string }[] = []
  for (const name of (await readdir('/proc')).filter(n => /^\d+$/.test(n))) {
    const program = await readlink(`/proc/${name}/exe`).catch(() => '') // it has ended, or is the kernel's
    if (!needsSupervisor(program) || (await identity(`/proc/${name}/root${inside.data}`)) !== own) continue
    const born = await startTime(Number(name))
    if (born !== undefined) found.push({ pid: Number(name), born })
  }
  return found
}

/** Device and number of a folder, the same under every name it is mounted at; undefined when it is not there. */
async function identity(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && `${found.dev}:${found.ino}`
}

async function end(pid: number, born: string): Promise<void> {
  if ((await startTime(pid)) !== born) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it has just ended
  }
}
