import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { conflict, noCapacity } from '@rookery/model'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Handlers, NetworkKind } from '../tasks/registry.ts'
import { enableForwarding, ensureBridge, hasLink, plugUplink, portsOf, removeBridge } from './bridge.ts'
import { type DhcpServer, dnsmasqPid, dnsmasqPids, ensureDnsmasq, stopDnsmasq } from './dnsmasq.ts'
import { networkInventory } from './inventory.ts'
import { applyRuleset, noRuleset, ruleset } from './nft.ts'
import type { NetworkPort } from './port.ts'

const Stored = z.object({
  networkId: z.string(),
  bridge: z.string(),
  mode: z.enum(['nat', 'bridged', 'isolated']),
  mtu: z.int(),
  /** Like `10.77.0`; only of NAT networks. */
  prefix: z.string().nullable(),
})
type Stored = z.infer<typeof Stored>

/** Settings of `createNetworks`. */
export interface NetworkOptions {
  readonly db: DatabaseSync
  readonly bridgePrefix: string
  /** The first NAT network's; the following ones take the next ones. */
  readonly subnet: string
  /** The card that bridged networks lead out by. */
  readonly uplink: string | null
  /** Leases and pid files. */
  readonly folder: string
  readonly log: Logger
  /** Called when a network came or went. */
  readonly changed: (networkId: string, present: boolean) => void
}

/** How many /24 networks above the first are looked through. */
const maxNatNetworks = 64

/** The bridge of a network: the agent's prefix and a hash, within the kernel's 15 bytes, the same after every restart. */
export function bridgeName(prefix: string, networkId: string): string {
  return (
    prefix +
    createHash('sha256')
      .update(networkId)
      .digest('hex')
      .slice(0, 15 - prefix.length)
  )
}

/**
 * Logical networks of this host. What there should be stands in the state database; making it so is repeated as a whole at each change and
 * at the start, so a crash in the middle, a reboot, or somebody's `ip link delete` heals by itself.
 */
