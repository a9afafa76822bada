import type { Tool } from '../images/tools.ts'

/** Programs that a host of the product needs, one of each Debian package that `rookery up` would otherwise install. */
export const hostTools: readonly Tool[] = [
  { program: 'libvirtd', package: 'libvirt-daemon' },
  { program: 'virtlogd', package: 'libvirt-daemon' },
  { program: 'virsh', package: 'libvirt-clients' },
  { program: 'qemu-img', package: 'qemu-utils' },
  { program: 'dnsmasq', package: 'dnsmasq-base' },
  { program: 'nft', package: 'nftables' },
  { program: 'ip', package: 'iproute2' },
  { program: 'tini', package: 'tini' },
]
