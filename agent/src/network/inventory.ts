import type { HostThing } from '@rookery/protocol'
import { z } from 'zod'
import { runProgram } from '../run-program.ts'
import { type DhcpServer, dnsmasqPid, dnsmasqPids } from './dnsmasq.ts'

/** What there should be, for {@link networkInventory}. */
export interface NetworkPlan {
  readonly prefix: string
  readonly folder: string
  readonly table: string
  readonly networks: readonly { networkId: string; bridge: string; dhcp: DhcpServer | null; uplink: string | null }[]
  /** Cards with a rule of their own. */
  readonly guards: readonly string[]
  /** Cards of guests that run. */
  readonly taps: ReadonlySet<string>
}

const Links = z.array(z.object({ ifname: z.string(), master: z.string().optional() }))

/** What this host's part of the network has beside the plan, and what it lacks of it. */
export async function networkInventory(plan: NetworkPlan): Promise<{ found: HostThing[]; missing: HostThing[] }> {
  const links = Links.parse(JSON.parse(await runProgram('ip', ['-json', 'link', 'show'], { timeoutMs: 15_000 })))
  const there = new Set(links.map(link => link.ifname))
  const ours = new Map(plan.networks.map(each => [each.bridge, each]))
  const found: HostThing[] = []
  const missing: HostThing[] = []
  for (const { ifname, master } of links) {
    if (ifname.startsWith(plan.prefix) && !ours.has(ifname)) found.push({ kind: 'bridge', name: ifname, about: null })
    const network = master?.startsWith(plan.prefix) === true ? ours.get(master) : undefined
    if (network !== undefined && ifname !== network.uplink && !plan.taps.has(ifname))
      found.push({ kind: 'tap', name: `${ifname} in ${master}`, about: network.networkId })
  }
  const serving = new Set<number>()
  for (const { networkId, bridge, dhcp } of plan.networks) {
    if (!there.has(bridge)) missing.push({ kind: 'bridge', name: bridge, about: networkId })
    if (dhcp === null) continue
    const pid = dnsmasqPid(dhcp)
    if (pid === null) missing.push({ kind: 'dhcp_server', name: bridge, about: networkId })
    else serving.add(pid)
  }
  for (const { pid, bridge } of dnsmasqPids(plan.folder))
    if (!serving.has(pid)) found.push({ kind: 'dhcp_server', name: `process ${pid} for ${bridge}`, about: null })
  const tables = (await runProgram('nft', ['list', 'tables'], { timeoutMs: 20_000 })).split('\n')
  const has = tables.includes(`table inet ${plan.table}`) && tables.includes(`table bridge ${plan.table}`)
  const wanted = plan.guards.length > 0 || plan.networks.some(each => each.dhcp !== null)
  if (wanted && !has) missing.push({ kind: 'firewall_table', name: plan.table, about: null })
  for (const tap of plan.guards)
    if (!there.has(tap)) found.push({ kind: 'firewall_guard', name: `rule for ${tap}`, about: null })
  return { found, missing }
}
