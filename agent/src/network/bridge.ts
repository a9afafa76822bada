import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { runProgram, tryProgram } from '../run-program.ts'

const ip = (...args: string[]) => runProgram('ip', args, { timeoutMs: 15_000 })

const Links = z.array(z.object({ ifname: z.string() }))

/** Whether an interface of that name is there, in the network namespace of this process (sysfs may show another one). */
export async function hasLink(name: string): Promise<boolean> {
  return (await tryProgram('ip', ['link', 'show', 'dev', name], { timeoutMs: 15_000 })).code === 0
}

/** Interfaces plugged into a bridge; none when it is not there. */
export async function portsOf(bridge: string): Promise<string[]> {
  if (!(await hasLink(bridge))) return []
  const text = await ip('-json', 'link', 'show', 'master', bridge)
  return Links.parse(JSON.parse(text || '[]')).map(link => link.ifname)
}

/** Makes a bridge with these settings, or gives them to the one that is there. `address` like `10.77.0.1/24`. */
export async function ensureBridge(name: string, mtu: number, address: string | null): Promise<void> {
  if (!(await hasLink(name)))
    await ip(
      'link',
      'add',
      'name',
      name,
      'type',
      'bridge',
      'stp_state',
      '0',
      'forward_delay',
      '0',
      'mcast_snooping',
      '0',
    )
  await ip('link', 'set', 'dev', name, 'mtu', String(mtu))
  // IPv6 on the bridge would make the host answer guests of a network that it only carries.
  writeIfThere(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '1')
  if (address !== null) await ip('address', 'replace', address, 'dev', name)
  await ip('link', 'set', 'dev', name, 'up')
}

/** Makes the host's own card a port of a bridge. Content when it is one. */
export async function plugUplink(card: string, bridge: string, mtu: number): Promise<void> {
  await ip('link', 'set', 'dev', card, 'mtu', String(mtu))
  await ip('link', 'set', 'dev', card, 'master', bridge)
  await ip('link', 'set', 'dev', card, 'up')
}

/** Removes a bridge. Content when it is not there. */
export async function removeBridge(name: string): Promise<void> {
  if (await hasLink(name)) await ip('link', 'delete', 'dev', name, 'type', 'bridge')
}

/** Lets the host pass packets on, as NAT needs. True when it did not before. */
export function enableForwarding(): boolean {
  const file = '/proc/sys/net/ipv4/ip_forward'
  if (readFileSync(file, 'utf8').trim() === '1') return false
  writeFileSync(file, '1')
  return true
}

function writeIfThere(file: string, text: string): void {
  if (existsSync(file)) writeFileSync(file, text)
}
