import { ask, call } from '../../../core/call.ts'
import { list as listDataCenters } from '../../../inventory/data-center/queries.ts'
import * as network from '../../../network/network/operations.ts'
import { list as listNetworks } from '../../../network/network/queries.ts'
import type { NetworkRow } from '../../../network/network/types.ts'
import { networkFields } from '../../../network/search-fields.ts'
import { networkFilters } from '../../../network/vnic-profile/filters.ts'
import * as profile from '../../../network/vnic-profile/operations.ts'
import { list as listProfiles } from '../../../network/vnic-profile/queries.ts'
import { created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId, requiredReference, requiredText, searched } from '../kernel/read.ts'
import { type ApiRequest, del, get, post, put, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { booleanAt, numberAt, structAt, textAt, textsAt, type WireObject } from '../wire/wire-object.ts'
import { filterToWire, networkToWire, vnicProfileToWire } from './network-wire.ts'

/** A `<vlan>`: its id; an element without one takes the VLAN away. */
const vlan = (body: WireObject): number | null | undefined => {
  const element = structAt(body, 'vlan')
  return element === undefined ? undefined : element.id === undefined || element.id === '' ? null : Number(element.id)
}

const changes = (body: WireObject) => {
  const usages = textsAt(body, 'usages')
  return defined({
    description: textAt(body, 'description'),
    comment: textAt(body, 'comment'),
    vlan: vlan(body),
    mtu: numberAt(body, 'mtu'),
    stp: booleanAt(body, 'stp'),
    // An explicit list without `vm` makes a network for hosts only (fact sheet 2.4, Networks).
    vmNetwork: usages === undefined ? undefined : usages.includes('vm'),
    portIsolation: booleanAt(body, 'port_isolation'),
  })
}

async function networkOf(request: ApiRequest, name = 'id'): Promise<NetworkRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listNetworks, { ids: [id] }))[0], 'Network', id)
}

const shown = async (request: ApiRequest, id: string) =>
  networkToWire(found((await ask(request.env, listNetworks, { ids: [id] }))[0], 'Network', id))

const shownProfile = async (request: ApiRequest, id: string) =>
  vnicProfileToWire(found((await ask(request.env, listProfiles, { ids: [id] }))[0], 'VnicProfile', id), networkFilters)

/** The filter of the body: absent undefined (the default), empty null (none). */
const filter = (body: WireObject): string | null | undefined => {
  const element = structAt(body, 'network_filter')
  return element === undefined ? undefined : element.id || textAt(element, 'name') || null
}

const profileChanges = (body: WireObject) => {
  const mode = textAt(body, 'pass_through', 'mode')
  return defined({
    description: textAt(body, 'description'),
    networkFilter: filter(body),
    passThrough: mode === undefined ? undefined : mode === 'enabled',
    portMirroring: booleanAt(body, 'port_mirroring'),
    migratable: booleanAt(body, 'migratable'),
  })
}

async function addNetwork(request: ApiRequest, dataCenterId: string) {
  const { body } = request
  const name = requiredText(body, 'name', 'Network')
  const { id } = await call(request.env, network.add, {
    name,
    dataCenterId,
    ...changes(body),
    ...defined({ profileRequired: booleanAt(body, 'profile_required') }),
  })
  return created('Network', await shown(request, id))
}

async function addProfile(request: ApiRequest, networkId: string) {
  const { body } = request
  const name = requiredText(body, 'name', 'VnicProfile')
  const { id } = await call(request.env, profile.add, { name, networkId, ...profileChanges(body) })
  return created('VnicProfile', await shownProfile(request, id))
}

export const networkRoutes: Route[] = [
  get('/networks', async request =>
    list(
      'Network',
      'networks',
      'network',
      (await searched(request, listNetworks, networkFields)).map(row => networkToWire(row)),
    ),
  ),
  post('/networks', 'Network', async request => {
    requiredText(request.body, 'name', 'Network')
    return addNetwork(
      request,
      await requiredReference(request, 'data_center', listDataCenters, 'StoragePool', 'Network'),
    )
  }),
  post('/datacenters/:dc/networks', 'Network', request => addNetwork(request, pathId(request, 'dc'))),
  get('/networks/:id', async request => one('Network', networkToWire(await networkOf(request)))),
  put('/networks/:id', 'Network', async request => {
    const id = pathId(request)
    const { jobId } = await call(request.env, network.update, {
      id,
      ...changes(request.body),
      ...defined({ name: textAt(request.body, 'name') }),
    })
    await settled(request, jobId, { wait: true })
    return one('Network', await shown(request, id))
  }),
  del('/networks/:id', async request => {
    await call(request.env, network.remove, { id: pathId(request) })
    return removed
  }),
  get('/networks/:network/vnicprofiles', async request => {
    const { id } = await networkOf(request, 'network')
    const rows = await ask(request.env, listProfiles, { networkIds: [id] })
    return list(
      'VnicProfile',
      'vnic_profiles',
      'vnic_profile',
      rows.map(row => vnicProfileToWire(row, networkFilters)),
    )
  }),
  post('/networks/:network/vnicprofiles', 'VnicProfile', request => addProfile(request, pathId(request, 'network'))),
  get('/networks/:network/networklabels', async request => {
    await networkOf(request, 'network')
    return list('NetworkLabel', 'network_labels', 'network_label', [])
  }),
  get('/vnicprofiles', async request =>
    list(
      'VnicProfile',
      'vnic_profiles',
      'vnic_profile',
      (await searched(request, listProfiles, undefined)).map(row => vnicProfileToWire(row, networkFilters)),
    ),
  ),
  post('/vnicprofiles', 'VnicProfile', async request => {
    requiredText(request.body, 'name', 'VnicProfile')
    return addProfile(request, await requiredReference(request, 'network', listNetworks, 'Network', 'VnicProfile'))
  }),
  get('/vnicprofiles/:id', async request => one('VnicProfile', await shownProfile(request, pathId(request)))),
  put('/vnicprofiles/:id', 'VnicProfile', async request => {
    const id = pathId(request)
    await call(request.env, profile.update, {
      id,
      ...profileChanges(request.body),
      ...defined({ name: textAt(request.body, 'name') }),
    })
    return one('VnicProfile', await shownProfile(request, id))
  }),
  del('/vnicprofiles/:id', async request => {
    await call(request.env, profile.remove, { id: pathId(request) })
    return removed
  }),
  get('/networkfilters', async () =>
    list('NetworkFilter', 'network_filters', 'network_filter', networkFilters.map(filterToWire)),
  ),
  get('/networkfilters/:id', async request => {
    const id = pathId(request)
    return one(
      'NetworkFilter',
      filterToWire(
        found(
          networkFilters.find(f => f.id === id),
          'NetworkFilter',
          id,
        ),
      ),
    )
  }),
]
