import { conflict, invalid, type RookeryError, unavailable, unsupported } from '@rookery/model'
import { clockSeconds } from '../enrol/enrol.ts'

/** Where the agent lives on a host that we install. */
export const agentHome = '/opt/rookery-agent'
export const agentData = '/var/opt/rookery-agent'

/** Programs that the agent needs, and the Debian package that has each. */
const programs = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  libvirtd: 'libvirt-daemon-system',
  xorriso: 'xorriso',
  ip: 'iproute2',
  nft: 'nftables',
  dnsmasq: 'dnsmasq-base',
} as const

/** The Debian packages that an agent needs. */
export const packages: readonly string[] = [...new Set(Object.values(programs))]

/** Looks and changes nothing: a POSIX shell is all that it needs. Prints `name=value` lines. */
export const probeScript = `PATH=/usr/local/sbin:/usr/sbin:/sbin:$PATH
say() { printf '%s=%s\\n' "$1" "$2"; }
say uid "$(id -u)"
say arch "$(uname -m)"
say os "$(. /etc/os-release 2>/dev/null; echo "$PRETTY_NAME")"
say memoryKiB "$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)"
say diskKiB "$(df -Pk /var/opt | awk 'NR==2 {print $4}')"
say now "$(date +%s)"
say virtualization "$(grep -qwE 'vmx|svm' /proc/cpuinfo && echo yes || echo no)"
say systemd "$([ -d /run/systemd/system ] && echo yes || echo no)"
say selinux "$(getenforce 2>/dev/null || echo none)"
say apparmor "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null || echo N)"
say name "$(hostname)"
say resolves "$(getent hosts "$(hostname)" | awk 'NR==1 {print $1}')"
say authority "$(sha256sum ${agentData}/tls/ca.crt 2>/dev/null | cut -d' ' -f1)"
say missing "$(for p in ${Object.keys(programs).join(' ')}; do command -v $p >/dev/null 2>&1 || printf '%s ' $p; done)"
`

/** What was found; texts as the machine says them. */
export type Probe = Readonly<Record<string, string>>

/** Pure: the lines of the script as a record. */
export const readProbe = (text: string): Probe =>
  Object.fromEntries(
    text
      .split('\n')
      .filter(line => line.includes('='))
      .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]),
  )

const MiB = 1024

/** Pure: why this machine cannot become a host, the first reason that there is; undefined when it can. */
export function refusal(probe: Probe, of: { now: Date; authority: string; name: string }): RookeryError | undefined {
  const no = (make: typeof conflict, word: string, message: string, detail?: Record<string, unknown>) =>
    make(
      `host.install.${word}`,
      `Cannot install Host ${of.name}. ${message} Nothing was changed.`,
      detail === undefined ? {} : { detail },
    )
  if (probe.uid !== '0') return no(invalid, 'not_root', 'The user that it was signed in as is not root.')
  if (probe.arch !== 'x86_64')
    return no(unsupported, 'architecture', `Its architecture is ${probe.arch}; this release installs x86_64.`, {
      architecture: probe.arch,
    })
  const off = Math.round(Number(probe.now) - of.now.getTime() / 1000)
  if (!(Math.abs(off) <= clockSeconds))
    return no(
      conflict,
      'clock',
      `Its clock is ${Math.abs(off)} seconds ${off > 0 ? 'ahead of' : 'behind'} the engine's; set it right (chrony keeps it so).`,
      { seconds: Math.abs(off) },
    )
  if (probe.authority !== '' && probe.authority !== of.authority)
    return no(conflict, 'other_engine', 'It is a host of another engine; remove it there first.')
  if (Number(probe.memoryKiB) < 1024 * MiB)
    return no(
      unsupported,
      'memory',
      `It has ${Math.round(Number(probe.memoryKiB) / MiB)} MiB of memory; 1024 are needed.`,
    )
  if (Number(probe.diskKiB) < 1024 * MiB)
    return no(
      unavailable,
      'disk',
      `Only ${Math.round(Number(probe.diskKiB) / MiB)} MiB are free below /var/opt; 1024 are needed.`,
    )
  const missing = (probe.missing ?? '').split(' ').filter(each => each !== '')
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(each => programs[each as keyof typeof programs] ?? each))]
    return no(
      unavailable,
      'packages',
      `Programs are missing there: ${missing.join(', ')}. Install them on it: apt-get install --no-install-recommends ${packages.join(' ')}.`,
      { packages },
    )
  }
  return undefined
}

/** Pure: what is worth knowing of a machine that can become a host, as sentences. */
export const remarks = (probe: Probe): string[] => [
  ...(probe.virtualization === 'no'
    ? [
        'Its CPU shows no virtualization extensions: VMs run under emulation. In a nested machine pass the CPU of the outer host through.',
      ]
    : []),
  ...(probe.resolves === '' ? [`It does not resolve its own name ${probe.name}.`] : []),
  ...(probe.selinux === 'Enforcing' ? ['SELinux is enforcing there; this release brings no policy of its own.'] : []),
]
