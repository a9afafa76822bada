/** An operating system that a VM can be said to run. */
export interface OperatingSystem {
  id: number
  /** The word in `os.type`; case matters. */
  name: string
  description: string
  architecture: 'x86_64'
  family: 'linux' | 'windows' | 'freebsd' | 'other'
}

const windows: Record<string, [number, string]> = {
  windows_xp: [1, 'Windows XP'],
  windows_2003: [3, 'Windows 2003'],
  windows_2008: [4, 'Windows 2008'],
  windows_2003x64: [10, 'Windows 2003 x64'],
  windows_7: [11, 'Windows 7'],
  windows_7x64: [12, 'Windows 7 x64'],
  windows_2008x64: [16, 'Windows 2008 x64'],
  windows_2008R2x64: [17, 'Windows 2008 R2 x64'],
  windows_8: [20, 'Windows 8'],
  windows_8x64: [21, 'Windows 8 x64'],
  windows_2012x64: [23, 'Windows 2012 x64'],
  windows_2012R2x64: [25, 'Windows 2012 R2 x64'],
  windows_10: [26, 'Windows 10'],
  windows_10x64: [27, 'Windows 10 x64'],
  windows_2016x64: [29, 'Windows 2016 x64'],
  windows_2019x64: [31, 'Windows 2019 x64'],
  windows_11: [36, 'Windows 11'],
  windows_2022: [37, 'Windows 2022'],
  windows_2025: [38, 'Windows 2025'],
}

const linux: Record<string, [number, string]> = {
  other_linux: [5, 'Linux'],
  rhel_5: [7, 'Red Hat Enterprise Linux 5.x'],
  rhel_4: [8, 'Red Hat Enterprise Linux 4.x'],
  rhel_3: [9, 'Red Hat Enterprise Linux 3.x'],
  rhel_5x64: [13, 'Red Hat Enterprise Linux 5.x x64'],
  rhel_4x64: [14, 'Red Hat Enterprise Linux 4.x x64'],
  rhel_3x64: [15, 'Red Hat Enterprise Linux 3.x x64'],
  rhel_6: [18, 'Red Hat Enterprise Linux 6.x'],
  rhel_6x64: [19, 'Red Hat Enterprise Linux 6.x x64'],
  rhel_7x64: [24, 'Red Hat Enterprise Linux 7.x x64'],
  rhel_atomic7x64: [28, 'Red Hat Atomic 7.x x64'],
  rhel_8x64: [30, 'Red Hat Enterprise Linux 8.x x64'],
  other_linux_kernel_4: [33, 'Linux with kernel 4.x or newer'],
  rhel_9x64: [34, 'Red Hat Enterprise Linux 9.x x64'],
  rhcos_x64: [35, 'Red Hat Enterprise Linux CoreOS'],
  rhel_10x64: [39, 'Red Hat Enterprise Linux 10.x x64'],
  sles_11: [1193, 'SUSE Linux Enterprise Server 11+'],
  ubuntu_12_04: [1252, 'Ubuntu Precise Pangolin LTS'],
  ubuntu_12_10: [1253, 'Ubuntu Quantal Quetzal'],
  ubuntu_13_04: [1254, 'Ubuntu Raring Ringtails'],
  ubuntu_13_10: [1255, 'Ubuntu Saucy Salamander'],
  ubuntu_14_04: [1256, 'Ubuntu Trusty Tahr LTS+'],
  ubuntu_18_04: [1257, 'Ubuntu Bionic Beaver LTS+'],
  debian_7: [1300, 'Debian 7+'],
  debian_9: [1301, 'Debian 9+'],
}

const family = (of: OperatingSystem['family'], entries: Record<string, [number, string]>): OperatingSystem[] =>
  Object.entries(entries).map(([name, [id, description]]) => ({
    id,
    name,
    description,
    architecture: 'x86_64',
    family: of,
  }))

/** The catalogue by id; names and ids are oVirt's (fact sheet 2.4, OS list). */
export const operatingSystems: readonly OperatingSystem[] = [
  ...family('other', { other: [0, 'Other OS'] }),
  ...family('windows', windows),
  ...family('linux', linux),
  ...family('freebsd', { freebsd: [1500, 'FreeBSD 9.2'], freebsdx64: [1501, 'FreeBSD 9.2 x64'] }),
].toSorted((a, b) => a.id - b.id)

const names = new Set(operatingSystems.map(os => os.name))

/** Whether the catalogue has this name. */
export const isOperatingSystem = (name: string): boolean => names.has(name)
