import { isIP } from 'node:net'

/** What a server certificate is valid for. */
export interface Names {
  readonly dns: readonly string[]
  readonly ip: readonly string[]
}

/**
 * The names and addresses people may use to reach this machine: what it calls itself, what it listens at, and the
 * loopback ones. A wildcard address stands for all of the machine's addresses.
 */
export function serverNames(o: {
  fqdn: string
  hostname: string
  listen: string
  /** All addresses of the machine; used when `listen` is a wildcard. */
  addresses: readonly string[]
}): Names {
  const dns = new Set<string>(['localhost'])
  const ip = new Set<string>(['127.0.0.1', '::1'])
  const add = (name: string) => {
    const bare = name.split('%')[0] ?? '' // an IPv6 zone is this machine's own business
    if (isIP(bare)) ip.add(bare)
    else if (isDnsName(bare)) dns.add(bare.toLowerCase())
  }
  for (const name of [o.fqdn, o.hostname]) add(name)
  if (o.listen === '0.0.0.0' || o.listen === '::') for (const address of o.addresses) add(address)
  else add(o.listen)
  return { dns: [...dns].sort(), ip: [...ip].sort() }
}

/** Letters, digits and hyphens in dotted parts, as certificates want it. */
export const isDnsName = (name: string): boolean =>
  name.length <= 253 && /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i.test(name)

/** Whether two sets of names are the same, whatever their order. */
export function sameNames(a: Names, b: Names): boolean {
  const key = (n: Names) => JSON.stringify([[...n.dns].sort(), [...n.ip].sort()])
  return key(a) === key(b)
}
