/**
 * A value of the API between mapper and codec. Booleans, numbers, Dates, strings, lists and nested objects, keyed by element
 * name; `undefined` and `null` are left out of what is written.
 */
export type WireValue = string | number | boolean | Date | WireObject | WireValue[] | undefined | null

/** An entity or struct. `link` and `actions` hold rel → href. */
export interface WireObject {
  id?: string
  href?: string
  link?: Record<string, string>
  actions?: Record<string, string>
  [element: string]: WireValue | Record<string, string>
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** The struct at the path, when there is one. */
export function structAt(object: WireObject | undefined, ...path: string[]): WireObject | undefined {
  let at: unknown = object
  for (const name of path) {
    if (!isRecord(at)) return undefined
    at = at[name]
  }
  return isRecord(at) ? (at as WireObject) : undefined
}

function leafAt(object: WireObject | undefined, path: string[]): unknown {
  const parent = structAt(object, ...path.slice(0, -1))
  const last = path.at(-1)
  return parent === undefined || last === undefined ? undefined : parent[last]
}

/** The text at the path; undefined when it is absent. The codec has checked the kinds already. */
export function textAt(object: WireObject | undefined, ...path: string[]): string | undefined {
  const value = leafAt(object, path)
  return typeof value === 'string' ? value : undefined
}

/** The number at the path. */
export function numberAt(object: WireObject | undefined, ...path: string[]): number | undefined {
  const value = leafAt(object, path)
  return typeof value === 'number' ? value : undefined
}

/** The boolean at the path. */
export function booleanAt(object: WireObject | undefined, ...path: string[]): boolean | undefined {
  const value = leafAt(object, path)
  return typeof value === 'boolean' ? value : undefined
}

/** The list of structs at the path; undefined when the element is absent. */
export function listAt(object: WireObject | undefined, ...path: string[]): WireObject[] | undefined {
  const value = leafAt(object, path)
  return Array.isArray(value) ? value.filter(isRecord).map(item => item as WireObject) : undefined
}

/** The list of texts at the path; undefined when the element is absent. */
export function textsAt(object: WireObject | undefined, ...path: string[]): string[] | undefined {
  const value = leafAt(object, path)
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : undefined
}
