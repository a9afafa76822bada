import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A process of this boot: numbers are used again, so the time of its start belongs to it. */
export interface ProcessId {
  pid: number
  /** In clock ticks since boot, as /proc says. */
  start: number
}

/** The process of that number, or null when there is none or it waits only to be reaped. */
export function findProcess(pid: number): ProcessId | null {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    // It is gone.
    return null
  }
  // The name in parentheses may contain anything; the state follows the last one.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? null : { pid, start: Number(rest[18]) }
}

/** Whether this very process is still there. A killed one whose writes wait in the kernel is. */
export const isThere = (process: ProcessId): boolean => findProcess(process.pid)?.start === process.start

/** Whether a process stands still by SIGSTOP; false for one that is gone. */
export function isStopped({ pid }: ProcessId): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2)[0] === 'T'
  } catch {
    // It is gone.
    return false
  }
}

/** Signals this very process; one that is gone is let be. */
export function signal(target: ProcessId, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  if (!isThere(target)) return
  try {
    process.kill(target.pid, name)
  } catch {
    // It went between the look and the signal.
  }
}

/** Whether any process of this host but `except` has a file of an image of the storage domain open. */
export function usesImages(storageDomainId: string, except: ReadonlySet<number>): boolean {
  const place = `/${storageDomainId}/images/`
  const ids = readdirSync('/proc').filter(name => /^\d+$/.test(name) && !except.has(Number(name)))
  return ids.some(pid => openFiles(pid).some(file => file.includes(place)))
}

function openFiles(pid: string): string[] {
  const unlessGone = <T>(look: () => T, gone: T): T => {
    try {
      return look()
    } catch {
      // The process ended, or closed the file, meanwhile.
      return gone
    }
  }
  return unlessGone(() => readdirSync(`/proc/${pid}/fd`), []).map(fd =>
    unlessGone(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''),
  )
}
