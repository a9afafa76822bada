/**
 * A small model of packet filters, enough to say what happens to one new connection. Rules of nftables and of iptables both
 * become this. What a rule asks that we do not know (where a packet comes from, how many came before it) is answered "maybe",
 * and both ways are followed: only what is closed on every way is called closed.
 */

/** A first packet of a connection, as a hook sees it. */
export interface Packet {
  readonly hook: 'input' | 'forward' | 'output'
  readonly family: 4 | 6
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** The card it comes in by; absent for what this machine sends itself. */
  readonly from: string | undefined
  /** The card it leaves by. */
  readonly to: string | undefined
}

export type Answer = 'yes' | 'no' | 'maybe'

export type Match = (p: Packet) => Answer

/** What a rule does with what it matches. `on` passes to the next rule, as logging and counting do. */
export type Effect =
  | { readonly kind: 'accept' | 'drop' | 'reject' | 'return' | 'on' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }

export interface Rule {
  readonly matches: readonly Match[]
  readonly effect: Effect
}

export interface Chain {
  readonly name: string
  readonly rules: readonly Rule[]
  /** Where the kernel enters, for base chains. */
  readonly base?: { readonly hook: string; readonly policy: 'accept' | 'drop' }
}

/** A table with its chains by name. */
export interface Table {
  readonly by: 'nft' | 'iptables' | 'ip6tables'
  readonly family: 'ip' | 'ip6' | 'inet'
  readonly name: string
  readonly chains: ReadonlyMap<string, Chain>
}

/** Where a packet ends: the base chain, the chains it went through, and whether the chain's policy ended it. */
export interface Place {
  readonly by: Table['by']
  readonly family: Table['family']
  readonly table: string
  readonly chain: string
  readonly path: readonly string[]
  readonly policy: boolean
  readonly how: 'drop' | 'reject'
  /** Whose rules these are: they are changed by that program, or it forgets them. */
  readonly keeper: Keeper
}

/** A program that writes rules, or nobody but the administrator. */
export type Keeper = 'firewalld' | 'ufw' | 'docker' | 'iptables' | 'nft'

function keeperOf(table: Table, hook: string): Keeper {
  if (table.name === 'firewalld') return 'firewalld'
  if (table.chains.has('ufw-user-input') || table.chains.has('ufw6-user-input')) return 'ufw'
  if (hook === 'forward' && table.chains.has('DOCKER-USER')) return 'docker'
  return table.by === 'nft' ? 'nft' : 'iptables'
}

/** What becomes of a packet: closed at every listed place, open, or open to some only. */
export interface Fate {
  readonly state: 'open' | 'some' | 'closed'
  readonly places: readonly Place[]
}

/** What becomes of a packet in all tables: each base chain of its hook must let it pass. */
export function fate(tables: readonly Table[], p: Packet): Fate {
  const places: Place[] = []
  let some = false
  for (const table of tables) {
    if (table.family !== 'inet' && table.family !== (p.family === 4 ? 'ip' : 'ip6')) continue
    for (const chain of table.chains.values()) {
      if (chain.base?.hook !== p.hook) continue
      const ends = walk(table, chain, p, new Map())
      const last = ends.flatMap(e =>
        e.kind !== 'on'
          ? [e]
          : chain.base?.policy === 'drop'
            ? [{ kind: 'drop' as const, path: [chain.name], policy: true }]
            : [],
      )
      const open = last.length < ends.length || last.some(e => e.kind === 'accept')
      const closed = last.filter(e => e.kind !== 'accept')
      if (closed.length && open) some = true
      const [first] = closed
      if (first && !open)
        places.push({
          by: table.by,
          family: table.family,
          table: table.name,
          chain: chain.name,
          path: first.path,
          policy: first.policy,
          how: first.kind === 'reject' ? 'reject' : 'drop',
          keeper: keeperOf(table, p.hook),
        })
    }
  }
  return { state: places.length ? 'closed' : some ? 'some' : 'open', places }
}

interface End {
  readonly kind: 'accept' | 'drop' | 'reject' | 'on'
  readonly path: readonly string[]
  readonly policy: boolean
}

/** What is known of a packet's way through each chain of one table already: large rule sets enter the same chains again and again. */
type Known = Map<string, readonly End[]>

/** Every way a packet may leave a chain, one of each kind; `on` falls back to the chain that called. */
function walk(table: Table, chain: Chain, p: Packet, known: Known): readonly End[] {
  const before = known.get(chain.name)
  if (before) return before
  known.set(chain.name, []) // the kernel refuses loops; should one be told to us, it ends here
  const ends = new Map<End['kind'], End>()
  const end = (e: End) => {
    if (!ends.has(e.kind)) ends.set(e.kind, { ...e, path: [chain.name, ...e.path] })
  }
  const own = (kind: End['kind']) => end({ kind, path: [], policy: false })
  const done = () => {
    known.set(chain.name, [...ends.values()])
    return [...ends.values()]
  }
  for (const rule of chain.rules) {
    const answer = all(rule.matches, p)
    if (answer === 'no' || rule.effect.kind === 'on') continue
    const { effect } = rule
    if (effect.kind === 'jump' || effect.kind === 'goto') {
      const to = table.chains.get(effect.chain)
      const below = to ? walk(table, to, p, known) : []
      const final = below.filter(e => e.kind !== 'on')
      for (const e of final) end(e)
      const comesBack = final.length < below.length || below.length === 0
      if (effect.kind === 'goto' && comesBack) own('on')
      if (answer === 'yes' && (effect.kind === 'goto' || !comesBack)) return done()
      continue
    }
    own(effect.kind === 'return' ? 'on' : effect.kind)
    if (answer === 'yes') return done()
  }
  own('on')
  return done()
}

function all(matches: readonly Match[], p: Packet): Answer {
  let answer: Answer = 'yes'
  for (const match of matches) {
    const one = match(p)
    if (one === 'no') return 'no'
    if (one === 'maybe') answer = 'maybe'
  }
  return answer
}

export const maybe: Match = () => 'maybe'
export const not =
  (match: Match): Match =>
  p => {
    const answer = match(p)
    return answer === 'maybe' ? 'maybe' : answer === 'yes' ? 'no' : 'yes'
  }
export const yesIf = (so: boolean): Answer => (so ? 'yes' : 'no')

/** A card's name against a pattern whose last sign may stand for any rest (`*` in nftables, `+` in iptables). */
export const cardFits = (pattern: string, card: string): boolean =>
  /[*+]$/.test(pattern) ? card.startsWith(pattern.slice(0, -1)) : card === pattern
