import type { PolicyUnit } from '../../../compute/scheduling/units.ts'
import { propertyForms } from '../../../compute/scheduling/units.ts'
import type { SchedulingPolicyRow } from '../../../inventory/scheduling-policy/types.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, stub } from '../kernel/answer.ts'
import { listAt, textAt, type WireObject } from '../wire/wire-object.ts'

/** Properties by name, as the API lists them; the order is that of the alphabet. */
export const propertiesToWire = (values: Readonly<Partial<Record<string, string>>>): WireObject[] =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }))

/** What a list of `<property>` says; undefined when it is absent. */
export function propertiesFromWire(body: WireObject, element: string): Record<string, string> | undefined {
  const list = listAt(body, element)
  if (list === undefined) return undefined
  return Object.fromEntries(
    list.flatMap(item => {
      const name = textAt(item, 'name')
      return name === undefined ? [] : [[name, textAt(item, 'value') ?? '']]
    }),
  )
}

const hrefOf = (id: string) => `${apiBase}/schedulingpolicies/${id}`

/** A scheduling policy as the API shows it. */
export function policyToWire(row: SchedulingPolicyRow): WireObject {
  const href = hrefOf(row.id)
  return {
    id: row.id,
    href,
    link: { ...linksBelow(href, ['balances', 'filters']), weight: `${href}/weights` },
    name: row.name,
    description: row.description,
    default_policy: row.isDefault,
    locked: row.locked,
    properties: propertiesToWire(row.properties),
  }
}

/** A unit as the API shows it: with the forms of its properties. */
export const unitToWire = (unit: PolicyUnit): WireObject => ({
  id: unit.id,
  href: `${apiBase}/schedulingpolicyunits/${unit.id}`,
  name: unit.name,
  description: unit.description,
  enabled: true,
  internal: true,
  type: unit.type,
  properties: unit.properties.map(name => ({ name, value: propertyForms[name] })),
})

/** What a policy holds of one collection, each under the id of its unit. */
export const partsToWire = {
  filters: (row: SchedulingPolicyRow): WireObject[] =>
    row.filters.map(({ unitId, position }) => ({ ...partOf(row, 'filters', unitId), position })),
  weights: (row: SchedulingPolicyRow): WireObject[] =>
    row.weights.map(({ unitId, factor }) => ({
      ...partOf(row, 'weights', unitId),
      factor,
      scheduling_policy: stub('schedulingpolicies', row.id),
    })),
  balances: (row: SchedulingPolicyRow): WireObject[] =>
    row.balanceIds.map(unitId => ({
      ...partOf(row, 'balances', unitId),
      scheduling_policy: stub('schedulingpolicies', row.id),
    })),
}

const partOf = (row: SchedulingPolicyRow, collection: string, unitId: string): WireObject => ({
  id: unitId,
  href: `${hrefOf(row.id)}/${collection}/${unitId}`,
  scheduling_policy_unit: stub('schedulingpolicyunits', unitId),
})
