import { noMacSpoofing } from './types.ts'

/** A network filter of the catalogue; `version` is the first product version that had it. */
export interface NetworkFilter {
  id: string
  name: string
  version: { major: number; minor: number }
}

const names: [name: string, minor: number][] = [
  ['vdsm-no-mac-spoofing', 2],
  ['allow-arp', 6],
  ['allow-dhcp', 6],
  ['allow-dhcp-server', 6],
  ['allow-incoming-ipv4', 6],
  ['allow-ipv4', 6],
  ['clean-traffic', 6],
  ['no-arp-ip-spoofing', 6],
  ['no-arp-mac-spoofing', 6],
  ['no-arp-spoofing', 6],
  ['no-ip-multicast', 6],
  ['no-ip-spoofing', 6],
  ['no-mac-broadcast', 6],
  ['no-mac-spoofing', 6],
  ['no-other-l2-traffic', 6],
  ['no-other-rarp-traffic', 6],
  ['qemu-announce-self', 6],
  ['qemu-announce-self-rarp', 6],
]

/**
 * Network filters that clients find (fact sheet 2.4, Networks). Hosts of this release carry out the first one; the others
 * are listed, because clients look them up by name, and refused when a profile asks for one.
 */
export const networkFilters: readonly NetworkFilter[] = [
  ...names.map(([name, minor], n) => ({
    id:
      name === noMacSpoofing.name
        ? noMacSpoofing.id
        : `d2370ab4-fee3-11e9-a310-8c1645ce74${(n + 1).toString(16).padStart(2, '0')}`,
    name,
    version: { major: 3, minor },
  })),
  { id: 'd2370ab4-fee3-11e9-a310-8c1645ce7500', name: 'clean-traffic-gateway', version: { major: 4, minor: 2 } },
]
