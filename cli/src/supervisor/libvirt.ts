import { createHash } from 'node:crypto'
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import type { Paths } from '../instance/paths.ts'
import { account, groupId } from '../system/account.ts'
import { doubleMounts } from './namespace.ts'

/** libvirt's socket as the instance's processes see it. */
export const LIBVIRT_SOCKET = '/run/libvirt/libvirt-sock'

/** What the machine allows, which decides how virtual machines are set apart from each other and from it. */
export interface Confinement {
  readonly security: 'apparmor' | 'selinux' | 'none'
  readonly deviceNamespaces: boolean
  readonly cgroups: boolean
}

/** Sentences for `status` about what is missing; empty on a machine that has everything. */
export function confinementNotes(c: Confinement): string[] {
  return [
    ...(c.security === 'none'
      ? ['VMs run without mandatory access control: this kernel has neither AppArmor nor SELinux.']
      : []),
    ...(c.deviceNamespaces ? [] : ['VMs see the /dev of the host: /dev/pts or /dev/shm is mounted twice here.']),
    ...(c.cgroups ? [] : ['VMs run without control groups: none can be written to here.']),
  ]
}

/** What tells one host's libvirt from another's. */
export interface LibvirtIdentity {
  /** Two hosts between which VMs move must differ. */
  readonly uuid: string
  /** Where other hosts reach it over TLS, to move VMs here; null: they do not. */
  readonly address: string | null
  /** The configuration is the machine's own: written once, for others to change. */
  readonly own?: boolean
}

/** Where an agent puts the certificates of libvirt and QEMU, below it `libvirt` and `qemu`. */
export const HOST_PKI = '/etc/pki/rookery'

/**
 * libvirtd.conf. One socket that only root may open; where hosts move VMs to one another, also TLS for holders of a certificate of the
 * same authority. Log lines go to the supervisor.
 */
export function libvirtdConf(of: LibvirtIdentity): string {
  return conf({
    host_uuid: of.uuid,
    ...(of.address === null
      ? { ...(of.own === true ? { listen_tls: 0 } : {}) }
      : {
          listen_tls: 1,
          listen_tcp: 0,
          listen_addr: of.address,
          auth_tls: 'none',
          ca_file: `${HOST_PKI}/libvirt/cacert.pem`,
          cert_file: `${HOST_PKI}/libvirt/servercert.pem`,
          key_file: `${HOST_PKI}/libvirt/serverkey.pem`,
        }),
    unix_sock_group: 'root',
    unix_sock_ro_perms: '0700',
    unix_sock_rw_perms: '0600',
    unix_sock_admin_perms: '0600',
    auth_unix_ro: 'none',
    auth_unix_rw: 'none',
    log_filters: '3:remote 4:event 3:rpc 4:util.json 4:util.dbus',
    log_outputs: '3:stderr',
    max_clients: 200,
  })
}

/**
 * qemu.conf. QEMU runs as libvirt's own user, which files are given to for as long as a VM uses them. `logd` stays: a
 * guest that never stops writing to its serial console must not fill the disk, and only virtlogd turns those files over.
 */
export function qemuConf(c: Confinement, user: { name: string; group: string }, address: string | null): string {
  return conf({
    security_driver: c.security,
    user: user.name,
    group: user.group,
    dynamic_ownership: 1,
    remember_owner: 0, // needs trusted extended attributes, which containers and many file systems lack
    namespaces: c.deviceNamespaces ? ['mount'] : [],
    ...(c.cgroups ? {} : { cgroup_controllers: [] }),
    stdio_handler: 'logd',
    lock_manager: 'nop',
    ...(address === null
      ? {}
      : { migration_address: address, migration_host: address, default_tls_x509_cert_dir: `${HOST_PKI}/qemu` }),
    max_core: 0, // a crash dump holds the guest's memory
    set_process_name: 1,
  })
}