export function createNetworks(options: NetworkOptions): NetworkPort {
  const { db, log, changed } = options
  const table = `rookery_${options.bridgePrefix}`
  const networks = new Map<string, Stored>()
  const guards = new Map<string, string>()
  for (const row of db.prepare('select body from network').all()) {
    const stored = Stored.parse(JSON.parse(String(row.body)))
    networks.set(stored.networkId, stored)
  }
  for (const row of db.prepare('select tap, mac from guard').all()) guards.set(String(row.tap), String(row.mac))
  let rules: Promise<void> = Promise.resolve()

  const dhcp = (n: Stored & { prefix: string }): DhcpServer => ({
    bridge: n.bridge,
    prefix: n.prefix,
    mtu: n.mtu,
    folder: options.folder,
  })
  const isNat = (n: Stored): n is Stored & { prefix: string } => n.mode === 'nat' && n.prefix !== null

  /** One application at a time, each of what is wanted at its own moment. */
  const applyRules = (): Promise<void> => {
    rules = rules
      .catch(() => {})
      .then(() => {
        const nats = [...networks.values()].filter(isNat).map(n => ({ bridge: n.bridge, subnet: `${n.prefix}.0/24` }))
        return applyRuleset(
          ruleset(
            table,
            nats,
            [...guards].map(([tap, mac]) => ({ tap, mac })),
          ),
        )
      })
    return rules
  }

  const present = async (n: Stored): Promise<void> => {
    await ensureBridge(n.bridge, n.mtu, isNat(n) ? `${n.prefix}.1/24` : null)
    if (n.mode === 'bridged' && options.uplink !== null) await plugUplink(options.uplink, n.bridge, n.mtu)
    if (!isNat(n)) return
    if (enableForwarding()) log.info('IP forwarding of this host was switched on for NAT networks')
    await applyRules()
    await ensureDnsmasq(dhcp(n))
  }

  /** The cards of guests in a network. */
  const cardsIn = async (n: Stored): Promise<string[]> =>
    (await portsOf(n.bridge)).filter(port => n.mode !== 'bridged' || port !== options.uplink)

  /** A bridged network needs a card that leads out, and a card without VLANs carries one network. */
  const mustHaveUplink = (networkId: string): void => {
    if (options.uplink === null)
      throw conflict(
        'network.no_uplink',
        'This host has no network card for bridged networks. Name one as network.uplink in the configuration of its agent.',
        { ref: { kind: 'network', id: networkId } },
      )
    if ([...networks.values()].some(other => other.mode === 'bridged' && other.networkId !== networkId))
      throw conflict(
        'network.uplink_taken',
        `The card ${options.uplink} of this host carries another bridged network; one network goes by one card.`,
        { ref: { kind: 'network', id: networkId } },
      )
  }

  const freePrefix = (): string => {
    const [a, b, c] = options.subnet.split('.').map(Number)
    const used = new Set([...networks.values()].map(n => n.prefix))
    for (let i = 0; i < maxNatNetworks && (c ?? 0) + i < 256; i++) {
      const prefix = `${a}.${b}.${(c ?? 0) + i}`
      if (!used.has(prefix)) return prefix
    }
    throw noCapacity('network.no_subnet', 'No subnet is free for another NAT network on this host.')
  }

  const handlers: Handlers<NetworkKind> = {
    'network.ensure': async task => {
      const known = networks.get(task.networkId)
      if (task.mode === 'bridged') mustHaveUplink(task.networkId)
      const bridge = bridgeName(options.bridgePrefix, task.networkId)
      const wanted: Stored = {
        networkId: task.networkId,
        bridge,
        mode: task.mode,
        mtu: task.mtu === 0 ? 1500 : task.mtu,
        prefix: task.mode === 'nat' ? (known?.prefix ?? freePrefix()) : null,
      }
      if (known !== undefined && known.mode !== task.mode) {
        if (isNat(known)) await stopDnsmasq(dhcp(known), true)
        await removeBridgeUnlessUsed(known)
      }
      // The intention first: a crash after it leaves something that the next start completes.
      db.prepare('insert into network values (?, ?) on conflict (id) do update set body = excluded.body').run(
        task.networkId,
        JSON.stringify(wanted),
      )
      networks.set(task.networkId, wanted)
      await present(wanted)
      changed(task.networkId, true)
      return {}
    },
    'network.remove': async task => {
      const known = networks.get(task.networkId)
      if (known === undefined) return {}
      await removeBridgeUnlessUsed(known)
      if (isNat(known)) await stopDnsmasq(dhcp(known), true)
      networks.delete(task.networkId)
      await applyRules()
      db.prepare('delete from network where id = ?').run(task.networkId)
      changed(task.networkId, false)
      return {}
    },
  }

  async function removeBridgeUnlessUsed(n: Stored): Promise<void> {
    const ports = await cardsIn(n)
    if (ports.length > 0)
      throw conflict(
        'network.in_use',
        `${ports.length} network cards are plugged into this network; unplug them first.`,
        {
          ref: { kind: 'network', id: n.networkId },
          detail: { bridge: n.bridge, ports },
        },
      )
    await removeBridge(n.bridge)
  }

  return {
    handlers,
    bridge(networkId) {
      const known = networks.get(networkId)
      if (known === undefined)
        throw conflict('network.not_here', `Network ${networkId} is not set up on this host.`, {
          ref: { kind: 'network', id: networkId },
        })
      return { name: known.bridge, mtu: known.mtu }
    },
    async guard(tap, mac) {
      if ((guards.get(tap) ?? null) === mac) return
      if (mac === null) {
        guards.delete(tap)
        db.prepare('delete from guard where tap = ?').run(tap)
      } else {
        guards.set(tap, mac)
        db.prepare('insert into guard values (?, ?) on conflict (tap) do update set mac = excluded.mac').run(tap, mac)
      }
      await applyRules()
    },
    ids: () => [...networks.keys()],
    inventory: taps =>
      networkInventory({
        prefix: options.bridgePrefix,
        folder: options.folder,
        table,
        networks: [...networks.values()].map(n => ({
          networkId: n.networkId,
          bridge: n.bridge,
          dhcp: isNat(n) ? dhcp(n) : null,
          uplink: n.mode === 'bridged' ? options.uplink : null,
        })),
        guards: [...guards.keys()],
        taps,
      }),
    async start() {
      for (const network of networks.values()) {
        changed(network.networkId, true)
        await present(network).catch(error =>
          log.error({ err: error, networkId: network.networkId }, 'a network could not be set up again'),
        )
      }
      // A server that its pid file does not name, from a start that was killed between the two.
      const serving = new Set([...networks.values()].filter(isNat).map(n => dnsmasqPid(dhcp(n))))
      for (const { pid } of dnsmasqPids(options.folder)) if (!serving.has(pid)) endProcess(pid)
      // A tap that is gone took its guest with it while the agent was away.
      for (const tap of guards.keys())
        if (!(await hasLink(tap))) {
          guards.delete(tap)
          db.prepare('delete from guard where tap = ?').run(tap)
        }
      if (guards.size > 0) await applyRules()
    },
    async withdraw() {
      const all = [...networks.values()]
      for (const network of all) if ((await cardsIn(network)).length > 0) return false
      for (const network of all) {
        if (isNat(network)) await stopDnsmasq(dhcp(network))
        await removeBridge(network.bridge)
      }
      await rules.catch(() => {}) // whoever asked for them has been told
      await applyRuleset(noRuleset(table))
      return true
    },
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it has just ended
  }
}
