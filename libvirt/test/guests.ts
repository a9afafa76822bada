/** Domains for tests: no operating system, no disk unless asked for, software emulation. */

export interface GuestOptions {
  memoryMiB?: number
  vcpus?: number
  maxVcpus?: number
  /** Elements inside `<devices>`. */
  devices?: string
  /** Elements inside `<domain>`. */
  extra?: string
  type?: 'qemu' | 'test'
}

/** Domain XML. A BIOS that finds nothing to boot is enough for most powers. */
export function guestXml(name: string, options: GuestOptions = {}): string {
  const { memoryMiB = 32, vcpus = 1, maxVcpus = vcpus, devices = '', extra = '', type = 'qemu' } = options
  const os =
    type === 'test'
      ? '<os><type>hvm</type></os>'
      : `<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>`
  return `<domain type='${type}'>
  <name>${name}</name>
  <memory unit='MiB'>${memoryMiB}</memory>
  <vcpu current='${vcpus}'>${maxVcpus}</vcpu>
  ${os}
  ${extra}
  <devices>${devices}</devices>
</domain>`
}

export const SERIAL = "<serial type='pty'><target type='isa-serial' port='0'/></serial>"
/** A display without a listener: enough for a screen to look at. */
export const SCREEN = "<graphics type='vnc'><listen type='none'/></graphics><video><model type='vga'/></video>"
/** Room for hotplug of virtio disks. */
export const HOTPLUG_DISK = (path: string, target = 'vdb'): string =>
  `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${path}'/><target dev='${target}' bus='virtio'/></disk>`
/** A disk with the boot sector of boot-sector.ts. */
export const BOOT_DISK = (path: string, target = 'hda'): string =>
  `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${path}'/><target dev='${target}' bus='ide'/></disk>`
