import { runProgram } from '../run-program.ts'

/** A NAT network as its rules need it. */
export interface NatRules {
  readonly bridge: string
  readonly subnet: string
}

/** A card that may only send under its own MAC. */
export interface Guard {
  readonly tap: string
  readonly mac: string
}

/**
 * The whole ruleset of this agent as one nft script: its own two tables, replaced at once, so that applying it again after a restart
 * or a half-done change always ends the same. Other tables of the machine are not touched. The forward chain accepts for our
 * bridges only; a machine whose own firewall drops forwarding must let them through itself.
 */
export function ruleset(table: string, nats: readonly NatRules[], guards: readonly Guard[]): string {
  const lines = [
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    ...nats.map(n => `    ip saddr ${n.subnet} ip daddr != ${n.subnet} oifname != "${n.bridge}" masquerade`),
    '  }',
    '  chain forward {',
    '    type filter hook forward priority filter; policy accept;',
    ...nats.flatMap(n => [
      `    iifname "${n.bridge}" oifname != "${n.bridge}" accept`,
      `    oifname "${n.bridge}" ct state established,related accept`,
      `    oifname "${n.bridge}" iifname != "${n.bridge}" drop`,
    ]),
    '  }',
    '}',
    `table bridge ${table}`,
    `delete table bridge ${table}`,
    `table bridge ${table} {`,
    '  chain prerouting {',
    '    type filter hook prerouting priority -300; policy accept;',
    ...guards.flatMap(g => [
      `    iifname "${g.tap}" ether saddr != ${g.mac} drop`,
      `    iifname "${g.tap}" ether type arp arp saddr ether != ${g.mac} drop`,
    ]),
    '  }',
    '}',
  ]
  return `${lines.join('\n')}\n`
}

/** The script that takes the two tables away, whether they are there or not. */
export function noRuleset(table: string): string {
  return ['inet', 'bridge'].map(family => `table ${family} ${table}\ndelete table ${family} ${table}\n`).join('')
}

/** Applies a ruleset in one kernel transaction. */
export async function applyRuleset(script: string): Promise<void> {
  await runProgram('nft', ['-f', '-'], { input: script, timeoutMs: 20_000 })
}
