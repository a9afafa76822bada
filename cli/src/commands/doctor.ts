import { X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { access, readFile, stat, statfs } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { humanBytes } from '@rookery/model'
import { dataVersion, embeddedBinaries } from '@rookery/postgres'
import { dataDirOf, type Paths, paths } from '../instance/paths.ts'
import { whyNotListen } from '../instance/ports.ts'
import { readSettings, type Settings } from '../instance/settings.ts'
import type { Output } from '../output.ts'
import { missingPackages } from '../packages/apt.ts'
import { hostPackages } from '../packages/list.ts'
import { namesOf } from '../pki/x509.ts'
import { writableCgroups } from '../supervisor/libvirt.ts'
import { account, isRoot, SERVICE_USER } from '../system/account.ts'
import { exec } from '../system/exec.ts'
import { whoListens } from '../system/proc.ts'
import { hasSystemd } from '../system/systemd.ts'
import { collect } from './status.ts'

/** One thing that was looked at. `bad` keeps Rookery from working; `poor` makes it less than it could be. */
export interface Finding {
  readonly what: string
  readonly verdict: 'good' | 'poor' | 'bad'
  readonly found: string
  /** What to do about it. */
  readonly todo?: string
}

const good = (what: string, found: string): Finding => ({ what, verdict: 'good', found })
const poor = (what: string, found: string, todo: string): Finding => ({ what, verdict: 'poor', found, todo })
const bad = (what: string, found: string, todo: string): Finding => ({ what, verdict: 'bad', found, todo })

/** `rookery doctor`: looks at the machine and the instance and changes nothing. Exit 1 when something is bad. */
export async function doctorCommand(o: { dataDir?: string }, out: Output): Promise<number> {
  const p = paths(dataDirOf(o.dataDir))
  const findings = await examine(p)
  const width = Math.max(...findings.map(f => f.what.length))
  const marks = { good: '✓', poor: '!', bad: '✗' }
  const text = findings.map(
    f =>
      `${marks[f.verdict]} ${f.what.padEnd(width)}  ${f.found}${f.todo ? `\n  ${' '.repeat(width)}  → ${f.todo}` : ''}`,
  )
  out.result(text.join('\n'), { dataDir: p.dataDir, findings })
  return findings.some(f => f.verdict === 'bad') ? 1 : 0
}

/** Everything that is looked at. A look that fails is a finding itself, not the end of the others. */
export async function examine(p: Paths): Promise<Finding[]> {
  const s = await readSettings(p).catch(() => undefined) // the settings have a finding of their own
  const looks: [string, () => Promise<Finding | Finding[]>][] = [
    ['user', async () => user(s)],
    ['settings', () => settings(p)],
    ['packages', packages],
    ['acceleration', acceleration],
    ['control groups', async () => groups(await readFile('/proc/self/mountinfo', 'utf8'))],
    ['memory', async () => memory()],
    ['disk', () => disk(p)],
    ['database files', () => database(p)],
    ['address', () => address(p, s)],
    ['certificate', () => certificate(p)],
    ['instance', () => instance(p)],
  ]
  const found: Finding[] = []
  for (const [what, look] of looks)
    try {
      found.push(...[await look()].flat())
    } catch (error) {
      found.push(
        poor(
          what,
          `could not be looked at: ${error instanceof Error ? error.message : String(error)}`,
          'Run this as root to see everything.',
        ),
      )
    }
  return found
}

function user(s: Settings | undefined): Finding {
  if (isRoot()) return good('user', 'root')
  if (s?.mode === 'host')
    return poor('user', 'not root, and this instance is root’s', 'Run this as root to see everything.')
  return poor('user', 'not root: simulated hosts only', 'Run Rookery as root for a real host.')
}

async function settings(p: Paths): Promise<Finding> {
  const s = await readSettings(p)
  return s
    ? good('settings', `${p.settings}, made ${s.createdAt.slice(0, 10)}`)
    : good('settings', `none yet in ${p.dataDir}`)
}

async function packages(): Promise<Finding> {
  const needs = hostPackages({ arch: process.arch, systemd: hasSystemd() })
  const missing = await missingPackages(needs)
  if (missing.length === 0) return good('packages', `all ${needs.length} present`)
  const names = missing.map(n => n.name).join(' ')
  return poor(
    'packages',
    `missing: ${names}`,
    `"rookery up --yes" installs them, or: apt-get install --no-install-recommends ${names}`,
  )
}

/** Only whether it could be: the agent finds out by running a few instructions, and `status` shows its verdict. */
async function acceleration(): Promise<Finding> {
  const slow = 'VMs run under software emulation'
  if (!(await stat('/dev/kvm').catch(() => undefined))) {
    const flags = await readFile('/proc/cpuinfo', 'utf8')
    const why = /\b(vmx|svm)\b/.test(flags)
      ? 'load the module: modprobe kvm_intel, or kvm_amd'
      : 'switch virtualization on in the firmware, or allow nested virtualization on the machine around this one'
    return poor('acceleration', `no /dev/kvm: ${slow}`, why)
  }
  const qemu = await account('libvirt-qemu')
  const mayOpen = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!mayOpen && !isRoot())
    return poor('acceleration', '/dev/kvm cannot be opened by this user', 'A real host needs root anyway.')
  if (qemu) {
    const tried = await exec([
      'setpriv',
      `--reuid=${qemu.uid}`,
      `--regid=${qemu.gid}`,
      '--init-groups',
      '--',
      'test',
      '-w',
      '/dev/kvm',
    ])
    if (tried.code !== 0 && isRoot())
      return poor(
        'acceleration',
        `QEMU's user may not open /dev/kvm: ${slow}`,
        'chgrp kvm /dev/kvm && chmod 660 /dev/kvm',
      )
  }
  return good('acceleration', '/dev/kvm is there; whether it works is for the agent to find out')
}

