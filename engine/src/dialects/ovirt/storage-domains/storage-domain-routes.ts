import { conflict, invalid } from '@rookery/model'
import { ask, call } from '../../../core/call.ts'
import { list as listHosts } from '../../../inventory/host/queries.ts'
import * as domain from '../../../storage/domain/operations.ts'
import { files, list as listDomains } from '../../../storage/domain/queries.ts'
import type { AddStorageDomain, StorageDomainRow } from '../../../storage/domain/types.ts'
import { storageDomainFields } from '../../../storage/search-fields.ts'
import { dataCenterOf } from '../data-centers/data-center-routes.ts'
import { apiBase, booleanParameter } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { actionDone, created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId, referenced, requiredReference, requiredText, searched } from '../kernel/read.ts'
import { type ApiRequest, action, del, get, post, put, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { stableId } from '../kernel/stable-id.ts'
import { booleanAt, numberAt, textAt, type WireObject } from '../wire/wire-object.ts'
import { fileToWire, storageDomainToWire, storageToWire } from './storage-domain-wire.ts'

async function domainOf(request: ApiRequest, id: string): Promise<StorageDomainRow> {
  return found((await ask(request.env, listDomains, { ids: [id] }))[0], 'StorageDomain', id)
}

/** The domain in the data center of the path, or 404. */
async function attachedOf(request: ApiRequest, id = pathId(request)): Promise<StorageDomainRow> {
  const { id: dataCenterId } = await dataCenterOf(request, 'dc')
  const row = await domainOf(request, id)
  return found(row.dataCenterId === dataCenterId ? row : undefined, 'StorageDomain', id)
}

const changes = (body: WireObject) =>
  defined({
    description: textAt(body, 'description'),
    comment: textAt(body, 'comment'),
    wipeAfterDelete: booleanAt(body, 'wipe_after_delete'),
    discardAfterDelete: booleanAt(body, 'discard_after_delete'),
    backup: booleanAt(body, 'backup'),
    warningLowSpace: numberAt(body, 'warning_low_space_indicator'),
    criticalSpaceGib: numberAt(body, 'critical_space_action_blocker'),
  })

/** The storage of a new domain. The operation refuses the types that this release does not serve, by name. */
function connection(body: WireObject): AddStorageDomain['connection'] {
  const type = textAt(body, 'storage', 'type')
  const path = textAt(body, 'storage', 'path')
  const missing = [
    ...(type === undefined ? ['storage.type'] : []),
    ...((type === 'localfs' || type === 'posixfs') && path === undefined ? ['storage.path'] : []),
    ...(type === 'posixfs' && textAt(body, 'storage', 'vfs_type') === undefined ? ['storage.vfs_type'] : []),
  ]
  if (missing.length > 0) throw incomplete('StorageDomain', missing, 'add')
  if (type === 'localfs') return { type, path: path ?? '' }
  if (type === 'posixfs') {
    // Where the file system lives on a server, clients give its address apart from the path.
    const address = textAt(body, 'storage', 'address')
    const vfsType = textAt(body, 'storage', 'vfs_type') ?? ''
    const mountOptions = textAt(body, 'storage', 'mount_options') ?? ''
    return { type, path: address === undefined ? (path ?? '') : `${address}:${path}`, vfsType, mountOptions }
  }
  const others = ['nfs', 'iscsi', 'fcp', 'glusterfs'] as const
  const other = others.find(name => name === type)
  if (other === undefined)
    throw invalid(
      'wire.invalid_value',
      `${type} is not a storage type for domains; use localfs, posixfs, ${others.join(', ')}.`,
    )
  return { type: other }
}

const connectionToWire = (row: StorageDomainRow): WireObject => {
  const id = stableId(`connection ${row.id}`)
  return { id, href: `${apiBase}/storageconnections/${id}`, ...storageToWire(row.connection) }
}

const profileToWire = (row: StorageDomainRow): WireObject => ({
  // Each data domain has the one profile that oVirt makes with it; it limits nothing and carries the domain's id and name.
  id: row.id,
  href: `${apiBase}/diskprofiles/${row.id}`,
  name: row.name,
  storage_domain: { id: row.id, href: `${apiBase}/storagedomains/${row.id}` },
})

async function file(request: ApiRequest) {
  const { id } = await domainOf(request, pathId(request, 'domain'))
  const name = request.params['file'] ?? ''
  const [row] = await ask(request.env, files, { storageDomainIds: [id], names: [name] })
  return fileToWire(found(row, 'File', name))
}

export const storageDomainRoutes: Route[] = [
  get('/storagedomains', async request =>
    list(
      'StorageDomain',
      'storage_domains',
      'storage_domain',
      (await searched(request, listDomains, storageDomainFields)).map(row => storageDomainToWire(row)),
    ),
  ),
  post('/storagedomains', 'StorageDomain', async request => {
    const { body } = request
    const type = requiredText(body, 'type', 'StorageDomain')
    if (type !== 'data' && type !== 'iso' && type !== 'export')
      throw invalid('wire.invalid_value', `${type} domains are not offered here; use data, iso or export.`)
    const hostId = await requiredReference(request, 'host', listHosts, 'Host', 'StorageDomain')
    const where = connection(body)
    const name = requiredText(body, 'name', 'StorageDomain')
    const format = textAt(body, 'storage_format') as AddStorageDomain['storageFormat']
    const { id, jobId } = await call(request.env, domain.add, {
      name,
      type,
      hostId,
      connection: where,
      ...changes(body),
      ...defined({ storageFormat: format }),
    })
    // The original answers when the domain is made; clients attach it with their next call.
    const pending = await settled(request, jobId, { wait: true })
    return created('StorageDomain', storageDomainToWire(await domainOf(request, id)), pending)
  }),
  get('/storagedomains/:id', async request =>
    one('StorageDomain', storageDomainToWire(await domainOf(request, pathId(request)))),
  ),
  put('/storagedomains/:id', 'StorageDomain', async request => {
    const id = pathId(request)
    await call(request.env, domain.update, {
      id,
      ...changes(request.body),
      ...defined({ name: textAt(request.body, 'name') }),
    })
    return one('StorageDomain', storageDomainToWire(await domainOf(request, id)))
  }),
  del('/storagedomains/:id', async request => {
    const { address } = request
    const destroy = booleanParameter(address, 'destroy') ?? false
    const host = address.parameters.get('host')
    const hostId = host === undefined || host === '' ? undefined : await hostByNameOrId(request, host)
    if (hostId === undefined && !destroy)
      throw invalid(
        'host.parameter_missing',
        'Name the host that shall remove the domain: ?host=NAME, or ?destroy=true to forget it.',
      )
    const { jobId } = await call(request.env, domain.remove, {
      id: pathId(request),
      format: booleanParameter(address, 'format') ?? false,
      destroy,
      ...defined({ hostId }),
    })
    await settled(request, jobId, { wait: true })
    return removed
  }),
  action('/storagedomains/:id/isattached', async request => {
    const row = await domainOf(request, pathId(request))
    return actionDone(request.body, null, { is_attached: row.dataCenterId !== null })
  }),

  get('/storagedomains/:domain/files', async request => {
    const row = await domainOf(request, pathId(request, 'domain'))
    found(row.type === 'iso' ? row : undefined, 'File', row.id)
    const rows = await ask(request.env, files, { storageDomainIds: [row.id] })
    return list('File', 'files', 'file', rows.map(fileToWire))
  }),
  get('/storagedomains/:domain/files/:file', async request => one('File', await file(request))),
  get('/storagedomains/:domain/storageconnections', async request => {
    const row = await domainOf(request, pathId(request, 'domain'))
    return list('StorageConnection', 'storage_connections', 'storage_connection', [connectionToWire(row)])
  }),
  get('/storageconnections', async request => {
    const rows = await ask(request.env, listDomains, {})
    return list('StorageConnection', 'storage_connections', 'storage_connection', rows.map(connectionToWire))
  }),
  get('/storageconnections/:id', async request => {
    const id = pathId(request)
    const rows = await ask(request.env, listDomains, {})
    return one(
      'StorageConnection',
      found(
        rows.map(connectionToWire).find(c => c.id === id),
        'StorageConnection',
        id,
      ),
    )
  }),
  get('/storagedomains/:domain/diskprofiles', async request => {
    const row = await domainOf(request, pathId(request, 'domain'))
    return list('DiskProfile', 'disk_profiles', 'disk_profile', row.type === 'data' ? [profileToWire(row)] : [])
  }),
  get('/diskprofiles', async request => {
    const rows = await ask(request.env, listDomains, {})
    return list(
      'DiskProfile',
      'disk_profiles',
      'disk_profile',
      rows.filter(row => row.type === 'data').map(profileToWire),
    )
  }),
  get('/diskprofiles/:id', async request => {
    const row = await domainOf(request, pathId(request))
    return one('DiskProfile', profileToWire(found(row.type === 'data' ? row : undefined, 'DiskProfile', row.id)))
  }),

  get('/datacenters/:dc/storagedomains', async request => {
    const { id } = await dataCenterOf(request, 'dc')
    const rows = await ask(request.env, listDomains, { dataCenterIds: [id] })
    return list(
      'StorageDomain',
      'storage_domains',
      'storage_domain',
      rows.map(row => storageDomainToWire(row, true)),
    )
  }),
  post('/datacenters/:dc/storagedomains', 'StorageDomain', async request => {
    const id = await referenced(request, request.body, listDomains, 'StorageDomain')
    if (id === undefined) throw incomplete('StorageDomain', ['id|name'], 'add')
    const { jobId } = await call(request.env, domain.attach, { id, dataCenterId: pathId(request, 'dc') })
    const pending = await settled(request, jobId, { wait: true })
    return created('StorageDomain', storageDomainToWire(await attachedOf(request, id), true), pending)
  }),
  get('/datacenters/:dc/storagedomains/:id', async request =>
    one('StorageDomain', storageDomainToWire(await attachedOf(request), true)),
  ),
  action('/datacenters/:dc/storagedomains/:id/activate', async request => {
    const { id } = await attachedOf(request)
    const { jobId } = await call(request.env, domain.activate, { id })
    await settled(request, jobId)
    return actionDone(request.body, jobId)
  }),
  action('/datacenters/:dc/storagedomains/:id/deactivate', async request => {
    const { id } = await attachedOf(request)
    const { jobId } = await call(request.env, domain.deactivate, {
      id,
      force: booleanAt(request.body, 'force') ?? booleanParameter(request.address, 'force') ?? false,
    })
    await settled(request, jobId)
    return actionDone(request.body, jobId)
  }),
  del('/datacenters/:dc/storagedomains/:id', async request => {
    const { id } = await attachedOf(request)
    const { jobId } = await call(request.env, domain.detach, { id })
    await settled(request, jobId, { wait: true })
    return removed
  }),
]

/** `?host=` takes a name or an id. */
async function hostByNameOrId(request: ApiRequest, text: string): Promise<string> {
  const rows = await ask(request.env, listHosts, {})
  const row = rows.find(host => host.id === text.toLowerCase() || host.name === text)
  if (row === undefined)
    throw conflict(
      'host.not_found',
      `There is no host ${text.slice(0, 80)}; ?host= takes the name or id of a host that is up.`,
    )
  return row.id
}
