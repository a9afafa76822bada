import { invalid } from '@rookery/model'

/** How a field is compared. */
export type Operator = '=' | '!=' | '<' | '>' | '<=' | '>='

/** A search as a tree. A term without a field is a bare word that the kind's default fields are asked for. */
export type Expression =
  | { kind: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'term'; field: string | undefined; operator: Operator; values: string[]; column: number }

/** A parsed search: what to find, in what order, and which page of `max` rows. */
export interface Search {
  where: Expression | undefined
  sortBy: { field: string; descending: boolean; column: number } | undefined
  page: number | undefined
}

interface Token {
  kind: 'word' | 'quoted' | 'operator' | 'open' | 'close' | 'comma' | 'end'
  text: string
  column: number
}

/** Longest search text that is read. */
export const maxSearchLength = 8_192
const maxTerms = 500
const operators = new Set(['=', '!=', '<', '>', '<=', '>='])

const wrong = (why: string, column: number) =>
  invalid('search.syntax', `The search cannot be read at column ${column}: ${why}.`, { detail: { column, why } })

function tokens(text: string): Token[] {
  const list: Token[] = []
  let at = 0
  while (at < text.length) {
    const column = at + 1
    const c = text.charAt(at)
    if (/\s/.test(c)) {
      at++
    } else if (c === '"') {
      let value = ''
      at++
      while (at < text.length && text[at] !== '"') {
        if (text[at] === '\\' && (text[at + 1] === '"' || text[at + 1] === '\\')) at++
        value += text.charAt(at++)
      }
      if (at >= text.length) throw wrong('a quote is never closed', column)
      at++
      list.push({ kind: 'quoted', text: value, column })
    } else if (c === '(' || c === ')' || c === ',') {
      list.push({ kind: c === '(' ? 'open' : c === ')' ? 'close' : 'comma', text: c, column })
      at++
    } else if (/[=!<>]/.test(c)) {
      const two = text.slice(at, at + 2)
      const operator = operators.has(two) ? two : c
      if (!operators.has(operator)) throw wrong(`${operator} is no comparison; use = != < > <= or >=`, column)
      list.push({ kind: 'operator', text: operator, column })
      at += operator.length
    } else {
      const start = at
      while (at < text.length && !/[\s"=!<>(),]/.test(text.charAt(at))) at++
      list.push({ kind: 'word', text: text.slice(start, at), column })
    }
  }
  list.push({ kind: 'end', text: '', column: text.length + 1 })
  return list
}

/**
 * Reads oVirt's search language: `[field op value [and|or ...]] [sortby field [asc|desc]] [page N]`. Terms side by side are
 * joined by `and`; `and` binds tighter than `or`; keywords and field names in any case (fact sheet 1.8).
 */
export function parseSearch(text: string): Search {
  if (text.length > maxSearchLength) throw wrong(`it is longer than ${maxSearchLength} characters`, maxSearchLength)
  // The original's own pages write the kind in front: `Vms: name=a`.
  const body = text.replace(/^\s*[A-Za-z]+\s*:(?!\S*=)/, found => ' '.repeat(found.length))
  const list = tokens(body)
  let at = 0
  let terms = 0
  const peek = (ahead = 0): Token => list[Math.min(at + ahead, list.length - 1)] as Token
  const next = (): Token => {
    const token = peek()
    at++
    return token
  }
  const keyword = (word: string, ahead = 0) => peek(ahead).kind === 'word' && peek(ahead).text.toLowerCase() === word
  const isEnd = () =>
    peek().kind === 'end' ||
    (keyword('sortby') && peek(1).kind === 'word') ||
    (keyword('page') && /^\d+$/.test(peek(1).text))

  const value = (): string => {
    const token = next()
    if (token.kind === 'word' || token.kind === 'quoted') return token.text
    throw wrong('a value is missing here', token.column)
  }

  const term = (depth: number): Expression => {
    if (++terms > maxTerms) throw wrong(`there are more than ${maxTerms} terms`, peek().column)
    const token = next()
    if (token.kind === 'open') {
      if (depth > 32) throw wrong('parentheses are nested too deep', token.column)
      const inner = or(depth + 1)
      if (next().kind !== 'close') throw wrong('a closing parenthesis is missing', peek(-1).column)
      return inner
    }
    if (token.kind !== 'word' && token.kind !== 'quoted') throw wrong('a field or a word is missing here', token.column)
    if (peek().kind === 'operator') {
      const operator = next().text as Operator
      return { kind: 'term', field: token.text.toLowerCase(), operator, values: [value()], column: token.column }
    }
    if (keyword('in') || (keyword('not') && keyword('in', 1))) {
      const negated = keyword('not')
      at += negated ? 2 : 1
      const bracket = peek().kind === 'open'
      if (bracket) at++
      const values = [value()]
      while (peek().kind === 'comma') {
        at++
        values.push(value())
      }
      if (bracket && next().kind !== 'close') throw wrong('a closing parenthesis is missing', peek().column)
      return {
        kind: 'term',
        field: token.text.toLowerCase(),
        operator: negated ? '!=' : '=',
        values,
        column: token.column,
      }
    }
    return { kind: 'term', field: undefined, operator: '=', values: [token.text], column: token.column }
  }

  const and = (depth: number): Expression => {
    let left = term(depth)
    while (!isEnd() && peek().kind !== 'close' && !keyword('or')) {
      if (keyword('and')) at++
      left = { kind: 'and', left, right: term(depth) }
    }
    return left
  }

  function or(depth: number): Expression {
    let left = and(depth)
    while (keyword('or')) {
      at++
      left = { kind: 'or', left, right: and(depth) }
    }
    return left
  }

  const where = isEnd() ? undefined : or(0)
  let sortBy: Search['sortBy']
  let page: number | undefined
  if (keyword('sortby')) {
    at++
    const token = next()
    const descending = keyword('desc')
    if (descending || keyword('asc')) at++
    sortBy = { field: token.text.toLowerCase(), descending, column: token.column }
  }
  if (keyword('page')) {
    at++
    page = Number(value())
    if (!Number.isSafeInteger(page) || page < 1) throw wrong('page takes a number from 1', peek().column)
  }
  if (peek().kind !== 'end') throw wrong(`${peek().text} is not expected here`, peek().column)
  return { where, sortBy, page }
}
