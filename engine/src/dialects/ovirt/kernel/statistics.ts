import type { StatisticRow } from '../../../metering/types.ts'
import type { WireObject } from '../wire/wire-object.ts'
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
