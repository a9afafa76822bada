/** A Debian package that a hypervisor host needs, and what for. */
export interface Need {
  readonly name: string
  readonly why: string
}

/** The packages of a host: what `up` installs with root. `systemd` says whether that is what runs the machine. */
export function hostPackages(o: { arch: string; systemd: boolean }): Need[] {
  const qemu = o.arch === 'arm64' ? 'qemu-system-arm' : 'qemu-system-x86'
  return [
    { name: qemu, why: 'runs the virtual machines' },
    { name: 'qemu-utils', why: 'makes and checks disk images' },
    { name: 'libvirt-daemon', why: 'looks after the virtual machines' },
    { name: 'libvirt-daemon-driver-qemu', why: "libvirt's driver for QEMU" },
    { name: 'libvirt-daemon-system', why: "the user that QEMU runs as, libvirt's folders" },
    // Named, because apt would otherwise take the first alternative, which brings systemd to a machine without it.
    {
      name: o.systemd ? 'libvirt-daemon-system-systemd' : 'libvirt-daemon-system-sysv',
      why: 'goes with the one above',
    },
    { name: 'libvirt-clients', why: 'virsh, to look at virtual machines by hand' },
    { name: 'iproute2', why: 'bridges of virtual networks' },
    { name: 'nftables', why: 'network address translation for virtual networks' },
    { name: 'dnsmasq-base', why: 'addresses for guests (DHCP)' },
    { name: 'xorriso', why: 'the disc that carries settings into a guest' },
    { name: o.arch === 'arm64' ? 'qemu-efi-aarch64' : 'ovmf', why: 'firmware of guests that start by UEFI' },
    { name: 'tini', why: 'collects ended processes' },
  ]
}

/** What the tests need beyond a host: programs that build guest images and look at them. */
export const testPackages: readonly Need[] = [
  { name: 'mtools', why: 'fills a boot partition' },
  { name: 'dosfstools', why: 'makes a boot partition' },
  { name: 'e2fsprogs', why: 'makes a data partition' },
  { name: 'chromium', why: 'visits the web console' },
  { name: 'fonts-noto-cjk', why: 'shows Korean in pictures' },
  { name: 'kmod', why: "lists a kernel's modules" },
  { name: 'faketime', why: 'moves the clock of one process' },
  { name: 'openssh-server', why: 'lets an engine into a machine that it makes a host of' },
]

/** `dpkg-query -W -f '${Package} ${db:Status-Status}\n'` output → the packages of `needs` that are not installed. */
export function missingOf(needs: readonly Need[], listing: string): Need[] {
  const installed = new Set(
    listing.split('\n').flatMap(line => {
      const [name, status] = line.trim().split(' ')
      return name && status === 'installed' ? [name] : []
    }),
  )
  return needs.filter(n => !installed.has(n.name))
}
