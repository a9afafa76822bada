import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { cpus, release, totalmem } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What the figures were taken on. Ratios travel between machines, absolute figures only with this beside them. */
export interface Machine {
  cpu: string
  cores: number
  memoryGiB: number
  kernel: string
  /** How guests run here: `kvm`, `tcg`; `none` without a real host. */
  accel: string
  node: string
  libvirt: string
  qemu: string
  /** The machine's load over the last minute when the bench began: beyond a few tenths, others were at work too. */
  load: number
}

/** Looks at this machine. */
export async function describeMachine(accel: string): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    accel,
    node: process.version,
    libvirt: await versionOf('/usr/sbin/libvirtd', '--version'),
    qemu: await versionOf('/usr/bin/qemu-system-x86_64', '--version'),
    load: Number((await readFile('/proc/loadavg', 'utf8')).split(' ')[0]),
  }
}

/** The first version number that a program says of itself; `none` where there is no such program. */
async function versionOf(program: string, option: string): Promise<string> {
  try {
    return /\d+(\.\d+)+/.exec((await run(program, [option])).stdout)?.[0] ?? 'unknown'
  } catch {
    return 'none' // not installed: then nothing of it is measured either
  }
}

/** One line for people. */
export const machineText = (m: Machine): string =>
  `${m.cores} × ${m.cpu}, ${m.memoryGiB} GiB, Linux ${m.kernel}, guests by ${m.accel}, Node ${m.node}, ` +
  `libvirt ${m.libvirt}, QEMU ${m.qemu}, load ${m.load}`
