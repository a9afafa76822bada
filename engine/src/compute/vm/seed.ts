import type { SeedSpec } from '@rookery/protocol'
import type { Initialization } from './initialization.ts'

/** A scalar as YAML that cannot be read as anything else: JSON's string form is YAML's too. */
const scalar = (value: string | number | boolean): string => JSON.stringify(value)

type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml | undefined }

/** Block YAML of plain data; keys are our own words. Pairs whose value is undefined are left out. */
export function toYaml(value: Yaml, indent = ''): string {
  if (typeof value !== 'object') return `${indent}${scalar(value)}\n`
  if (Array.isArray(value)) {
    if (value.length === 0) return `${indent}[]\n`
    return (value as readonly Yaml[])
      .map(item =>
        typeof item === 'object' ? `${indent}-\n${toYaml(item, `${indent}  `)}` : `${indent}- ${scalar(item)}\n`,
      )
      .join('')
  }
  return Object.entries(value)
    .flatMap(([key, item]): string[] => {
      if (item === undefined) return []
      if (typeof item !== 'object') return [`${indent}${key}: ${scalar(item)}\n`]
      if (Array.isArray(item) && item.length === 0) return [`${indent}${key}: []\n`]
      return [`${indent}${key}:\n${toYaml(item, `${indent}  `)}`]
    })
    .join('')
}

/**
 * The NoCloud seed of a guest: `meta-data`, `user-data`, and `network-config` when cards are configured. The instance id is the
 * VM's, so that a second boot with the same seed does nothing again.
 */
export function seedOf(vm: { id: string; name: string }, init: Initialization): SeedSpec {
  const hostName = init.hostName ?? vm.name
  const files = [
    { path: 'meta-data', content: toYaml({ 'instance-id': vm.id, 'local-hostname': hostName }) },
    { path: 'user-data', content: userData(hostName, init) },
  ]
  if (init.nics.length > 0) files.push({ path: 'network-config', content: networkConfig(init) })
  return { label: 'cidata', files }
}

function userData(hostName: string, init: Initialization): string {
  const user = init.userName ?? 'root'
  const script = init.customScript ?? ''
  const isProgram = script.startsWith('#!')
  const data = {
    hostname: hostName,
    fqdn: init.domain === null ? undefined : `${hostName}.${init.domain}`,
    timezone: init.timezone ?? undefined,
    user: init.userName ?? undefined,
    disable_root: user === 'root' ? false : undefined,
    ssh_pwauth: init.rootPasswordHash === undefined ? undefined : true,
    // A hash in this list is recognized as one.
    chpasswd:
      init.rootPasswordHash === undefined ? undefined : { expire: false, list: [`${user}:${init.rootPasswordHash}`] },
    ssh_authorized_keys: init.authorizedKeys.length === 0 ? undefined : init.authorizedKeys,
    ssh_deletekeys: init.regenerateSshKeys ?? undefined,
    manage_resolv_conf: init.dnsServers.length > 0 && init.nics.length === 0 ? true : undefined,
    resolv_conf:
      init.dnsServers.length > 0 && init.nics.length === 0
        ? { nameservers: init.dnsServers, searchdomains: init.dnsSearch.length === 0 ? undefined : init.dnsSearch }
        : undefined,
    runcmd: isProgram ? [['/var/lib/cloud/rookery-script']] : undefined,
    write_files: isProgram
      ? [{ path: '/var/lib/cloud/rookery-script', permissions: '0700', content: script }]
      : undefined,
  }
  const own = `#cloud-config\n${toYaml(data)}`
  // The user's own YAML comes last: where it says the same word, it wins.
  return isProgram || script === '' ? own : `${own}${script.replace(/^#cloud-config[^\n]*\n?/, '')}\n`
}

function networkConfig(init: Initialization): string {
  const subnet = (ip: NonNullable<Initialization['nics'][number]['ipv4']>, six: boolean): Yaml[] => {
    switch (ip.method) {
      case 'dhcp':
        return [{ type: six ? 'dhcp6' : 'dhcp4' }]
      case 'autoconf':
        return [{ type: 'ipv6_slaac' }]
      case 'static':
        return ip.address === null
          ? []
          : [
              {
                type: six ? 'static6' : 'static',
                address: six && ip.netmask !== null ? `${ip.address}/${ip.netmask}` : ip.address,
                netmask: six ? undefined : (ip.netmask ?? undefined),
                gateway: ip.gateway ?? undefined,
              },
            ]
      case 'none':
        return []
    }
  }
  return toYaml({
    version: 1,
    config: [
      ...init.nics.map(nic => ({
        type: 'physical',
        name: nic.name,
        subnets: [
          ...(nic.ipv4 === null ? [] : subnet(nic.ipv4, false)),
          ...(nic.ipv6 === null ? [] : subnet(nic.ipv6, true)),
        ].map(s => (nic.onBoot ? s : { ...(s as object), control: 'manual' })),
      })),
      ...(init.dnsServers.length + init.dnsSearch.length === 0
        ? []
        : [{ type: 'nameserver', address: init.dnsServers, search: init.dnsSearch }]),
    ],
  })
}
