import { createHash } from 'node:crypto'
import type { StatisticRow } from '../../../metering/types.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** The id of a statistic: derived from its name, so that it is the same in every answer and for every owner of a kind. */
function statisticId(name: string): string {
  const hex = createHash('sha256').update(`rookery statistic ${name}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** A measured number; `owner` is the element and stub of what it belongs to (fact sheet 2.4, statistics). */
export function statisticToWire(
  row: StatisticRow,
  ownerHref: string,
  element: 'vm' | 'host' | 'disk' | 'nic',
): WireObject {
  const id = statisticId(row.name)
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