/** virtlogd.conf: two megabytes and three older files for each VM's console and each QEMU's messages. */
export const virtlogdConf = (): string =>
  conf({ log_outputs: '3:stderr', max_size: 2 * 1024 * 1024, max_backups: 3, admin_max_clients: 5 })

/** A stable UUID for libvirt's idea of this host: two instances on one machine must differ. */
export function hostUuid(engineId: string): string {
  const hex = createHash('sha256').update(`rookery host ${engineId}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Writes libvirt's configuration and folders of the instance. To be called inside its namespace. */
export async function prepareLibvirt(p: Paths, of: LibvirtIdentity, c: Confinement): Promise<void> {
  const qemu = await account('libvirt-qemu')
  if (!qemu) throw new Error('There is no user libvirt-qemu: the package libvirt-daemon-system is not installed.')
  const etc = join(p.host, 'etc-libvirt')
  const lib = join(p.host, 'lib-libvirt')
  await mkdir(join(etc, 'qemu/networks/autostart'), { recursive: true, mode: 0o700 })
  const group = (await groupId('kvm')) ? 'kvm' : 'libvirt-qemu'
  if (of.own !== true || !(await readFile(join(etc, 'virtlogd.conf'), 'utf8').catch(() => ''))) {
    await writeFile(join(etc, 'libvirtd.conf'), libvirtdConf(of))
    await writeFile(join(etc, 'qemu.conf'), qemuConf(c, { name: qemu.name, group }, of.address), { mode: 0o600 })
    await writeFile(join(etc, 'virtlogd.conf'), virtlogdConf())
  }
  for (const name of ['boot', 'images', 'dnsmasq', 'network', 'swtpm'])
    await mkdir(join(lib, name), { recursive: true, mode: 0o711 })
  await mkdir(join(lib, 'qemu'), { recursive: true, mode: 0o750 })
  await chown(join(lib, 'qemu'), qemu.uid, qemu.gid)
  await mkdir(join(p.host, 'log-libvirt/qemu'), { recursive: true, mode: 0o700 })
  await mkdir(join(p.host, 'cache-libvirt/qemu'), { recursive: true, mode: 0o711 })
}

/** What this machine's kernel and mounts allow. To be called inside the instance's namespace. */
export async function confinement(): Promise<Confinement> {
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8')
  const apparmor = (await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => 'N')).startsWith('Y')
  const selinux = (await readFile('/sys/fs/selinux/enforce', 'utf8').catch(() => '')) !== ''
  return {
    security: apparmor ? 'apparmor' : selinux ? 'selinux' : 'none',
    // libvirt moves every mount it finds listed below /dev, and fails on one that another hides.
    deviceNamespaces: doubleMounts(mountinfo).length === 0,
    cgroups: writableCgroups(mountinfo),
  }
}

/** Pure: whether any control group file system is mounted so that groups can be made in it; in many containers none is. */
export const writableCgroups = (mountinfo: string): boolean =>
  mountinfo.split('\n').some(line => / - cgroup2? \S+ rw/.test(line) && /^rw(,|$)/.test(line.split(' ')[5] ?? ''))

/** One look whether libvirtd accepts connections. */
export function libvirtAnswers(socket: string = LIBVIRT_SOCKET): Promise<boolean> {
  return new Promise(resolve => {
    const s = createConnection(socket)
    s.once('connect', () => {
      s.destroy()
      resolve(true)
    })
    s.once('error', () => resolve(false))
  })
}

function conf(values: Record<string, string | number | string[]>): string {
  const quote = (v: string) => `"${v.replaceAll(/["\\]/g, '\\$&')}"`
  const show = (v: string | number | string[]) =>
    Array.isArray(v) ? `[ ${v.map(quote).join(', ')} ]` : typeof v === 'number' ? String(v) : quote(v)
  return `# Written by "rookery up" at every start; changes are lost.\n${Object.entries(values)
    .map(([k, v]) => `${k} = ${show(v)}\n`)
    .join('')}`
}
