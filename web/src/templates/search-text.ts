/** A value as the search language takes it, whatever stands in it. */
export const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, found => `\\${found}`)}"`

/** A search for exactly these rows, in parentheses so that more can be added to it. */
export const anyOf = (ids: readonly string[]): string => `(${ids.map(id => `id = ${id}`).join(' or ')})`
