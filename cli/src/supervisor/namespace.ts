import { lstat, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appRoot, type Paths } from '../instance/paths.ts'
import { exec, must } from '../system/exec.ts'
import { bootId } from '../system/proc.ts'
import { withStorageGroup } from '../system/storage-group.ts'

/**
 * The world of an instance's processes. They run in a mount namespace of their own in which
 *
 * - the checkout stands read-only at /run/rookery/app and the data directory at /run/rookery/data, so that the users
 *   that engine, database and QEMU run as can reach what they need although both may lie below folders that are closed
 *   to them; no folder of the user's is opened up, and nothing of this is seen outside;
 * - /run and libvirt's four folders are the instance's own, kept below the data directory. They must be on disk, not in
 *   a tmpfs: `down` leaves the QEMU processes running, in the namespace they were started in, and the next `up` makes
 *   another one with the same folders, where libvirtd finds its notes and the sockets of those processes again.
 */
export const binds = [
  ['host/etc-libvirt', '/etc/libvirt'],
  ['host/lib-libvirt', '/var/lib/libvirt'],
  ['host/log-libvirt', '/var/log/libvirt'],
  ['host/cache-libvirt', '/var/cache/libvirt'],
] as const

/** What of the machine's /run the processes still need: name resolution and the device database. */
const kept = ['systemd/resolve', 'resolvconf', 'NetworkManager', 'connman', 'udev', 'dbus'] as const

/** The words that run `argv` as the first process of a new namespace whose mounts are not seen outside. */
export const inNamespace = (argv: readonly string[]): string[] => [
  '/usr/bin/unshare',
  '--mount',
  '--propagation=private',
  '--',
  ...argv,
]

/** Builds the namespace, with libvirt's folders for a `host`. To be called in the process that {@link inNamespace} started. */
export async function buildNamespace(p: Paths, host: boolean): Promise<void> {
  await freshRun(p)
  const run = join(p.host, 'run')
  for (const name of kept) await keep(`/run/${name}`, join(run, name))
  await mkdir(join(run, 'lock'), { recursive: true })
  await mount(appRoot, join(run, 'rookery/app'), 'ro')
  await mount(p.dataDir, join(run, 'rookery/data'))
  for (const [from, to] of host ? binds : []) {
    await mkdir(join(p.dataDir, from), { recursive: true, mode: 0o755 })
    await mount(join(p.dataDir, from), to)
  }
  await must(['mount', '--rbind', run, '/run'])
  // Where /var/run is a folder of its own both names must still lead to the same place.
  if (!(await lstat('/var/run')).isSymbolicLink()) await must(['mount', '--rbind', run, '/var/run'])
  await soleDeviceMounts()
  if (host) {
    await storageGroup(p)
    await hideClosedKvm(p)
  }
}

/** QEMU's user belongs to the group that owns storage, in this namespace only (docs/decisions/storage-ownership.md). */
async function storageGroup(p: Paths): Promise<void> {
  const file = join(p.host, 'etc-group')
  await writeFile(file, withStorageGroup(await readFile('/etc/group', 'utf8'), 'libvirt-qemu'), { mode: 0o644 })
  await must(['mount', '--bind', file, '/etc/group'])
}

/**
 * Gives the namespace a /dev without a /dev/kvm that QEMU's user may not open. libvirt probes QEMU with the right to override file modes
 * and finds KVM, then checks as QEMU's user, finds none, and probes again at every call: each start then takes most of a minute.
 * A whole /dev, because libvirt gives each QEMU one of its own and cannot move a single file that is mounted below it.
 */
async function hideClosedKvm(p: Paths): Promise<void> {
  const device = '/dev/kvm'
  if (!(await stat(device).catch(() => undefined))) return
  const asQemu = ['--reuid=libvirt-qemu', '--regid=libvirt-qemu', '--init-groups']
  const mayOpen = await exec(['setpriv', ...asQemu, 'test', '-r', device, '-a', '-w', device])
  if (mayOpen.code === 0) return
  const dev = join(p.host, 'dev')
  await mkdir(dev, { recursive: true })
  await must(['mount', '-t', 'tmpfs', '-o', 'mode=755,nosuid,size=64k,nr_inodes=4k', 'dev', dev])
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map(line => line.split(' ')[4] ?? '')
    .filter(point => /^\/dev\/[^/]+$/.test(point))
  for (const entry of await readdir('/dev', { withFileTypes: true })) {
    const from = join('/dev', entry.name)
    if (from === device || entry.isSocket()) continue
    if (mounts.includes(from)) await mount(from, join(dev, entry.name))
    else await must(['cp', '--archive', from, dev])
  }
  for (const point of mounts) await must(['umount', '--lazy', point])
  await must(['mount', '--move', dev, '/dev'])
}

/** After a boot every socket and process id in the instance's /run is stale, and an id may since belong to someone else. */
async function freshRun(p: Paths): Promise<void> {
  const run = join(p.host, 'run')
  const mark = join(p.host, 'boot-id')
  const now = await bootId()
  const then = await readFile(mark, 'utf8').catch(() => '')
  if (then !== now) {
    await rm(run, { recursive: true, force: true })
    await mkdir(p.host, { recursive: true, mode: 0o711 })
    await writeFile(mark, now)
  }
  await mkdir(run, { recursive: true, mode: 0o755 })
}

async function keep(from: string, to: string): Promise<void> {
  if (!(await stat(from).catch(() => undefined))) return
  await mount(from, to)
}

async function mount(from: string, to: string, how = 'rw'): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 })
  await must(['mount', '--bind', '-o', how, from, to])
}

/**
 * Some machines have /dev/pts or /dev/shm mounted twice, one over the other. libvirt gives each QEMU a /dev of its own by
 * moving every mount it finds listed below /dev, and fails on the hidden one. In our namespace the upper one can go.
 */
async function soleDeviceMounts(): Promise<void> {
  for (const point of doubleMounts(await readFile('/proc/self/mountinfo', 'utf8'))) {
    const done = await exec(['umount', '--lazy', point])
    if (done.code !== 0) return // then libvirt's namespaces stay off, see Confinement
  }
}

/** Pure: mount points below /dev that are listed more than once, as often as they are too many. */
export function doubleMounts(mountinfo: string): string[] {
  const seen = new Set<string>()
  const twice: string[] = []
  for (const line of mountinfo.split('\n')) {
    const point = line.split(' ')[4]
    if (point === undefined || !point.startsWith('/dev/')) continue
    if (seen.has(point)) twice.push(point)
    else seen.add(point)
  }
  return twice
}

/** Process ids of this instance's QEMU processes that still run, from libvirt's own notes. */
export async function runningVms(p: Paths): Promise<number[]> {
  const folder = join(p.host, 'run/libvirt/qemu')
  const names = await readdir(folder).catch(() => [] as string[]) // libvirtd never ran
  const found: number[] = []
  for (const name of names.filter(n => n.endsWith('.pid'))) {
    const pid = Number.parseInt(await readFile(join(folder, name), 'utf8').catch(() => ''), 10)
    const program = await readlink(`/proc/${pid}/exe`).catch(() => '') // it ended
    if (/\/qemu-(system-|kvm)/.test(program)) found.push(pid)
  }
  return found
}
