import type { Place } from './chain.ts'

/**
 * The commands that open just what is needed, in the language of whoever keeps the rules. No cure ever switches a firewall
 * off, changes a policy, or opens more than it names (R76, R131).
 */

/** The zone that a packet went through in firewalld, from the names of its chains. */
const zoneOf = (place: Place): string | undefined =>
  place.path
    .map(name => /^filter_(?:IN|FWD)_(.+)$/.exec(name)?.[1])
    .find(zone => zone !== undefined && !zone.startsWith('policy_'))

/** Opens TCP ports and ranges like `5900-6923` for everyone who can reach this machine. */
export function openPorts(place: Place, ports: readonly string[]): string[] {
  const colons = ports.map(p => p.replace('-', ':'))
  switch (place.keeper) {
    case 'firewalld': {
      const zone = zoneOf(place)
      return [
        `firewall-cmd --permanent ${zone ? `--zone=${zone} ` : ''}${ports.map(p => `--add-port=${p}/tcp`).join(' ')} && firewall-cmd --reload`,
      ]
    }
    case 'ufw':
      return colons.map(p => `ufw allow ${p}/tcp`)
    case 'iptables':
    case 'docker':
      return [`${place.by} -I ${place.chain} -p tcp -m multiport --dports ${colons.join(',')} -j ACCEPT`]
    case 'nft':
      return [`nft insert rule ${target(place)} tcp dport '{ ${ports.join(', ')} }' accept`]
  }
}

/** Lets the engine and its parts talk to each other on this machine. */
export function openLoopback(place: Place): string[] {
  if (place.keeper === 'nft') return [`nft insert rule ${target(place)} iifname lo accept`]
  if (place.keeper === 'firewalld')
    return ['firewall-cmd --permanent --zone=trusted --add-interface=lo && firewall-cmd --reload']
  return [`${place.by === 'nft' ? 'iptables' : place.by} -I ${place.chain} -i lo -j ACCEPT`]
}

/** Lets guests ask for an address (DHCP) and for names (DNS), which this machine answers on their bridges; `bridges` is how their names begin. */
export function openGuestServices(place: Place, bridges: string): string[] {
  switch (place.keeper) {
    case 'firewalld':
      return ownZone(bridges)
    case 'ufw':
      return [`ufw allow in on ${bridges}+ to any port 67 proto udp`, `ufw allow in on ${bridges}+ to any port 53`]
    case 'iptables':
    case 'docker':
      return [`${place.by} -I ${place.chain} -i ${bridges}+ -p udp -m multiport --dports 53,67 -j ACCEPT`]
    case 'nft':
      return [`nft insert rule ${target(place)} iifname "${bridges}*" udp dport '{ 53, 67 }' accept`]
  }
}

/** Lets guests out; what comes back to them belongs to connections of theirs. */
export function openWayOut(place: Place, bridges: string): string[] {
  const iptables = (chain: string) => [
    `${place.by} -I ${chain} -i ${bridges}+ -j ACCEPT`,
    `${place.by} -I ${chain} -o ${bridges}+ -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ]
  switch (place.keeper) {
    case 'firewalld':
      return ownZone(bridges)
    case 'ufw':
      return [`ufw route allow in on ${bridges}+`]
    case 'docker':
      return iptables('DOCKER-USER')
    case 'iptables':
      return iptables(place.chain)
    case 'nft':
      return [
        `nft insert rule ${target(place)} iifname "${bridges}*" accept`,
        `nft insert rule ${target(place)} oifname "${bridges}*" ct state established,related accept`,
      ]
  }
}

/**
 * A zone of their own for guests' bridges, and a policy that lets it out: in a trusted zone guests would reach every port of this
 * machine, and in a zone alone they would have addresses and no way out. Running it twice changes nothing.
 */
const ownZone = (bridges: string): string[] => [
  'firewall-cmd --permanent --get-zones | grep -qw rookery || firewall-cmd --permanent --new-zone=rookery',
  `firewall-cmd --permanent --zone=rookery --add-interface=${bridges}+`,
  'firewall-cmd --permanent --zone=rookery --add-service=dhcp --add-service=dns',
  'firewall-cmd --permanent --get-policies | grep -qw rookery-out || firewall-cmd --permanent --new-policy=rookery-out',
  'firewall-cmd --permanent --policy=rookery-out --add-ingress-zone=rookery',
  'firewall-cmd --permanent --policy=rookery-out --add-egress-zone=ANY',
  'firewall-cmd --permanent --policy=rookery-out --set-target=ACCEPT && firewall-cmd --reload',
]

/** Family, table and chain as nft wants them. */
const target = (place: Place): string => `${place.family} ${place.table} ${place.chain}`
