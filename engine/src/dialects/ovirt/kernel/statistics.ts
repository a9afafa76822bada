import type { Query } from '../../../core/query.ts'
import { ask } from '../../../core/call.ts'
import type { StatisticRow } from '../../../metering/types.ts'
import type { WireObject } from '../wire/wire-object.ts'
import { list, one } from './answer.ts'
import { found, pathId } from './read.ts'
import { type ApiRequest, get, type Route } from './route.ts'
import { stableId } from './stable-id.ts'

/** A measured number; `owner` is the element and stub of what it belongs to (fact sheet 2.4, statistics). */
export function statisticToWire(
  row: StatisticRow,
  ownerHref: string,
  element: 'vm' | 'host' | 'disk' | 'nic',
): WireObject {
  // Derived from its name, so that it is the same in every answer (fact sheet 2.4).
  const id = stableId(`statistic ${row.name}`)
  return {
    id,
    href: `${ownerHref}/statistics/${id}`,
    name: row.name,
    description: row.description,
    kind: row.kind,
    type: row.type,
    unit: row.unit,
    values: row.values.map(value => (typeof value === 'string' ? { detail: value } : { datum: value })),
    [element]: { id: row.ownerId, href: ownerHref },
  }
}

/** `…/statistics` and `…/statistics/{id}` below an owner: `owner` checks that the asker sees it and gives its id and href. */
export function statisticsRoutes<I>(
  base: string,
  element: 'vm' | 'host' | 'disk' | 'nic',
  query: Query<I, StatisticRow[], { ids: string[] }>,
  owner: (request: ApiRequest) => Promise<{ id: string; href: string }>,
): Route[] {
  const all = async (request: ApiRequest) => {
    const { id, href } = await owner(request)
    return (await ask(request.env, query, { ids: [id] })).map(row => statisticToWire(row, href, element))
  }
  return [
    get(`${base}/statistics`, async request => list('Statistic', 'statistics', 'statistic', await all(request))),
    get(`${base}/statistics/:statistic`, async request => {
      const id = pathId(request, 'statistic')
      return one(
        'Statistic',
        found(
          (await all(request)).find(statistic => statistic.id === id),
          'Statistic',
          id,
        ),
      )
    }),
  ]
}
