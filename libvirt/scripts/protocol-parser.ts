/**
 * Reads the subset of the RPC language (RFC 5531, section 12; RFC 4506, section 6) that libvirt's `.x` files use.
 * The result is plain data: what the file declares, in its order.
 */

/** How a declared name holds its type: once, maybe, so many times, at most so many times. */
export type Arity =
  | { kind: 'one' }
  | { kind: 'optional' }
  | { kind: 'fixed'; size: string }
  | { kind: 'list'; max: string }

export interface Declaration {
  name: string
  /** The type as written: `int`, `unsigned hyper`, `remote_uuid`, `string`, `opaque`. */
  type: string
  arity: Arity
}

/** One procedure of a program, from the `…_procedure` enum and the annotations in the comment before it. */
export interface ProcedureDeclaration {
  /** Lower case, without prefix: `domain_create_xml`. */
  name: string
  number: number
  annotations: Record<string, string[]>
}

export type Item =
  | { kind: 'const'; name: string; value: string }
  | { kind: 'typedef'; declaration: Declaration }
  | { kind: 'struct'; name: string; fields: Declaration[] }
  | { kind: 'union'; name: string; discriminant: string; cases: { value: string; declaration: Declaration }[] }
  | { kind: 'enum'; name: string; members: { name: string; value: number }[] }
  | { kind: 'procedures'; prefix: string; procedures: ProcedureDeclaration[] }

/** Parses a whole file. Throws with the line number on anything it does not understand. */
export function parseProtocol(text: string): Item[] {
  const lexer = new Lexer(text)
  const items: Item[] = []
  while (!lexer.done()) items.push(parseItem(lexer))
  return items
}

interface Token {
  text: string
  line: number
  /** The comment right before the token, where annotations live. */
  comment: string
}

class Lexer {
  readonly #tokens: Token[] = []
  #at = 0

  constructor(text: string) {
    const pattern = /(\/\*[\s\S]*?\*\/)|(^%.*$)|([A-Za-z_]\w*|-?(?:0x[0-9a-fA-F]+|\d+))|([{}<>[\]();:,=*])|(\s+)|(.)/gm
    let line = 1
    let comment = ''
    for (const match of text.matchAll(pattern)) {
      const [whole, remark, directive, word, mark, space] = match
      if (remark !== undefined) comment = remark
      else if (word !== undefined || mark !== undefined) {
        this.#tokens.push({ text: whole, line, comment })
        comment = ''
      } else if (directive === undefined && space === undefined) throw new Error(`line ${line}: unexpected ${whole}`)
      line += whole.split('\n').length - 1
    }
  }

  done(): boolean {
    return this.#at >= this.#tokens.length
  }

  peek(): string {
    return this.#tokens[this.#at]?.text ?? ''
  }

  next(): Token {
    const token = this.#tokens[this.#at++]
    if (!token) throw new Error('the file ends in the middle of a declaration')
    return token
  }

  expect(text: string): void {
    const token = this.next()
    if (token.text !== text) throw new Error(`line ${token.line}: ${text} expected, found ${token.text}`)
  }

  accept(text: string): boolean {
    if (this.peek() !== text) return false
    this.#at++
    return true
  }
}

function parseItem(lexer: Lexer): Item {
  const start = lexer.next()
  switch (start.text) {
    case 'const': {
      const name = lexer.next().text
      lexer.expect('=')
      const value = lexer.next().text
      lexer.expect(';')
      return { kind: 'const', name, value }
    }
    case 'typedef':
      return { kind: 'typedef', declaration: parseDeclaration(lexer) }
    case 'struct': {
      const name = lexer.next().text
      lexer.expect('{')
      const fields: Declaration[] = []
      while (!lexer.accept('}')) fields.push(parseDeclaration(lexer))
      lexer.expect(';')
      return { kind: 'struct', name, fields }
    }
    case 'union':
      return parseUnion(lexer)
    case 'enum':
      return parseEnum(lexer)
    default:
      throw new Error(`line ${start.line}: ${start.text} starts no declaration`)
  }
}

function parseUnion(lexer: Lexer): Item {
  const name = lexer.next().text
  lexer.expect('switch')
  lexer.expect('(')
  lexer.expect('int')
  const discriminant = lexer.next().text
  lexer.expect(')')
  lexer.expect('{')
  const cases: { value: string; declaration: Declaration }[] = []
  while (!lexer.accept('}')) {
    lexer.expect('case')
    const value = lexer.next().text
    lexer.expect(':')
    cases.push({ value, declaration: parseDeclaration(lexer) })
  }
  lexer.expect(';')
  return { kind: 'union', name, discriminant, cases }
}

function parseEnum(lexer: Lexer): Item {
  const name = lexer.next().text
  lexer.expect('{')
  const members: (Token & { value: number })[] = []
  while (!lexer.accept('}')) {
    const member = lexer.next()
    lexer.expect('=')
    members.push({ ...member, value: numberOf(lexer.next().text, member.line) })
    lexer.accept(',')
  }
  lexer.expect(';')
  if (!name.endsWith('_procedure')) {
    return { kind: 'enum', name, members: members.map(m => ({ name: m.text, value: m.value })) }
  }
  const prefix = name.slice(0, -'_procedure'.length)
  const marker = `${prefix.toUpperCase()}_PROC_`
  const procedures = members.map(m => {
    if (!m.text.startsWith(marker)) throw new Error(`line ${m.line}: ${m.text} does not begin with ${marker}`)
    return { name: m.text.slice(marker.length).toLowerCase(), number: m.value, annotations: annotationsOf(m.comment) }
  })
  return { kind: 'procedures', prefix, procedures }
}

function annotationsOf(comment: string): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const [, key = '', value = ''] of comment.matchAll(/@(\w+):\s*(\S+)/g)) (found[key] ??= []).push(value)
  return found
}

function parseDeclaration(lexer: Lexer): Declaration {
  const first = lexer.next()
  let type = first.text
  if (type === 'unsigned') {
    const known = ['int', 'hyper', 'char', 'short'].includes(lexer.peek())
    type = known ? `unsigned ${lexer.next().text}` : 'unsigned int'
  }
  const pointer = lexer.accept('*')
  const name = lexer.next().text
  let arity: Arity = pointer ? { kind: 'optional' } : { kind: 'one' }
  if (lexer.accept('[')) {
    arity = { kind: 'fixed', size: lexer.next().text }
    lexer.expect(']')
  } else if (lexer.accept('<')) {
    const max = lexer.peek() === '>' ? '0xffffffff' : lexer.next().text
    arity = { kind: 'list', max }
    lexer.expect('>')
  }
  if (pointer && arity.kind !== 'optional') throw new Error(`line ${first.line}: ${name} is a pointer and an array`)
  lexer.expect(';')
  return { name, type, arity }
}

function numberOf(text: string, line: number): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`line ${line}: ${text} is not a number`)
  return value
}
