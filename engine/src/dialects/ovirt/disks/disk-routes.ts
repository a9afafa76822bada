import { ask, call } from '../../../core/call.ts'
import { diskStatistics } from '../../../metering/queries.ts'
import * as disk from '../../../storage/disk/operations.ts'
import { list as listDisks } from '../../../storage/disk/queries.ts'
import type { DiskRow } from '../../../storage/disk/types.ts'
import { list as listDomains } from '../../../storage/domain/queries.ts'
import { list as listVms } from '../../../compute/vm/queries.ts'
import { diskFields } from '../../../storage/search-fields.ts'
import { apiBase, booleanParameter } from '../http/address.ts'
import { incomplete } from '../http/fault.ts'
import { created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId, searched } from '../kernel/read.ts'
import { type ApiRequest, del, get, post, put, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { statisticsRoutes } from '../kernel/statistics.ts'
import { storageDomainToWire } from '../storage-domains/storage-domain-wire.ts'
import { vmToWire } from '../vms/vm-wire.ts'
import { booleanAt, numberAt, textAt, type WireObject } from '../wire/wire-object.ts'
import { newDiskFromWire } from './disk-read.ts'
import { diskToWire } from './disk-wire.ts'

/** The disk with this id, or 404. */
export async function diskOf(request: ApiRequest, id: string): Promise<DiskRow> {
  return found((await ask(request.env, listDisks, { ids: [id] }))[0], 'Disk', id)
}

/** What a `<disk>` in an update says; absent stays. */
export const diskChanges = (body: WireObject) => {
  const backup = textAt(body, 'backup')
  return defined({
    alias: textAt(body, 'alias') ?? textAt(body, 'name'),
    description: textAt(body, 'description'),
    capacity: numberAt(body, 'provisioned_size'),
    shareable: booleanAt(body, 'shareable'),
    wipeAfterDelete: booleanAt(body, 'wipe_after_delete'),
    propagateErrors: booleanAt(body, 'propagate_errors'),
    backup: backup === 'incremental' || backup === 'none' ? backup : undefined,
  } as const)
}

async function remove(request: ApiRequest) {
  const { jobId } = await call(request.env, disk.remove, { id: pathId(request) })
  if (booleanParameter(request.address, 'async') !== true) await settled(request, jobId, { wait: true })
  return removed
}

async function add(request: ApiRequest) {
  const wanted = await newDiskFromWire(request, request.body)
  if (wanted.storageDomainId === undefined) throw incomplete('Disk', ['storage_domains.id|name'], 'add')
  const { id, jobId } = await call(request.env, disk.add, wanted)
  const pending = await settled(request, jobId)
  return created('Disk', diskToWire(await diskOf(request, id)), pending)
}

export const diskRoutes: Route[] = [
  get('/disks', async request =>
    list('Disk', 'disks', 'disk', (await searched(request, listDisks, diskFields)).map(diskToWire)),
  ),
  post('/disks', 'Disk', add),
  get('/disks/:id', async request => one('Disk', diskToWire(await diskOf(request, pathId(request))))),
  put('/disks/:id', 'Disk', async request => {
    const id = pathId(request)
    const { jobId } = await call(request.env, disk.update, { id, ...diskChanges(request.body) })
    await settled(request, jobId, { wait: true })
    return one('Disk', diskToWire(await diskOf(request, id)))
  }),
  del('/disks/:id', remove),
  ...statisticsRoutes('/disks/:id', 'disk', diskStatistics, async request => {
    const { id } = await diskOf(request, pathId(request))
    return { id, href: `${apiBase}/disks/${id}` }
  }),
  get('/disks/:id/storagedomains', async request => {
    const { storageDomainId } = await diskOf(request, pathId(request))
    const rows = await ask(request.env, listDomains, { ids: [storageDomainId] })
    return list(
      'StorageDomain',
      'storage_domains',
      'storage_domain',
      rows.map(row => storageDomainToWire(row)),
    )
  }),
  get('/disks/:id/vms', async request => {
    const { vmIds } = await diskOf(request, pathId(request))
    const rows = vmIds.length === 0 ? [] : await ask(request.env, listVms, { ids: vmIds })
    return list('Vm', 'vms', 'vm', rows.map(vmToWire))
  }),
  get('/storagedomains/:domain/disks', async request =>
    list(
      'Disk',
      'disks',
      'disk',
      (await searched(request, listDisks, undefined, { storageDomainIds: [pathId(request, 'domain')] })).map(
        diskToWire,
      ),
    ),
  ),
  post('/storagedomains/:domain/disks', 'Disk', request => {
    const id = pathId(request, 'domain')
    return add({ ...request, body: { ...request.body, storage_domains: [{ id }] } })
  }),
  get('/storagedomains/:domain/disks/:id', async request => {
    const id = pathId(request)
    const row = await diskOf(request, id)
    return one(
      'Disk',
      diskToWire(found(row.storageDomainId === pathId(request, 'domain') ? row : undefined, 'Disk', id)),
    )
  }),
  del('/storagedomains/:domain/disks/:id', remove),
]
