import { invalid, isUuid } from '@rookery/model'
import { fragment, join, nothing, type SqlFragment } from '../db/index.ts'
import type { SearchField, SearchTable, Seen } from './field.ts'
import { type Expression, type Operator, parseSearch } from './parse.ts'

/** A search ready to be spliced into a kind's list query. */
export interface CompiledSearch {
  where?: SqlFragment
  orderBy?: SqlFragment
  /** Rows to skip, when the text said `page`. */
  page?: number
}

/** Pieces of SQL for the comparisons; never text from outside. */
const symbols: Record<Operator, SqlFragment> = {
  '=': fragment`=`,
  '!=': fragment`<>`,
  '<': fragment`<`,
  '>': fragment`>`,
  '<=': fragment`<=`,
  '>=': fragment`>=`,
}

const never = fragment`false`

interface How {
  exact: boolean
  seen: Seen
}

/**
 * Turns a search text into SQL through the kind's field table; every value becomes a parameter. An unknown field is `invalid`
 * and the message lists the known ones.
 */
export function compileSearch(
  text: string,
  table: SearchTable,
  options: { seen: Seen; caseSensitive?: boolean },
): CompiledSearch {
  const search = parseSearch(text)
  const how: How = { exact: options.caseSensitive === true, seen: options.seen }
  return {
    ...(search.where === undefined ? {} : { where: expression(search.where, table, how) }),
    ...(search.sortBy === undefined ? {} : { orderBy: order(search.sortBy, table) }),
    ...(search.page === undefined ? {} : { page: search.page }),
  }
}

function fieldOf(name: string, column: number, table: SearchTable): SearchField {
  const own = Object.hasOwn(table.fields, name) ? table.fields[name] : undefined
  if (own) return own
  // A prefix of the kind itself (`Vms.name` among VMs) says nothing new.
  const short = name.slice(name.indexOf('.') + 1)
  if (
    name.includes('.') &&
    table.prefixes.includes(name.slice(0, name.indexOf('.'))) &&
    Object.hasOwn(table.fields, short)
  ) {
    const field = table.fields[short]
    if (field) return field
  }
  throw invalid(
    'search.unknown_field',
    `There is no field ${name.slice(0, 80)} to search here (column ${column}); there are: ${Object.keys(table.fields).toSorted().join(', ')}.`,
    { detail: { column, field: name.slice(0, 80), fields: Object.keys(table.fields).toSorted() } },
  )
}

function order(sort: { field: string; descending: boolean; column: number }, table: SearchTable): SqlFragment {
  const field = fieldOf(sort.field, sort.column, table)
  return sort.descending ? fragment`${field.sql} desc nulls last` : fragment`${field.sql} asc nulls first`
}

function expression(e: Expression, table: SearchTable, how: How): SqlFragment {
  if (e.kind !== 'term') {
    const left = expression(e.left, table, how)
    const right = expression(e.right, table, how)
    return e.kind === 'and' ? fragment`(${left} and ${right})` : fragment`(${left} or ${right})`
  }
  const any = (conditions: SqlFragment[]) => (conditions.length === 0 ? never : fragment`(${join(conditions, ' or ')})`)
  if (e.field === undefined) {
    const fields = table.default.flatMap(name => table.fields[name] ?? [])
    return any(
      e.values.flatMap(value =>
        fields.map(field => compare(field, '=', value.includes('*') ? value : `*${value}*`, e.column, how)),
      ),
    )
  }
  const field = fieldOf(e.field, e.column, table)
  if (e.operator === '!=') {
    const found = any(e.values.map(value => compare(field, '=', value, e.column, how)))
    return fragment`not coalesce(${found}, false)`
  }
  return any(e.values.map(value => compare(field, e.operator, value, e.column, how)))
}

function compare(field: SearchField, operator: Operator, value: string, column: number, how: How): SqlFragment {
  const condition = plain(field, operator, value, column, how.exact)
  return field.within ? field.within(condition, how.seen) : condition
}

/** The comparison itself, on the field's own expression. */
function plain(field: SearchField, operator: Operator, value: string, column: number, exact: boolean): SqlFragment {
  const { sql } = field
  const symbol = symbols[operator]
  const wants = (what: string) =>
    invalid('search.value', `${value.slice(0, 80)} is not ${what} (column ${column}).`, {
      detail: { column, value: value.slice(0, 80) },
    })
  switch (field.type) {
    case 'number': {
      const number = Number(value.replace(/%$/, ''))
      if (value.trim() === '' || !Number.isFinite(number)) throw wants('a number')
      return fragment`(${sql})::numeric ${symbol} ${number}`
    }
    case 'time':
      return time(sql, operator, value, wants)
    case 'boolean': {
      const word = value.toLowerCase()
      if (!['true', 'false', '1', '0', 'yes', 'no'].includes(word)) throw wants('true or false')
      return fragment`(${sql}) = ${['true', '1', 'yes'].includes(word)}`
    }
    case 'id':
      return isUuid(value) ? fragment`(${sql}) = ${value.toLowerCase()}::uuid` : never
    case 'enum':
    case 'text': {
      if (operator !== '=')
        return exact ? fragment`(${sql}) ${symbol} ${value}` : fragment`lower(${sql}) ${symbol} lower(${value})`
      if (!/[*%]/.test(value)) return exact ? fragment`(${sql}) = ${value}` : fragment`lower(${sql}) = lower(${value})`
      const pattern = value.replaceAll(/[\\_]/g, found => `\\${found}`).replaceAll('*', '%')
      if (/^%+$/.test(pattern)) return fragment`true`
      return exact ? fragment`(${sql}) like ${pattern}` : fragment`(${sql}) ilike ${pattern}`
    }
  }
}

/** Times as people write them: a date, a date with time, or `today` and `yesterday`. A bare date means that whole day for `=`. */
function time(sql: SqlFragment, operator: Operator, value: string, wants: (what: string) => Error): SqlFragment {
  const word = value.toLowerCase()
  const day = word === 'today' ? fragment`current_date` : word === 'yesterday' ? fragment`current_date - 1` : nothing
  if (day !== nothing)
    return operator === '=' ? fragment`(${sql})::date = ${day}` : fragment`(${sql})::date ${symbols[operator]} ${day}`
  const at = new Date(value)
  if (Number.isNaN(at.getTime())) throw wants('a time such as 2026-11-20 or 2026-11-20T10:00:00Z')
  if (operator === '=' && /^[\d/-]{8,10}$/.test(value))
    return fragment`(${sql}) >= ${at} and (${sql}) < ${new Date(at.getTime() + 86_400_000)}`
  return fragment`(${sql}) ${symbols[operator]} ${at}`
}
