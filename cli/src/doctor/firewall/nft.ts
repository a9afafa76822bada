import {
  type Answer,
  type Chain,
  cardFits,
  type Effect,
  type Match,
  maybe,
  not,
  type Packet,
  type Rule,
  type Table,
  yesIf,
} from './chain.ts'

type Json = Record<string, unknown>

/** `nft --json list ruleset` as tables; what is not understood is answered "maybe", never guessed. */
export function nftTables(text: string): Table[] {
  const items = ((JSON.parse(text) as { nftables?: Json[] }).nftables ?? []) as Json[]
  const tables = new Map<
    string,
    { family: Table['family']; name: string; chains: Map<string, Chain & { rules: Rule[] }>; sets: Sets }
  >()
  const of = (o: Json) => tables.get(`${String(o.family)} ${String(o.table ?? o.name)}`)
  for (const item of items) {
    const table = item.table as Json | undefined
    if (table && ['ip', 'ip6', 'inet'].includes(String(table.family)))
      tables.set(`${String(table.family)} ${String(table.name)}`, {
        family: table.family as Table['family'],
        name: String(table.name),
        chains: new Map(),
        sets: new Map(),
      })
    const set = (item.set ?? item.map) as Json | undefined
    if (set) of(set)?.sets.set(String(set.name), (set.elem as unknown[] | undefined) ?? [])
    const chain = item.chain as Json | undefined
    if (chain)
      of(chain)?.chains.set(String(chain.name), {
        name: String(chain.name),
        rules: [],
        ...(chain.type === 'filter' && typeof chain.hook === 'string'
          ? { base: { hook: chain.hook, policy: chain.policy === 'drop' ? 'drop' : 'accept' } }
          : {}),
      })
    const rule = item.rule as Json | undefined
    if (rule) {
      const t = of(rule)
      t?.chains.get(String(rule.chain))?.rules.push(...rulesOf((rule.expr ?? []) as Json[], t.sets))
    }
  }
  return [...tables.values()].map(({ family, name, chains }) => ({ by: 'nft' as const, family, name, chains }))
}

type Sets = Map<string, readonly unknown[]>

/** One rule may become several: a verdict map is a rule for each of its elements. */
function rulesOf(expr: readonly Json[], sets: Sets): Rule[] {
  const matches: Match[] = []
  for (const e of expr) {
    if ('match' in e) matches.push(matchOf(e.match as Json, sets))
    else if ('vmap' in e) return vmap(e.vmap as Json, matches, sets)
    else if ('xt' in e) {
      const xt = e.xt as Json | null
      if (xt?.type === 'target' && xt.name === 'REJECT') return [{ matches, effect: { kind: 'reject' } }]
      matches.push(maybe)
    } else if ('limit' in e || 'quota' in e || 'fib' in e || 'connlimit' in e || 'ct count' in e) matches.push(maybe)
    else {
      const effect = effectOf(e)
      if (effect) return [{ matches, effect }]
    }
  }
  return [{ matches, effect: { kind: 'on' } }]
}

function effectOf(e: Json): Effect | undefined {
  if ('accept' in e) return { kind: 'accept' }
  if ('drop' in e) return { kind: 'drop' }
  if ('reject' in e) return { kind: 'reject' }
  if ('return' in e) return { kind: 'return' }
  if ('jump' in e) return { kind: 'jump', chain: String((e.jump as Json).target) }
  if ('goto' in e) return { kind: 'goto', chain: String((e.goto as Json).target) }
  if ('queue' in e) return { kind: 'accept' } // a program decides; we cannot know
  return undefined
}

function vmap(v: Json, before: readonly Match[], sets: Sets): Rule[] {
  const elements = elementsOf((v.data as Json | undefined)?.set ?? v.data, sets)
  return elements.flatMap(element => {
    const [key, verdict] = Array.isArray(element) ? (element as [unknown, Json]) : [undefined, undefined]
    const effect = verdict && effectOf(verdict)
    return effect ? [{ matches: [...before, compare(v.key as Json, key, sets)], effect }] : []
  })
}

function matchOf(m: Json, sets: Sets): Match {
  const found = compare(m.left as Json, m.right, sets)
  return m.op === '!=' ? not(found) : m.op === '==' || m.op === 'in' ? found : maybe
}

/** What a left side is in our packet; undefined for what we do not know. */
function compare(left: Json, right: unknown, sets: Sets): Match {
  const meta = (left?.meta as Json | undefined)?.key
  const payload = left?.payload as Json | undefined
  const values = (of: unknown) => elementsOf(of, sets)
  if (meta === 'iifname' || meta === 'iif') return p => card(p.from, values(right))
  if (meta === 'oifname' || meta === 'oif') return p => card(p.to, values(right))
  if (meta === 'l4proto')
    return p => yesIf(values(right).some(v => v === p.protocol || v === (p.protocol === 'tcp' ? 6 : 17)))
  if (meta === 'nfproto') return p => yesIf(values(right).some(v => v === (p.family === 4 ? 'ipv4' : 'ipv6')))
  if (meta === 'protocol') return p => yesIf(values(right).some(v => v === (p.family === 4 ? 'ip' : 'ip6')))
  if ((left?.ct as Json | undefined)?.key === 'state') return () => yesIf(values(right).includes('new'))
  if ((left?.ct as Json | undefined)?.key === 'status') return () => 'no' // of a first packet nothing has happened yet
  if (payload) {
    const { protocol, field } = payload
    if (field === 'dport') return p => (protocol === p.protocol || protocol === 'th' ? port(p, values(right)) : 'no')
    if (protocol === 'tcp' || protocol === 'udp') return p => (protocol === p.protocol ? 'maybe' : 'no')
    if (protocol === 'icmp' || protocol === 'icmpv6') return () => 'no'
    if (protocol === 'ip')
      return p => (field === 'protocol' ? yesIf(values(right).includes(p.protocol)) : p.family === 4 ? 'maybe' : 'no')
    if (protocol === 'ip6')
      return p => (field === 'nexthdr' ? yesIf(values(right).includes(p.protocol)) : p.family === 6 ? 'maybe' : 'no')
  }
  return maybe
}

/** The values of a right side: one, a set written out, or a named one. */
function elementsOf(right: unknown, sets: Sets): readonly unknown[] {
  if (typeof right === 'string' && right.startsWith('@')) return sets.get(right.slice(1)) ?? []
  if (Array.isArray(right)) return right
  const set = (right as Json | null)?.set
  return Array.isArray(set) ? set : [right]
}

/** An element may carry a timeout or a comment around its value. */
function bare(value: unknown): unknown {
  const inner = (value as Json | null)?.elem as Json | undefined
  return inner && typeof inner === 'object' ? inner.val : value
}

const card = (name: string | undefined, values: readonly unknown[]): Answer =>
  yesIf(name !== undefined && values.some(v => cardFits(String(bare(v)), name)))

function port(p: Packet, values: readonly unknown[]): Answer {
  let answer: Answer = 'no'
  for (const value of values.map(bare)) {
    const range = (value as Json | null)?.range
    if (Array.isArray(range)) {
      if (Number(range[0]) <= p.port && p.port <= Number(range[1])) return 'yes'
    } else if (typeof value === 'number') {
      if (value === p.port) return 'yes'
    } else answer = 'maybe' // a service's name, which we do not look up
  }
  return answer
}
