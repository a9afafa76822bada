import { type Chain, cardFits, type Effect, type Match, maybe, not, type Rule, type Table, yesIf } from './chain.ts'

const hooks: Readonly<Record<string, string>> = { INPUT: 'input', FORWARD: 'forward', OUTPUT: 'output' }

/** The table `filter` of `iptables-save` or `ip6tables-save`; undefined when there is none. */
export function iptablesTable(text: string, by: 'iptables' | 'ip6tables'): Table | undefined {
  const chains = new Map<string, Chain & { rules: Rule[] }>()
  let inFilter = false
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) inFilter = line.trim() === '*filter'
    if (!inFilter) continue
    const chain = /^:(\S+) (\S+)/.exec(line)
    if (chain) {
      const [, name = '', policy = ''] = chain
      const hook = hooks[name]
      chains.set(name, {
        name,
        rules: [],
        ...(hook ? { base: { hook, policy: policy === 'DROP' ? 'drop' : 'accept' } } : {}),
      })
    }
    const rule = /^-A (\S+) ?(.*)$/.exec(line)
    if (rule) chains.get(rule[1] ?? '')?.rules.push(ruleOf(words(rule[2] ?? '')))
  }
  return chains.size ? { by, family: by === 'iptables' ? 'ip' : 'ip6', name: 'filter', chains } : undefined
}

/** Words as iptables-save writes them; comments stand in quotes. */
const words = (text: string): string[] => (text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map(w => w.replace(/^"|"$/g, ''))

/** Options that say how, not whether, and the number of words behind them. */
const neutral: Readonly<Record<string, number>> = { '-m': 1, '--match': 1, '--comment': 1, '--reject-with': 1 }

function ruleOf(all: readonly string[]): Rule {
  const matches: Match[] = []
  let effect: Effect = { kind: 'on' }
  for (let i = 0; i < all.length; i++) {
    const negated = all[i] === '!'
    if (negated) i++
    const option = all[i] ?? ''
    if (option in neutral) {
      i += neutral[option] ?? 0
      continue
    }
    const value = all[i + 1] ?? ''
    if (option === '-j' || option === '-g') {
      effect = effectOf(value, option === '-g')
      break // what follows belongs to the target
    }
    const match = matchOf(option, value)
    matches.push(negated ? not(match) : match)
    if (value !== '!' && !value.startsWith('-')) i++
  }
  return { matches, effect }
}

function effectOf(target: string, isGoto: boolean): Effect {
  if (isGoto) return { kind: 'goto', chain: target }
  switch (target) {
    case 'ACCEPT':
    case 'NFQUEUE': // a program decides; we cannot know
      return { kind: 'accept' }
    case 'DROP':
      return { kind: 'drop' }
    case 'REJECT':
      return { kind: 'reject' }
    case 'RETURN':
      return { kind: 'return' }
    case 'LOG':
    case 'NFLOG':
    case 'ULOG':
    case 'MARK':
    case 'CONNMARK':
    case 'SET':
    case 'TCPMSS':
    case 'AUDIT':
      return { kind: 'on' }
    default:
      return { kind: 'jump', chain: target }
  }
}

function matchOf(option: string, value: string): Match {
  switch (option) {
    case '-p':
    case '--protocol':
      return p => yesIf(value === p.protocol || value === 'all')
    case '-i':
      return p => yesIf(p.from !== undefined && cardFits(value, p.from))
    case '-o':
      return p => yesIf(p.to !== undefined && cardFits(value, p.to))
    case '--dport':
    case '--dports':
    case '--destination-port':
      return p => yesIf(value.split(',').some(part => inRange(part, p.port)))
    case '--ctstate':
    case '--state':
      return () => yesIf(value.split(',').includes('NEW'))
    case '--dst-type':
      return p => (p.hook === 'input' && value === 'LOCAL' ? 'yes' : 'maybe')
    case '--icmp-type':
    case '--icmpv6-type':
      return () => 'no'
    default:
      return maybe
  }
}

function inRange(part: string, port: number): boolean {
  const [low, high = low] = part.split(':').map(Number)
  return low !== undefined && high !== undefined && low <= port && port <= high
}
