import pg from 'pg'

const int8 = 20
const int8Array = 1016
const numeric = 1700

/** A bigint column as a number; a value that a double cannot hold exactly is an error, not a wrong number. */
function exactNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit into a number`)
  return value
}

// 1009 is text[]; the driver's list of types lacks arrays.
const parseArray = pg.types.getTypeParser(1009 as never, 'text') as (text: string) => (string | null)[]

const ours = new Map<number, (text: string) => unknown>([
  [int8, exactNumber],
  [int8Array, text => parseArray(text).map(item => (item === null ? null : exactNumber(item)))],
  [numeric, Number],
])

/** How columns become values: int8 and numeric numbers, timestamptz Date, jsonb parsed, bytea Buffer, uuid text. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    format === 'binary'
      ? pg.types.getTypeParser(oid, 'binary')
      : (ours.get(oid) ?? pg.types.getTypeParser(oid, 'text'))) as never,
}

/** `data_center_id` → `dataCenterId`. */
export const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Turns rows that arrived as arrays into objects; the names are converted once per answer. */
export function toObjects<R>(fields: readonly { name: string }[], rows: readonly unknown[][]): R[] {
  const keys = fields.map(field => camel(field.name))
  return rows.map(row => {
    const object: Record<string, unknown> = {}
    for (let i = 0; i < keys.length; i++) object[keys[i] as string] = row[i]
    return object as R
  })
}

/** Leaves every column as the text that came; for {@link RawAnswer}. */
export const rawTypes: pg.CustomTypesConfig = { getTypeParser: (() => (text: string) => text) as never }

/** Turns a column's text into its value. */
const parserOf = (oid: number) => columnTypes.getTypeParser(oid, 'text') as (text: string) => unknown

/** Turns a row that was left as text into an object, as if it had been asked for that way. */
export function fromRaw(fields: readonly pg.FieldDef[], raw: readonly (string | null)[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  fields.forEach((field, i) => {
    const text = raw[i] ?? null
    object[camel(field.name)] = text === null ? null : parserOf(field.dataTypeID)(text)
  })
  return object
}
