import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { exec } from '../system/exec.ts'
import { isLoopback } from './scene.ts'

/** An address of this machine that others can reach. */
export interface OwnAddress {
  readonly card: string
  readonly mac: string
  readonly address: string
  readonly prefix: number
  readonly family: 4 | 6
  /** Lent for a time, by DHCP or a router's advertisement; undefined where that cannot be seen. */
  readonly dynamic: boolean | undefined
}

/** Who sets up the cards of this machine. */
export type Manager = 'NetworkManager' | 'networkd' | 'ifupdown' | 'netplan' | 'unknown'

/** The machine's network as far as people come in by it. */
export interface NetworkFacts {
  readonly addresses: readonly OwnAddress[]
  /** The card and router of the default route (IPv4). */
  readonly route: { readonly card: string; readonly router: string | undefined } | undefined
}

interface IpAddress {
  readonly ifname: string
  readonly address?: string
  readonly addr_info?: readonly {
    readonly family: string
    readonly local: string
    readonly prefixlen: number
    readonly scope: string
    readonly dynamic?: boolean
  }[]
}

/** Reads addresses and the default route; cards that begin with `without` are guests' bridges. */
export async function network(without: string): Promise<NetworkFacts> {
  const ip = (...words: string[]) => exec(['ip', ...words]).catch(() => ({ code: 1, stdout: '' }))
  const shown = await ip('-json', 'address', 'show')
  const routes = await ip('-json', '-4', 'route', 'show', 'default')
  return {
    addresses: shown.code === 0 ? addressesOf(shown.stdout, without) : [],
    route: routes.code === 0 ? routeOf(routes.stdout) : undefined,
  }
}

/** Pure: `ip -json address show` as the addresses that others can reach. */
export function addressesOf(json: string, without: string): OwnAddress[] {
  const cards = JSON.parse(json || '[]') as IpAddress[]
  return cards
    .filter(c => c.ifname && !c.ifname.startsWith(without) && !/^(virbr|docker|veth|vnet|tap)/.test(c.ifname))
    .flatMap(c =>
      (c.addr_info ?? [])
        .filter(a => a.scope === 'global' && !isLoopback(a.local))
        .map(a => ({
          card: c.ifname,
          mac: c.address ?? '',
          address: a.local,
          prefix: a.prefixlen,
          family: a.family === 'inet6' ? (6 as const) : (4 as const),
          dynamic: a.dynamic ?? false,
        })),
    )
}

/** Pure: `ip -json route show default`. */
export function routeOf(json: string): NetworkFacts['route'] {
  const [first] = JSON.parse(json || '[]') as { dev?: string; gateway?: string }[]
  return first?.dev ? { card: first.dev, router: first.gateway } : undefined
}

/** Who sets up a card, by what is there and running. */
export async function managerOf(card: string): Promise<Manager> {
  if (existsSync('/run/NetworkManager')) return 'NetworkManager'
  const interfaces = await readFile('/etc/network/interfaces', 'utf8').catch(() => '')
  if (new RegExp(`^\\s*iface\\s+${card}\\s+inet`, 'm').test(interfaces)) return 'ifupdown'
  const netplan = await readdir('/etc/netplan').catch(() => [] as string[])
  if (netplan.some(name => name.endsWith('.yaml'))) return 'netplan'
  return existsSync('/run/systemd/netif') ? 'networkd' : 'unknown'
}
