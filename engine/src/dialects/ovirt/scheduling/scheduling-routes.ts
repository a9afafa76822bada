import { apiBase } from '../http/address.ts'
import { linksBelow, list, one } from '../kernel/answer.ts'
import { found, pathId } from '../kernel/read.ts'
import { get, type Route } from '../kernel/route.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** The policy that places VMs in this release: filters and weights of the engine, no balancing. Its id is the same in every oVirt. */
const none = { id: 'b4ed2332-a7ac-4d5f-9596-99a439cb2812', name: 'none' } as const

const policyToWire = (): WireObject => {
  const href = `${apiBase}/schedulingpolicies/${none.id}`
  return {
    id: none.id,
    href,
    link: { ...linksBelow(href, ['balances', 'filters']), weight: `${href}/weights` },
    name: none.name,
    default_policy: true,
    locked: true,
  }
}

const parts = [
  ['balances', 'Balance', 'balances', 'balance'],
  ['filters', 'Filter', 'filters', 'filter'],
  ['weights', 'Weight', 'weights', 'weight'],
] as const

/** Scheduling policies: the one that this release has. */
export const schedulingRoutes: Route[] = [
  get('/schedulingpolicies', async () =>
    list('SchedulingPolicy', 'scheduling_policies', 'scheduling_policy', [policyToWire()]),
  ),
  get('/schedulingpolicies/:id', async request => {
    const id = pathId(request)
    found(id === none.id ? id : undefined, 'SchedulingPolicy', id)
    return one('SchedulingPolicy', policyToWire())
  }),
  ...parts.map(([name, type, wrapper, item]) =>
    get(`/schedulingpolicies/:policy/${name}`, async request => {
      const id = pathId(request, 'policy')
      found(id === none.id ? id : undefined, 'SchedulingPolicy', id)
      return list(type, wrapper, item, [])
    }),
  ),
]
