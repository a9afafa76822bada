/**
 * Reads the public enums and string macros from libvirt's C headers: the flags, states and error numbers that the
 * protocol carries as plain integers and that no `.x` file names.
 */

export interface HeaderEnum {
  /** The C type name, for example `virDomainState`. */
  name: string
  members: { name: string; value: number }[]
}

export interface Header {
  enums: HeaderEnum[]
  /** `# define VIR_… "text"`: names of typed parameters. */
  strings: { name: string; value: string }[]
  /** `# define VIR_… 123` */
  numbers: { name: string; value: number }[]
}

/** Parses one header. `known` holds the constants of headers read before it and is added to. */
export function parseHeader(text: string, known: Map<string, number>): Header {
  const plain = withoutSentinels(text.replace(/\/\*[\s\S]*?\*\//g, ' '))
  const strings: Header['strings'] = []
  const numbers: Header['numbers'] = []
  const aliases: [name: string, expression: string][] = []
  const addNumber = (name: string, expression: string): void => {
    const value = evaluate(expression, known)
    known.set(name, value)
    numbers.push({ name, value })
  }
  for (const [, name = '', rest = ''] of plain.matchAll(/^\s*#\s*define\s+((?:LIB)?VIR_\w+)[ \t]+(.+)$/gm)) {
    const quoted = /^"([^"]*)"\s*$/.exec(rest)
    if (quoted) strings.push({ name, value: quoted[1] ?? '' })
    else if (/^\s*VIR_\w+\s*$/.test(rest)) aliases.push([name, rest])
    else if (/^[-+()|<\w\s]+$/.test(rest) && /\d/.test(rest)) addNumber(name, rest)
  }
  const enums: HeaderEnum[] = []
  for (const [, body = '', name = ''] of plain.matchAll(/typedef\s+enum\s*\{([^}]*)\}\s*(\w+)\s*;/g)) {
    enums.push({ name, members: parseMembers(body, known) })
  }
  // Last, because a macro may stand for an enum member declared below it.
  for (const [name, expression] of aliases) if (known.has(expression.trim())) addNumber(name, expression)
  return { enums, strings, numbers }
}

/** Drops the `VIR_…_LAST` members, which change from release to release, and every other preprocessor line in enums. */
function withoutSentinels(text: string): string {
  return text.replace(/^\s*#\s*ifdef\s+(?:LIB)?VIR_ENUM_SENTINELS[\s\S]*?^\s*#\s*endif.*$/gm, '')
}

function parseMembers(body: string, known: Map<string, number>): { name: string; value: number }[] {
  const members: { name: string; value: number }[] = []
  let next = 0
  for (const part of body.split(',')) {
    const match = /^\s*(\w+)(?:\s+VIR_DEPRECATED)?\s*(?:=([\s\S]+))?$/.exec(part.replace(/^\s*#.*$/gm, ''))
    if (!match) {
      if (part.trim() === '') continue
      throw new Error(`cannot read the enum member ${part.trim()}`)
    }
    const [, name = '', expression] = match
    const value = expression === undefined ? next : evaluate(expression, known)
    known.set(name, value)
    members.push({ name, value })
    next = value + 1
  }
  return members
}

/** Integer expressions of numbers, known names, `-`, `+`, `<<`, `|` and parentheses; enough for these headers. */
export function evaluate(expression: string, known: ReadonlyMap<string, number>): number {
  const plain = expression.replace(/(\d)(?:[uU]?[lL]{1,2}|[uU])\b/g, '$1')
  const tokens = plain.match(/0x[0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<|[-+|()]/g) ?? []
  let at = 0
  const primary = (): number => {
    const token = tokens[at++]
    if (token === '(') {
      const value = or()
      if (tokens[at++] !== ')') throw new Error(`unbalanced parentheses in ${expression}`)
      return value
    }
    if (token === '-') return -primary()
    if (token !== undefined && /^\d/.test(token)) return Number(token)
    const value = token === undefined ? undefined : known.get(token)
    if (value === undefined) throw new Error(`${String(token)} is unknown in ${expression.trim()}`)
    return value
  }
  const sum = (): number => {
    let value = primary()
    while (tokens[at] === '+' || tokens[at] === '-') value += tokens[at++] === '+' ? primary() : -primary()
    return value
  }
  const shift = (): number => {
    let value = sum()
    // Multiplication, because JavaScript's own << would make 1 << 31 negative.
    while (tokens[at] === '<<') {
      at++
      value *= 2 ** sum()
    }
    return value
  }
  const or = (): number => {
    let value = shift()
    while (tokens[at] === '|') {
      at++
      value = Number(BigInt(value) | BigInt(shift()))
    }
    return value
  }
  const value = or()
  if (at !== tokens.length || !Number.isSafeInteger(value)) throw new Error(`cannot evaluate ${expression.trim()}`)
  return value
}
