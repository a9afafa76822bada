import { networkInterfaces } from 'node:os'
import { exec } from '../system/exec.ts'

/** An IPv4 network as first address and prefix length. */
export interface Network {
  readonly address: number
  readonly prefix: number
}

/** `10.1.2.0/24` → a number and 24; undefined for anything else (IPv6, `default`). */
export function parseNetwork(text: string): Network | undefined {
  const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text)
  if (!m) return undefined
  const bytes = m.slice(1, 5).map(Number)
  const prefix = m[5] === undefined ? 32 : Number(m[5])
  if (bytes.some(b => b > 255) || prefix > 32) return undefined
  return { address: bytes.reduce((sum, b) => sum * 256 + b, 0), prefix }
}

/** Whether two networks share an address. */
export function overlap(a: Network, b: Network): boolean {
  const prefix = Math.min(a.prefix, b.prefix)
  const size = 2 ** (32 - prefix)
  return Math.floor(a.address / size) === Math.floor(b.address / size)
}

/**
 * A /24 of 10.0.0.0/8 for the guests of an instance: the engine's id says where the search begins, so instances on one
 * machine differ and the same one gets the same again, and networks that the machine already knows are passed over.
 * The first and last /16 are left alone: people use those by hand.
 */
export function chooseSubnet(engineId: string, taken: readonly Network[]): string {
  const seed = Number.parseInt(engineId.replaceAll('-', '').slice(-6), 16)
  const count = 254 * 256
  for (let i = 0; i < count; i++) {
    const n = (seed + i) % count
    const text = `10.${1 + Math.floor(n / 256)}.${n % 256}.0/24`
    const network = parseNetwork(text)
    if (network && !taken.some(t => overlap(t, network))) return text
  }
  return '192.168.233.0/24' // a machine with routes to all of 10.0.0.0/8
}

/** The networks that this machine has addresses in or routes to, leaving out the bridges that begin with `own`. */
export async function takenNetworks(own: string): Promise<Network[]> {
  const found: string[] = []
  for (const [name, addresses] of Object.entries(networkInterfaces()))
    if (!name.startsWith(own))
      found.push(...(addresses ?? []).flatMap(a => (a.family === 'IPv4' && a.cidr ? [a.cidr] : [])))
  const { code, stdout } = await exec(['ip', '-4', 'route', 'show', 'table', 'all']).catch(() => ({
    code: 1,
    stdout: '',
  }))
  if (code === 0)
    for (const line of stdout.split('\n')) {
      const words = line.split(' ')
      if (words[words.indexOf('dev') + 1]?.startsWith(own)) continue
      found.push(
        words[0] === 'unreachable' || words[0] === 'local' || words[0] === 'broadcast'
          ? (words[1] ?? '')
          : (words[0] ?? ''),
      )
    }
  return found.flatMap(text => parseNetwork(text) ?? [])
}
