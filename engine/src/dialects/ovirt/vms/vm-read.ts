import { conflict, invalid, unsupported } from '@rookery/model'
import type { VmConfigPatch } from '../../../compute/vm/config.ts'
import { BootDevice } from '../../../compute/vm/config.ts'
import type { RunOverlay } from '../../../compute/vm/types.ts'
import { defined } from '../kernel/read.ts'
import { booleanAt, listAt, numberAt, structAt, textAt, textsAt, type WireObject } from '../wire/wire-object.ts'
import { initializationFromWire } from './initialization-read.ts'

/** Boot devices in the order of the list; an absent or empty list says nothing. */
export function bootDevices(body: WireObject): BootDevice[] | undefined {
  const devices = textsAt(body, 'os', 'boot', 'devices')
  if (devices === undefined || devices.length === 0) return undefined
  return devices.map(device => BootDevice.parse(device))
}

/** Host ids of the placement policy; names are resolved by the caller. */
export const placementHosts = (body: WireObject): WireObject[] | undefined => listAt(body, 'placement_policy', 'hosts')

/** What a `<vm>` says of the configuration; what it does not say stays away, so that updates leave it alone. */
export function configFromWire(body: WireObject, hostIds: string[] | undefined): VmConfigPatch {
  refuseUnknownPowers(body)
  const text = (...path: string[]) => textAt(body, ...path)
  const number = (...path: string[]) => numberAt(body, ...path)
  const flag = (...path: string[]) => booleanAt(body, ...path)
  const group = <T extends object>(value: T) => {
    const said = defined(value)
    return Object.keys(said).length === 0 ? undefined : said
  }
  // An empty text takes a value away, absence leaves it.
  const nullable = (value: string | undefined) => (value === '' ? null : value)
  const initialization = structAt(body, 'initialization')
  const displayType = text('display', 'type')
  const patch = {
    type: text('type'),
    memory: number('memory'),
    memoryPolicy: group({
      guaranteed: number('memory_policy', 'guaranteed'),
      max: number('memory_policy', 'max'),
      ballooning: flag('memory_policy', 'ballooning'),
    }),
    cpu: group({
      sockets: number('cpu', 'topology', 'sockets'),
      cores: number('cpu', 'topology', 'cores'),
      threads: number('cpu', 'topology', 'threads'),
      mode: text('cpu', 'mode'),
      shares: number('cpu_shares'),
      customModel: nullable(text('custom_cpu_model')),
    }),
    customMachine: nullable(text('custom_emulated_machine')),
    os: group({ type: text('os', 'type'), boot: bootDevices(body) }),
    bios: group({ type: text('bios', 'type'), bootMenu: flag('bios', 'boot_menu', 'enabled') }),
    display: group({
      monitors: number('display', 'monitors'),
      videoType: text('display', 'video_type'),
      keyboardLayout: nullable(text('display', 'keyboard_layout')),
      allowOverride: flag('display', 'allow_override'),
      copyPaste: flag('display', 'copy_paste_enabled'),
      fileTransfer: flag('display', 'file_transfer_enabled'),
      smartcard: flag('display', 'smartcard_enabled'),
      disconnectAction: text('display', 'disconnect_action'),
      disconnectActionDelay: number('display', 'disconnect_action_delay'),
      // SPICE is read by no server here; what asks for it gets VNC, which every viewer of the family speaks.
      consoles: displayType === undefined ? undefined : ['vnc'],
    }),
    serialConsole: flag('console', 'enabled'),
    highAvailability: group({
      enabled: flag('high_availability', 'enabled'),
      priority: number('high_availability', 'priority'),
    }),
    placement: group({ affinity: text('placement_policy', 'affinity'), hostIds }),
    migration: group({
      autoConverge: text('migration', 'auto_converge'),
      compressed: text('migration', 'compressed'),
      encrypted: text('migration', 'encrypted'),
      downtime: number('migration_downtime') === -1 ? null : number('migration_downtime'),
    }),
    startPaused: flag('start_paused'),
    stateless: flag('stateless'),
    deleteProtected: flag('delete_protected'),
    timeZone: nullable(text('time_zone', 'name')),
    usb: flag('usb', 'enabled'),
    usbType: text('usb', 'type'),
    soundcard: flag('soundcard_enabled'),
    tpm: flag('tpm_enabled'),
    virtioScsi: flag('virtio_scsi', 'enabled'),
    ioThreads: number('io', 'threads'),
    multiQueues: flag('multi_queues_enabled'),
    rng: text('rng_device', 'source'),
    serialNumber: structAt(body, 'serial_number') && {
      policy: text('serial_number', 'policy') ?? 'host',
      value: nullable(text('serial_number', 'value')) ?? null,
    },
    customProperties: customProperties(body),
    storageErrorResume: text('storage_error_resume_behaviour'),
    initialization: initialization === undefined ? undefined : initializationFromWire(initialization),
  }
  // The operation's schema checks the words; here they are still text.
  return defined(patch) as VmConfigPatch
}

