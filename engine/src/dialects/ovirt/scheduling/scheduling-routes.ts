import { conflict, invalid, isUuid, notFound } from '@rookery/model'
import { type PolicyUnit, unitByName } from '../../../compute/scheduling/units.ts'
import { ask, call } from '../../../core/call.ts'
import * as policy from '../../../inventory/scheduling-policy/operations.ts'
import { list as listPolicies, units as listUnits } from '../../../inventory/scheduling-policy/queries.ts'
import type { SchedulingPolicyRow } from '../../../inventory/scheduling-policy/types.ts'
import { incomplete } from '../http/fault.ts'
import { created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId, requiredText } from '../kernel/read.ts'
import { type ApiRequest, del, get, post, put, type Route } from '../kernel/route.ts'
import type { TypeName } from '../wire/types.ts'
import { numberAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'
import { partsToWire, policyToWire, propertiesFromWire, unitToWire } from './scheduling-wire.ts'

async function policyOf(request: ApiRequest, name = 'id'): Promise<SchedulingPolicyRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listPolicies, { ids: [id] }))[0], 'SchedulingPolicy', id)
}

/** The policy that a reference names, by id or name; undefined when the element is absent. */
export async function policyReferenced(
  request: ApiRequest,
  reference: WireObject | undefined,
): Promise<string | undefined> {
  if (reference === undefined) return undefined
  if (reference.id !== undefined && reference.id !== '') {
    if (!isUuid(reference.id)) throw invalid('wire.malformed_id', `Invalid UUID string: ${reference.id.slice(0, 80)}`)
    return reference.id.toLowerCase()
  }
  const name = textAt(reference, 'name')
  if (name === undefined || name === '') return undefined
  const row = (await ask(request.env, listPolicies, {})).find(each => each.name === name)
  if (row === undefined)
    throw notFound('scheduling_policy.not_found', `Entity not found: SchedulingPolicy: name=${name.slice(0, 128)}`)
  return row.id
}

const collections = {
  filters: { type: 'Filter', wrapper: 'filters', item: 'filter', unit: 'filter', list: 'filters' },
  weights: { type: 'Weight', wrapper: 'weights', item: 'weight', unit: 'weight', list: 'weights' },
  balances: { type: 'Balance', wrapper: 'balances', item: 'balance', unit: 'load_balancing', list: 'balanceIds' },
} as const satisfies Record<
  string,
  { type: TypeName; wrapper: string; item: string; unit: PolicyUnit['type']; list: string }
>
type Collection = keyof typeof collections

/** The unit that a body names, by id or name. */
function unitIn(body: WireObject, collection: Collection): string {
  const { type, unit } = collections[collection]
  const reference = structAt(body, 'scheduling_policy_unit')
  const name = reference === undefined ? undefined : textAt(reference, 'name')
  if (reference?.id !== undefined && reference.id !== '') return reference.id.toLowerCase()
  if (name === undefined) throw incomplete(type, ['scheduling_policy_unit.id|name'], 'add')
  const known = unitByName(unit, name)
  if (known === undefined)
    throw notFound('scheduling_policy.unit', `Entity not found: SchedulingPolicyUnit: name=${name.slice(0, 128)}`)
  return known.id
}

/** The lists of a policy with one more, or one less, in one of them. */
const withPart = {
  filters: (row: SchedulingPolicyRow, unitId: string, body: WireObject) => ({
    filters: [...row.filters, { unitId, ...defined({ position: numberAt(body, 'position') }) }],
  }),
  weights: (row: SchedulingPolicyRow, unitId: string, body: WireObject) => ({
    weights: [...row.weights, { unitId, ...defined({ factor: numberAt(body, 'factor') }) }],
  }),
  balances: (_: SchedulingPolicyRow, unitId: string) => ({ balanceIds: [unitId] }),
}
const without = {
  filters: (row: SchedulingPolicyRow, unitId: string) => ({
    filters: row.filters.filter(part => part.unitId !== unitId),
  }),
  weights: (row: SchedulingPolicyRow, unitId: string) => ({
    weights: row.weights.filter(part => part.unitId !== unitId),
  }),
  balances: (row: SchedulingPolicyRow, unitId: string) => ({ balanceIds: row.balanceIds.filter(id => id !== unitId) }),
}