const groups = (mountinfo: string): Finding =>
  writableCgroups(mountinfo)
    ? good('control groups', 'can be written to')
    : poor(
        'control groups',
        'none can be written to: VMs run without limits of their own',
        'Give this container writable control groups.',
      )

function memory(): Finding {
  const all = totalmem()
  return all < 2 * 1024 ** 3
    ? poor('memory', humanBytes(all), 'Engine, database and agent want about 500 MB; little is left for VMs.')
    : good('memory', humanBytes(all))
}

async function disk(p: Paths): Promise<Finding> {
  let at = p.dataDir
  while (!(await stat(at).catch(() => undefined)) && at !== dirname(at)) at = dirname(at)
  const { bavail, bsize } = await statfs(at)
  const free = bavail * bsize
  const found = `${humanBytes(free)} free at ${at}`
  if (free < 1024 ** 3) return bad('disk', found, 'Free some space; at least 1 GiB is needed.')
  return free < 5 * 1024 ** 3 ? poor('disk', found, 'Enough to try, not for many disks.') : good('disk', found)
}

async function database(p: Paths): Promise<Finding> {
  const { major } = await embeddedBinaries()
  const found = await dataVersion(p.postgresData)
  if (found === undefined) return good('database files', 'none yet')
  return found === major
    ? good('database files', `PostgreSQL ${found}`)
    : bad(
        'database files',
        `made by PostgreSQL ${found}; this release runs ${major}`,
        'Start the release that made them and export, or give the address of a PostgreSQL of your own with --database.',
      )
}

async function address(p: Paths, s: Settings | undefined): Promise<Finding> {
  const listen = s?.listen ?? '127.0.0.1'
  const port = s?.port ?? 8443
  const why = await whyNotListen(listen, port)
  if (why === undefined) return good('address', `${listen}:${port} is free`)
  const status = await collect(p)
  if (status.running) return good('address', `${listen}:${port} is ours`)
  const who = why === 'EADDRINUSE' ? await whoListens(port) : undefined
  return bad(
    'address',
    `${listen}:${port} cannot be listened at: ${who ? `${who} does` : why}`,
    'Stop that program, or choose another --port.',
  )
}

async function certificate(p: Paths): Promise<Finding> {
  const file = join(p.engine, 'tls/server.crt')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return good('certificate', 'none yet')
  const until = new X509Certificate(text).validToDate
  const days = Math.floor((until.getTime() - Date.now()) / 86_400_000)
  const names = namesOf(text)
  const found = `for ${[...names.dns, ...names.ip].join(', ')}; ${days} days left`
  if (days < 0) return bad('certificate', found, 'rookery down, then rookery up: it signs a new one.')
  return days < 130 ? poor('certificate', found, 'The next "rookery up" renews it.') : good('certificate', found)
}

async function instance(p: Paths): Promise<Finding[]> {
  const status = await collect(p)
  if (!status.running)
    return [good('instance', `does not run${status.vmsLeftRunning ? `; ${status.vmsLeftRunning} VMs still do` : ''}`)]
  const user =
    status.mode === 'host' && !(await account(SERVICE_USER))
      ? [bad('service user', 'is gone', 'rookery down, then rookery up: it makes the user again.')]
      : []
  return [
    ...user,
    ...(status.healthy ? [good('instance', `healthy, ${humanBytes(status.rss ?? 0)}`)] : []),
    ...status.problems.map(x => bad('instance', x, `See: rookery logs --data-dir ${p.dataDir}`)),
    ...status.notes.map(x => poor('instance', x, 'It works; there is less between VMs and this machine.')),
  ]
}
