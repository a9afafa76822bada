/** A value as the search language takes it, whatever stands in it. */
export const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, found => `\\${found}`)}"`

/** A search for exactly these rows, in parentheses so that more can be added to it. */
export const anyOf = (ids: readonly string[]): string => `(${ids.map(id => `id = ${id}`).join(' or ')})`

/**
 * The text that the engine is asked for a list: what narrows it whatever is typed, what the user typed, and the sorted column (`-` before
 * it for descending). A user who sorts in words has the last say.
 */
export function searchText(within: string | undefined, typed: string, sort: string | undefined): string {
  const [, asked = '', sorted = ''] = /^(.*?)(\bsortby\b.*)?$/is.exec(typed.trim()) ?? []
  const wish = asked.trim()
  const both = within === undefined ? wish : wish === '' ? within : `(${within}) and (${wish})`
  const order =
    sorted !== ''
      ? sorted
      : sort === undefined
        ? ''
        : `sortby ${sort.replace(/^-/, '')} ${sort.startsWith('-') ? 'desc' : 'asc'}`
  return `${both} ${order}`.trim()
}
