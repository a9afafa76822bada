import type { HostThing } from '@rookery/protocol'
import type { Handlers, NetworkKind } from '../tasks/registry.ts'

/** What the rest of the agent knows of networks. */
export interface NetworkPort {
  readonly handlers: Handlers<NetworkKind>
  /** The bridge of a logical network; throws `conflict` when `network.ensure` was not done. */
  bridge(networkId: string): { name: string; mtu: number }
  /** Drops what the tap sends under another source MAC; null takes the guard away. */
  guard(tap: string, mac: string | null): Promise<void>
  /** Networks that are present. */
  ids(): string[]
  /** What there is beside these networks and the cards of running guests, and what there is not. */
  inventory(taps: ReadonlySet<string>): Promise<{ found: HostThing[]; missing: HostThing[] }>
  /** Makes present again what was before the restart. */
  start(): Promise<void>
  /**
   * Takes bridges, DHCP servers and rules away, for an agent that stops on a host without guests; `start` makes them again. False, and
   * everything stays, when a card is plugged in. Nothing may change networks from then on.
   */
  withdraw(): Promise<boolean>
}
