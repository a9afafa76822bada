import type { Initialization } from '../../../compute/vm/initialization.ts'
import { booleanAt, listAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'

const words = (text: string | undefined) => (text ?? '').split(/[\s,]+/).filter(word => word !== '')
const lines = (text: string | undefined) =>
  (text ?? '')
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')

/** An `<initialization>` as the engine keeps it. The operation's schema checks the values. */
export function initializationFromWire(body: WireObject): Initialization {
  const password = textAt(body, 'root_password')
  return {
    hostName: textAt(body, 'host_name') || null,
    domain: textAt(body, 'domain') || null,
    userName: textAt(body, 'user_name') || null,
    ...(password ? { rootPassword: password } : {}),
    authorizedKeys: lines(textAt(body, 'authorized_ssh_keys')),
    regenerateSshKeys: booleanAt(body, 'regenerate_ssh_keys') ?? null,
    timezone: textAt(body, 'timezone') || null,
    dnsServers: words(textAt(body, 'dns_servers')),
    dnsSearch: words(textAt(body, 'dns_search')),
    nics: (listAt(body, 'nic_configurations') ?? []).map(nic => ({
      name: textAt(nic, 'name') ?? '',
      onBoot: booleanAt(nic, 'on_boot') ?? true,
      ipv4: address(nic, 'boot_protocol', 'ip'),
      ipv6: address(nic, 'ipv6_boot_protocol', 'ipv6'),
    })),
    customScript: textAt(body, 'custom_script') || null,
  }
}

type Address = Initialization['nics'][number]['ipv4']

function address(nic: WireObject, protocol: string, ip: string): Address {
  const method = textAt(nic, protocol)
  if (method === undefined && structAt(nic, ip) === undefined) return null
  return {
    // The schema of the operation refuses other words.
    method: (method ?? 'static') as NonNullable<Address>['method'],
    address: textAt(nic, ip, 'address') || null,
    netmask: textAt(nic, ip, 'netmask') || null,
    gateway: textAt(nic, ip, 'gateway') || null,
  }
}
