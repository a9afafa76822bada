import type { VmConfig } from '../../../compute/vm/config.ts'
import type { Initialization } from '../../../compute/vm/initialization.ts'
import type { VmRow } from '../../../compute/vm/types.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, stub } from '../kernel/answer.ts'
import { typeInfo } from '../wire/fields.ts'
import { once } from '../wire/kept.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** Actions that this engine offers on a VM. libgovirt calls only those that it finds in `<actions>`. */
export const vmActions = [
  'start',
  'stop',
  'shutdown',
  'reboot',
  'reset',
  'suspend',
  'migrate',
  'cancelmigration',
  'ticket',
] as const

/** oVirt's words for why a VM is paused. */
const pauseDetails: Readonly<Record<string, string>> = { io_error: 'eio', no_space: 'enospc', user: 'none' }

/** A VM as the API shows it (fact sheet 1.11, 2.2, 3.3). */
export const vmToWire = once(translated)

function translated(row: VmRow): WireObject {
  const href = `${apiBase}/vms/${row.id}`
  const config = row.config
  const shown = row.runConfig ?? config
  const overlay = row.runOverlay
  return {
    id: row.id,
    href,
    actions: linksBelow(href, vmActions),
    // The original has no service for floppies, and its SDK refuses to follow such a link.
    link: linksBelow(
      href,
      typeInfo('Vm').links.filter(rel => rel !== 'floppies'),
    ),
    ...configToWire(
      row.runId === null ? config : { ...config, os: { ...config.os, boot: overlay?.boot ?? shown.os.boot } },
    ),
    ...displayToWire(row),
    name: row.name,
    description: row.description,
    comment: row.comment,
    creation_time: row.createdAt,
    has_illegal_images: row.hasIllegalImages,
    next_run_configuration_exists: row.nextRun !== null,
    origin: 'ovirt',
    run_once: row.runOnce,
    status: row.status,
    status_detail:
      row.status === 'paused' ? (pauseDetails[row.pauseReason ?? ''] ?? row.pauseReason ?? undefined) : undefined,
    stop_reason: row.stopReason,
    stop_time: row.stoppedAt,
    start_time: row.runId === null ? undefined : row.runStartedAt,
    cluster: stub('clusters', row.clusterId),
    template: stub('templates', row.templateId),
    original_template: stub('templates', row.templateId),
    quota: undefined,
    cpu_profile: stub('cpuprofiles', row.clusterId),
    host: stub('hosts', row.hostId),
    ...guestToWire(row),
    initialization: config.initialization === null ? undefined : initializationToWire(config.initialization),
  }
}

/** The display of a running VM also says where its viewer connects. */
function displayToWire(row: VmRow): WireObject {
  if (row.runViewer === null) return {}
  const { address, port } = row.runViewer
  const display = configToWire(row.runConfig ?? row.config)['display'] as WireObject
  return { display: { ...display, address, port } }
}

function guestToWire(row: VmRow): WireObject {
  const guest = row.guest
  if (guest === null) return {}
  return {
    fqdn: guest.hostname,
    guest_time_zone: guest.timezone === null ? undefined : { name: guest.timezone },
    guest_operating_system: {
      architecture: 'x86_64',
      distribution: guest.osName,
      family: 'Linux',
      kernel: guest.kernel === null ? undefined : { version: { full_version: guest.kernel } },
      version: guest.osVersion === null ? undefined : { full_version: guest.osVersion },
    },
  }
}

