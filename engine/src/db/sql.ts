import { createHash } from 'node:crypto'

/** What may stand in `${…}` of a statement: a parameter, or a fragment that is spliced in. Never text from outside as SQL. */
export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Buffer
  | null
  | readonly string[]
  | readonly number[]
  | readonly boolean[]
  | readonly Date[]
  | readonly (string | null)[]
  | JsonParameter
  | SqlFragment

/** A piece of a statement with its parameters; made by {@link fragment}, {@link join}, {@link ident}. */
export class SqlFragment {
  readonly strings: readonly string[]
  readonly values: readonly SqlValue[]
  constructor(strings: readonly string[], values: readonly SqlValue[]) {
    this.strings = strings
    this.values = values
  }
}

/** A value that becomes one jsonb parameter. */
export class JsonParameter {
  readonly value: unknown
  constructor(value: unknown) {
    this.value = value
  }
}

/** A piece of SQL to be spliced into a statement: ``sql`select * from vm where ${fragment`id = ${id}`}` ``. */
export const fragment = (strings: TemplateStringsArray, ...values: SqlValue[]): SqlFragment =>
  new SqlFragment(strings, values)

/** The empty fragment. */
export const nothing = new SqlFragment([''], [])

/** Fragments with `separator` (our own SQL, e.g. `' and '`) between them; nothing for an empty list. */
export function join(fragments: readonly SqlFragment[], separator = ', '): SqlFragment {
  if (fragments.length === 0) return nothing
  const strings = ['', ...fragments.slice(1).map(() => separator), '']
  return new SqlFragment(strings, fragments)
}

/** A jsonb parameter. Needed for arrays, which would become PostgreSQL arrays, and for plain text and numbers. */
export const json = (value: unknown): JsonParameter => new JsonParameter(value)

/** A table or column name of our own, quoted. Names never come from users; anything but `a-z0-9_.` is refused. */
export function ident(name: string): SqlFragment {
  if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(name)) throw new TypeError(`"${name}" is no SQL name of ours`)
  const quoted = name
    .split('.')
    .map(part => `"${part}"`)
    .join('.')
  return new SqlFragment([quoted], [])
}

/** A statement ready for the driver. */
export interface Compiled {
  text: string
  values: unknown[]
}

/** Flattens nested fragments into one text with `$n` places and its parameters. */
export function compile(strings: readonly string[], values: readonly SqlValue[]): Compiled {
  const parameters: unknown[] = []
  const write = (pieces: readonly string[], between: readonly SqlValue[]): string => {
    let text = pieces[0] ?? ''
    between.forEach((value, i) => {
      text +=
        value instanceof SqlFragment ? write(value.strings, value.values) : `$${parameters.push(toParameter(value))}`
      text += pieces[i + 1] ?? ''
    })
    return text
  }
  const text = write(strings, values)
  return { text, values: parameters }
}

function toParameter(value: Exclude<SqlValue, SqlFragment>): unknown {
  if (value instanceof JsonParameter) return JSON.stringify(value.value ?? null)
  if (value === undefined) throw new TypeError('undefined is no SQL value; say null')
  return value
}

const names = new Map<string, string>()

/** The name under which a connection keeps the plan of this text. */
export function statementName(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `s${createHash('sha1').update(text).digest('base64url').slice(0, 20)}`
    names.set(text, name)
  }
  return name
}
