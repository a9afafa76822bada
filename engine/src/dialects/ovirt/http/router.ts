/** HTTP methods of the API. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What the router needs of a route; the dialect's routes carry more. */
export interface RouteShape {
  method: Method
  /** `/vms/:id/nics/:nic`; a parameter takes one segment. Literal segments win over parameters. */
  path: string
}

interface Node<R> {
  literal: Map<string, Node<R>>
  parameter: Node<R> | undefined
  routes: Map<Method, { route: R; names: string[] }>
}

/** What a look-up found: the route, a path that has other methods, or nothing. */
export type Match<R> =
  | { kind: 'route'; route: R; params: Record<string, string> }
  | { kind: 'method'; allowed: Method[] }
  | { kind: 'none' }

/** A look-up from method and segments to a route, built once from the table of routes. */
export function createRouter<R extends RouteShape>(
  routes: readonly R[],
): (method: string, segments: string[]) => Match<R> {
  const root: Node<R> = { literal: new Map(), parameter: undefined, routes: new Map() }
  const node = (): Node<R> => ({ literal: new Map(), parameter: undefined, routes: new Map() })
  for (const route of routes) {
    let at = root
    const names: string[] = []
    for (const segment of route.path.split('/').filter(s => s !== '')) {
      if (segment.startsWith(':')) {
        names.push(segment.slice(1))
        at = at.parameter ??= node()
      } else {
        const next = at.literal.get(segment) ?? node()
        at.literal.set(segment, next)
        at = next
      }
    }
    if (at.routes.has(route.method)) throw new Error(`two routes for ${route.method} ${route.path}`)
    at.routes.set(route.method, { route, names })
  }
  return (method, segments) => {
    const found = walk(root, segments, 0, [])
    if (found === undefined) return { kind: 'none' }
    const { at, values } = found
    const hit = at.routes.get(method === 'HEAD' ? 'GET' : (method as Method))
    if (hit === undefined) return { kind: 'method', allowed: [...at.routes.keys()] }
    return {
      kind: 'route',
      route: hit.route,
      params: Object.fromEntries(hit.names.map((name, i) => [name, values[i] ?? ''])),
    }
  }
}

function walk<R>(
  at: Node<R>,
  segments: string[],
  index: number,
  values: string[],
): { at: Node<R>; values: string[] } | undefined {
  const segment = segments[index]
  if (segment === undefined) return at.routes.size > 0 ? { at, values } : undefined
  const literal = at.literal.get(segment)
  const found = literal && walk(literal, segments, index + 1, values)
  if (found) return found
  return at.parameter && walk(at.parameter, segments, index + 1, [...values, segment])
}
