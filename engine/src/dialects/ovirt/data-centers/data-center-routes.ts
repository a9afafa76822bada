import { ask, call } from '../../../core/call.ts'
import { list as listClusters } from '../../../inventory/cluster/queries.ts'
import * as dataCenter from '../../../inventory/data-center/operations.ts'
import { list as listDataCenters } from '../../../inventory/data-center/queries.ts'
import type { DataCenterRow } from '../../../inventory/data-center/types.ts'
import { dataCenterFields } from '../../../inventory/search-fields.ts'
import { list as listNetworks } from '../../../network/network/queries.ts'
import { clusterToWire } from '../clusters/cluster-wire.ts'
import { apiBase, booleanParameter } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { created, linksBelow, list, one, removed, stub } from '../kernel/answer.ts'
import { defined, found, pathId, requiredText, searched } from '../kernel/read.ts'
import { type ApiRequest, del, get, post, put, type Route } from '../kernel/route.ts'
import { networkToWire } from '../networks/network-wire.ts'
import { typeInfo } from '../wire/fields.ts'
import { booleanAt, numberAt, textAt, type WireObject } from '../wire/wire-object.ts'

/** A data center as the API shows it (fact sheet 1.11). */
export function dataCenterToWire(row: DataCenterRow): WireObject {
  const href = `${apiBase}/datacenters/${row.id}`
  const version = { major: row.levelMajor, minor: row.levelMinor }
  return {
    id: row.id,
    href,
    link: linksBelow(href, typeInfo('DataCenter').links),
    name: row.name,
    description: row.description,
    comment: row.comment,
    local: row.local,
    quota_mode: row.quotaMode,
    status: row.status,
    storage_format: row.storageFormat,
    supported_versions: [version],
    version,
    mac_pool: stub('macpools', row.macPoolId),
  }
}

/** The data center of the path, or 404. */
export async function dataCenterOf(request: ApiRequest, name = 'id'): Promise<DataCenterRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listDataCenters, { ids: [id] }))[0], 'StoragePool', id)
}

/** A level in a body. The operation refuses what does not exist. */
export function levelOf(body: WireObject): { major: 4; minor: number } | undefined {
  const major = numberAt(body, 'version', 'major')
  const minor = numberAt(body, 'version', 'minor')
  return major === undefined || minor === undefined ? undefined : { major: major as 4, minor }
}

const changes = (body: WireObject) =>
  defined({
    description: textAt(body, 'description'),
    comment: textAt(body, 'comment'),
    quotaMode: textAt(body, 'quota_mode') as DataCenterRow['quotaMode'] | undefined,
    level: levelOf(body),
  })

const shown = async (request: ApiRequest, id: string) =>
  dataCenterToWire(found((await ask(request.env, listDataCenters, { ids: [id] }))[0], 'StoragePool', id))

export const dataCenterRoutes: Route[] = [
  get('/datacenters', async request =>
    list(
      'DataCenter',
      'data_centers',
      'data_center',
      (await searched(request, listDataCenters, dataCenterFields)).map(dataCenterToWire),
    ),
  ),
  post('/datacenters', 'DataCenter', async request => {
    const { body } = request
    const name = requiredText(body, 'name', 'DataCenter')
    const local = booleanAt(body, 'local')
    if (local === undefined) throw incomplete('DataCenter', ['local'], 'add')
    const { id } = await call(request.env, dataCenter.add, { name, local, ...changes(body) })
    return created('DataCenter', await shown(request, id))
  }),
  get('/datacenters/:id', async request => one('DataCenter', dataCenterToWire(await dataCenterOf(request)))),
  put('/datacenters/:id', 'DataCenter', async request => {
    const { body } = request
    const id = pathId(request)
    await call(request.env, dataCenter.update, {
      id,
      ...changes(body),
      ...defined({ name: textAt(body, 'name'), local: booleanAt(body, 'local') }),
    })
    return one('DataCenter', await shown(request, id))
  }),
  del('/datacenters/:id', async request => {
    await call(request.env, dataCenter.remove, {
      id: pathId(request),
      force: booleanParameter(request.address, 'force') ?? false,
    })
    return removed
  }),
  get('/datacenters/:dc/clusters', async request => {
    const { id } = await dataCenterOf(request, 'dc')
    return list(
      'Cluster',
      'clusters',
      'cluster',
      (await ask(request.env, listClusters, { dataCenterIds: [id] })).map(clusterToWire),
    )
  }),
  get('/datacenters/:dc/networks', async request => {
    const { id } = await dataCenterOf(request, 'dc')
    return list(
      'Network',
      'networks',
      'network',
      (await ask(request.env, listNetworks, { dataCenterIds: [id] })).map(row => networkToWire(row)),
    )
  }),
]