/** The part of a VM that a template and the next run have too. */
export function configToWire(config: VmConfig): WireObject {
  const { display, cpu, memoryPolicy } = config
  return {
    type: config.type,
    memory: config.memory,
    memory_policy: {
      ballooning: memoryPolicy.ballooning,
      guaranteed: memoryPolicy.guaranteed ?? config.memory,
      max: memoryPolicy.max ?? config.memory * 4,
    },
    cpu: {
      architecture: 'x86_64',
      mode: cpu.mode === 'custom' ? undefined : cpu.mode,
      topology: { cores: cpu.cores, sockets: cpu.sockets, threads: cpu.threads },
    },
    cpu_shares: cpu.shares,
    cpu_pinning_policy: config.cpuPinning,
    auto_pinning_policy: config.autoPinning,
    custom_cpu_model: cpu.customModel,
    custom_emulated_machine: config.customMachine,
    custom_properties: config.customProperties.map(({ name, value }) => ({ name, value })),
    os: { type: config.os.type, boot: { devices: config.os.boot } },
    bios: { boot_menu: { enabled: config.bios.bootMenu }, type: config.bios.type },
    console: { enabled: config.serialConsole },
    display: {
      allow_override: display.allowOverride,
      copy_paste_enabled: display.copyPaste,
      disconnect_action: display.disconnectAction,
      disconnect_action_delay: display.disconnectActionDelay,
      file_transfer_enabled: display.fileTransfer,
      keyboard_layout: display.keyboardLayout,
      monitors: display.monitors,
      smartcard_enabled: display.smartcard,
      type: 'vnc',
      video_type: display.videoType,
    },
    high_availability: { enabled: config.highAvailability.enabled, priority: config.highAvailability.priority },
    io: { threads: config.ioThreads },
    migration: {
      auto_converge: config.migration.autoConverge,
      compressed: config.migration.compressed,
      encrypted: config.migration.encrypted,
    },
    migration_downtime: config.migration.downtime ?? -1,
    multi_queues_enabled: config.multiQueues,
    placement_policy: {
      affinity: config.placement.affinity,
      hosts: config.placement.hostIds.length === 0 ? undefined : config.placement.hostIds.map(id => stub('hosts', id)),
    },
    rng_device: config.rng === null ? undefined : { source: config.rng },
    serial_number:
      config.serialNumber === null
        ? undefined
        : { policy: config.serialNumber.policy, value: config.serialNumber.value },
    soundcard_enabled: config.soundcard,
    sso: config.sso === 'guest_agent' ? { methods: [{ id: 'guest_agent' }] } : { methods: [] },
    start_paused: config.startPaused,
    stateless: config.stateless,
    delete_protected: config.deleteProtected,
    storage_error_resume_behaviour: config.storageErrorResume,
    time_zone: { name: config.timeZone ?? 'Etc/GMT' },
    tpm_enabled: config.tpm,
    usb: { enabled: config.usb, type: config.usbType ?? undefined },
    virtio_scsi: { enabled: config.virtioScsi },
    virtio_scsi_multi_queues_enabled: false,
  }
}

/** What the guest is told at first boot; the password never comes out. */
export function initializationToWire(init: Initialization): WireObject {
  return {
    host_name: init.hostName,
    domain: init.domain,
    user_name: init.userName,
    authorized_ssh_keys: init.authorizedKeys.length === 0 ? undefined : init.authorizedKeys.join('\n'),
    regenerate_ssh_keys: init.regenerateSshKeys,
    timezone: init.timezone,
    dns_servers: init.dnsServers.length === 0 ? undefined : init.dnsServers.join(' '),
    dns_search: init.dnsSearch.length === 0 ? undefined : init.dnsSearch.join(' '),
    custom_script: init.customScript,
    nic_configurations: init.nics.map(nic => ({
      name: nic.name,
      on_boot: nic.onBoot,
      boot_protocol: nic.ipv4?.method,
      ip: nic.ipv4?.address
        ? { address: nic.ipv4.address, netmask: nic.ipv4.netmask, gateway: nic.ipv4.gateway, version: 'v4' }
        : undefined,
      ipv6_boot_protocol: nic.ipv6?.method,
      ipv6: nic.ipv6?.address
        ? { address: nic.ipv6.address, netmask: nic.ipv6.netmask, gateway: nic.ipv6.gateway, version: 'v6' }
        : undefined,
    })),
  }
}
