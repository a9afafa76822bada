const base = '/ovirt-engine/api'

/** Words below a top collection that are no id. */
const topActions = new Set(['undelete'])

/**
 * The route of a request path: ids become `{id}`. Below the API's root names and ids take turns, whatever the ids look like
 * (`7.0`, `766e63`, `tiny.iso`). Outside of it the path is the route.
 */
export function routeOf(path: string): string {
  const bare = path.split('?', 1)[0] ?? ''
  if (bare !== base && !bare.startsWith(`${base}/`)) return bare
  const segments = bare.slice(base.length).split('/').filter(Boolean)
  if (segments[0] === 'v4') segments.shift()
  const named = segments.map((segment, index) => {
    const plain = segment.split(';', 1)[0] ?? ''
    return index % 2 === 1 && !topActions.has(plain) ? '{id}' : plain
  })
  return [base, ...named].join('/')
}

/** Names of the query parameters, sorted; empty for none. */
export function parametersOf(path: string): string[] {
  const query = path.split('?')[1]
  return query === undefined ? [] : [...new Set(new URLSearchParams(query).keys())].toSorted()
}
