import type { HostRow } from '../../../inventory/host/types.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, stub } from '../kernel/answer.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** Actions that this engine offers on a host. */
export const hostActions = [
  'activate',
  'approve',
  'commitnetconfig',
  'deactivate',
  'enrollcertificate',
  'fence',
  'forceselectspm',
  'install',
  'refresh',
  'upgrade',
  'upgradecheck',
] as const

/** Sub-collections by the rels of the original; the SDK knows two of them by the names of their elements, added where they are used. */
const hostLinks = [
  'affinitylabels',
  'devices',
  'fenceagents',
  'hooks',
  'networkattachments',
  'nics',
  'numanodes',
  'permissions',
  'statistics',
  'storage',
  'storageconnectionextensions',
  'tags',
  'unmanagednetworks',
] as const

const wholeVersion = (text: string): WireObject => {
  const [major = 0, minor = 0, build = 0] = text
    .split(/[^0-9]+/)
    .filter(part => part !== '')
    .map(Number)
  return { full_version: text, major, minor, build, revision: 0 }
}

/** A host as the API shows it (fact sheet 1.11, 3.3). Before its first facts only what people said is there. */
export function hostToWire(row: HostRow, cpuType: string | null = null): WireObject {
  const href = `${apiBase}/hosts/${row.id}`
  const { facts } = row
  return {
    id: row.id,
    href,
    actions: linksBelow(href, hostActions),
    link: { ...linksBelow(href, hostLinks), agents: `${href}/fenceagents`, storages: `${href}/storage` },
    name: row.name,
    description: row.description,
    comment: row.comment,
    address: row.address,
    port: row.port,
    protocol: 'stomp',
    type: row.kind,
    status: row.status,
    status_detail: row.statusReason ?? undefined,
    external_status: 'ok',
    auto_numa_status: 'unknown',
    numa_supported: false,
    kdump_status: 'disabled',
    network_operation_in_progress: false,
    override_iptables: false,
    reinstallation_required: false,
    update_available: row.updateAvailable,
    vgpu_placement: 'consolidated',
    device_passthrough: { enabled: false },
    iscsi: {},
    ksm: { enabled: false },
    transparent_hugepages: { enabled: true },
    hardware_information:
      facts === null
        ? undefined
        : {
            uuid: facts.hostUuid,
            product_name: facts.cpu.model,
            manufacturer: facts.cpu.vendor,
            supported_rng_sources: ['hwrng', 'random'],
          },
    cpu:
      facts === null
        ? undefined
        : {
            name: facts.cpu.model,
            speed: facts.cpu.mhz,
            type: cpuType ?? facts.cpu.guestModel ?? '',
            topology: { cores: facts.cpu.cores, sockets: facts.cpu.sockets, threads: facts.cpu.threads },
          },
    memory: facts?.memory,
    max_scheduling_memory: facts === null ? undefined : Math.max(0, facts.memory - row.committedMemory),
    libvirt_version: facts === null ? undefined : wholeVersion(facts.libvirtVersion),
    version: facts === null ? undefined : wholeVersion(facts.agentVersion),
    os: {
      custom_kernel_cmdline: '',
      reported_kernel_cmdline: undefined,
      type: facts?.os.name ?? 'Linux',
      version:
        facts === null
          ? undefined
          : { full_version: facts.os.version, major: Number.parseInt(facts.os.version, 10) || 0 },
    },
    power_management: {
      automatic_pm_enabled: row.powerManagement.automatic,
      enabled: row.powerManagement.enabled,
      kdump_detection: row.powerManagement.kdumpDetection,
      pm_proxies: [],
    },
    se_linux: { mode: 'disabled' },
    spm: { priority: row.spmPriority, status: row.spmStatus },
    ssh: {
      port: row.ssh?.port ?? 22,
      fingerprint: row.ssh?.fingerprint ?? undefined,
      user: row.ssh === null ? undefined : { user_name: row.ssh.user },
    },
    summary: { active: row.vmsActive, migrating: row.vmsMigrating, total: row.vmsTotal },
    cluster: stub('clusters', row.clusterId),
  }
}

/** The host's network interfaces, as its kernel shows them. Ids are derived from host and name, so they stay. */
export function hostNicsToWire(row: HostRow, idOf: (name: string) => string): WireObject[] {
  const hostHref = `${apiBase}/hosts/${row.id}`
  return (row.facts?.nics ?? []).map(nic => {
    const id = idOf(nic.name)
    const ipv4 = nic.addresses.find(address => !address.includes(':'))
    return {
      id,
      href: `${hostHref}/nics/${id}`,
      name: nic.name,
      mac: nic.mac === null ? undefined : { address: nic.mac },
      mtu: nic.mtu,
      speed: nic.speed,
      status: nic.up ? 'up' : 'down',
      bridged: false,
      boot_protocol: 'none',
      ip: ipv4 === undefined ? undefined : { address: ipv4.split('/')[0], version: 'v4' },
      host: { id: row.id, href: hostHref },
    }
  })
}