const partRoutes = (name: Collection): Route[] => {
  const { type, wrapper, item } = collections[name]
  const path = `/schedulingpolicies/:policy/${name}`
  const partOf = (row: SchedulingPolicyRow, id: string) =>
    found(
      partsToWire[name](row).find(part => part.id === id),
      type,
      id,
    )
  return [
    get(path, async request => list(type, wrapper, item, partsToWire[name](await policyOf(request, 'policy')))),
    post(path, type, async request => {
      const row = await policyOf(request, 'policy')
      const unitId = unitIn(request.body, name)
      if (name === 'balances' && row.balanceIds.length > 0 && !row.balanceIds.includes(unitId))
        throw conflict(
          'scheduling_policy.balance_twice',
          'Cannot edit Scheduling Policy. It has a balance already; remove that first.',
        )
      await call(request.env, policy.update, { id: row.id, ...withPart[name](row, unitId, request.body) })
      return created(type, partOf(await policyOf(request, 'policy'), unitId))
    }),
    get(`${path}/:id`, async request => one(type, partOf(await policyOf(request, 'policy'), pathId(request)))),
    del(`${path}/:id`, async request => {
      const row = await policyOf(request, 'policy')
      const id = pathId(request)
      partOf(row, id)
      await call(request.env, policy.update, { id: row.id, ...without[name](row, id) })
      return removed
    }),
  ]
}

const changes = (body: WireObject) =>
  defined({ description: textAt(body, 'description'), properties: propertiesFromWire(body, 'properties') })

/** Scheduling policies, and the units that they are made of. */
export const schedulingRoutes: Route[] = [
  get('/schedulingpolicies', async request =>
    list(
      'SchedulingPolicy',
      'scheduling_policies',
      'scheduling_policy',
      (await ask(request.env, listPolicies, {})).map(policyToWire),
    ),
  ),
  post('/schedulingpolicies', 'SchedulingPolicy', async request => {
    const name = requiredText(request.body, 'name', 'SchedulingPolicy')
    const { id } = await call(request.env, policy.add, { name, ...changes(request.body) })
    const [row] = await ask(request.env, listPolicies, { ids: [id] })
    return created('SchedulingPolicy', policyToWire(found(row, 'SchedulingPolicy', id)))
  }),
  get('/schedulingpolicies/:id', async request => one('SchedulingPolicy', policyToWire(await policyOf(request)))),
  put('/schedulingpolicies/:id', 'SchedulingPolicy', async request => {
    await call(request.env, policy.update, {
      id: pathId(request),
      ...changes(request.body),
      ...defined({ name: textAt(request.body, 'name') }),
    })
    return one('SchedulingPolicy', policyToWire(await policyOf(request)))
  }),
  del('/schedulingpolicies/:id', async request => {
    await call(request.env, policy.remove, { id: pathId(request) })
    return removed
  }),
  ...partRoutes('filters'),
  ...partRoutes('weights'),
  ...partRoutes('balances'),
  get('/schedulingpolicyunits', async request =>
    list(
      'SchedulingPolicyUnit',
      'scheduling_policy_units',
      'scheduling_policy_unit',
      (await ask(request.env, listUnits, {})).map(unitToWire),
    ),
  ),
  get('/schedulingpolicyunits/:id', async request => {
    const id = pathId(request)
    const unit = (await ask(request.env, listUnits, {})).find(each => each.id === id)
    return one('SchedulingPolicyUnit', unitToWire(found(unit, 'SchedulingPolicyUnit', id)))
  }),
  del('/schedulingpolicyunits/:id', async request => {
    const id = pathId(request)
    const unit = found(
      (await ask(request.env, listUnits, {})).find(each => each.id === id),
      'SchedulingPolicyUnit',
      id,
    )
    throw conflict('scheduling_policy.unit_internal', `Cannot remove Policy Unit. ${unit.name} belongs to the product.`)
  }),
]