function customProperties(body: WireObject): { name: string; value: string }[] | undefined {
  return listAt(body, 'custom_properties')?.map(item => ({
    name: textAt(item, 'name') ?? '',
    value: textAt(item, 'value') ?? '',
  }))
}

/** Parts of a VM that this release does not have; taking them in silence would promise something. */
function refuseUnknownPowers(body: WireObject): void {
  if (structAt(body, 'initialization', 'configuration'))
    throw unsupported('vm.import_ovf', 'Creating a VM from OVF data is not offered in this release.')
  if ((listAt(body, 'payloads') ?? []).length > 0)
    throw unsupported('vm.payloads', 'Payloads are not offered in this release; use initialization.')
  if (structAt(body, 'lease')?.['storage_domain'])
    throw unsupported('vm.lease', 'VM leases are not offered in this release.')
  if ((listAt(body, 'numa_nodes') ?? []).length > 0)
    throw unsupported('vm.numa', 'Virtual NUMA nodes are not offered in this release.')
}

/** What a start action says for one run (fact sheet 2.4, run once). Undefined: an ordinary start. */
export function overlayFromWire(
  action: WireObject,
  hostIds: string[] | undefined,
  isoOf: (file: string) => RunOverlay['cdrom'],
): RunOverlay | undefined {
  const vm = structAt(action, 'vm')
  if (vm === undefined) return undefined
  if (textAt(vm, 'os', 'kernel') || textAt(vm, 'os', 'initrd'))
    throw unsupported(
      'vm.direct_kernel',
      'Booting a kernel directly is not offered in this release; boot from a disk, CD or network.',
    )
  if (booleanAt(vm, 'stateless') === true)
    throw unsupported('vm.stateless', 'Stateless runs are not offered in this release.')
  const cdroms = listAt(vm, 'cdroms')
  const file = textAt(structAt(cdroms?.[0], 'file'), 'id')
  const initialization = structAt(vm, 'initialization')
  return defined({
    boot: bootDevices(vm),
    bootMenu: booleanAt(vm, 'bios', 'boot_menu', 'enabled'),
    cdrom: cdroms === undefined ? undefined : file === undefined || file === '' ? null : isoOf(file),
    hostIds,
    keyboardLayout: textAt(vm, 'display', 'keyboard_layout'),
    customModel: textAt(vm, 'custom_cpu_model'),
    customMachine: textAt(vm, 'custom_emulated_machine'),
    customProperties: customProperties(vm),
    initialization: initialization === undefined ? undefined : initializationFromWire(initialization),
  })
}

/** Which way of initialization a start asks for; two at once contradict each other (fact sheet 1.6). */
export function initializationWish(action: WireObject): boolean | undefined {
  const wishes = ['use_cloud_init', 'use_sysprep', 'use_ignition'].filter(name => booleanAt(action, name) === true)
  if (wishes.length > 1) throw conflict('vm.initialization_twice', `Only one of ${wishes.join(' and ')} can be used.`)
  if (wishes[0] === 'use_sysprep' || wishes[0] === 'use_ignition')
    throw invalid('vm.initialization_kind', `${wishes[0]} is not offered in this release; use use_cloud_init.`)
  if (wishes.length === 1 || structAt(action, 'vm', 'initialization', 'cloud_init') !== undefined) return true
  return booleanAt(action, 'use_initialization') ?? (booleanAt(action, 'use_cloud_init') === false ? false : undefined)
}
