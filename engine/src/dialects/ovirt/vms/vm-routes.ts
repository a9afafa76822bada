import { ask, call } from '../../../core/call.ts'
import { vmFields } from '../../../compute/search-fields.ts'
import { list as listTemplates } from '../../../compute/template/queries.ts'
import * as migration from '../../../compute/migration/operations.ts'
import * as vm from '../../../compute/vm/operations.ts'
import { list as listVms } from '../../../compute/vm/queries.ts'
import type { VmRow } from '../../../compute/vm/types.ts'
import { list as listClusters } from '../../../inventory/cluster/queries.ts'
import { list as listHosts } from '../../../inventory/host/queries.ts'
import { newAttachment } from '../disk-attachments/attachment-read.ts'
import { vmStatistics } from '../../../metering/queries.ts'
import { apiBase, booleanParameter } from '../http/address.ts'
import { actionDone, created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId, referenced, requiredReference, requiredText, searched } from '../kernel/read.ts'
import { type ApiRequest, action, del, get, post, put, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { stableId } from '../kernel/stable-id.ts'
import { statisticsRoutes } from '../kernel/statistics.ts'
import { booleanAt, listAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'
import { isoMedium } from './iso-medium.ts'
import { configFromWire, initializationWish, overlayFromWire, placementHosts } from './vm-read.ts'
import { vmToWire } from './vm-wire.ts'

/** The VM of the path, or 404. */
export async function vmOf(request: ApiRequest, name = 'id'): Promise<VmRow> {
  const id = pathId(request, name)
  const [row] = await ask(request.env, listVms, { ids: [id] })
  return found(row, 'VM', id)
}

const inCollection = async (request: ApiRequest, id: string) =>
  vmToWire(found((await ask(request.env, listVms, { ids: [id] }))[0], 'VM', id))

async function hostIds(request: ApiRequest, body = request.body): Promise<string[] | undefined> {
  const hosts = placementHosts(body)
  if (hosts === undefined) return undefined
  const ids = await Promise.all(hosts.map(host => referenced(request, host, listHosts, 'Host')))
  return ids.filter(id => id !== undefined)
}

/** The state that a VM is in now, which the list of snapshots always has (fact sheet 2.4, VM sub-resources). */
function activeSnapshot(row: VmRow): WireObject {
  const vmHref = `${apiBase}/vms/${row.id}`
  const id = stableId(`${row.id} active snapshot`)
  return {
    id,
    href: `${vmHref}/snapshots/${id}`,
    description: 'Active VM',
    date: row.createdAt,
    persist_memorystate: false,
    snapshot_status: row.status === 'image_locked' ? 'locked' : 'ok',
    snapshot_type: 'active',
    vm: { id: row.id, href: vmHref },
  }
}

/** Actions whose operation takes the id and starts a job. */
const power = (name: 'reset' | 'suspend') =>
  action(`/vms/:id/${name}`, async request => {
    const { jobId } = await call(request.env, vm[name], { id: pathId(request) })
    return actionDone(request.body, jobId)
  })

export const vmRoutes: Route[] = [
  get('/vms', async request => list('Vm', 'vms', 'vm', (await searched(request, listVms, vmFields)).map(vmToWire))),

  post('/vms', 'Vm', async request => {
    const { body } = request
    const name = requiredText(body, 'name', 'Vm')
    const clusterId = await requiredReference(request, 'cluster', listClusters, 'Cluster', 'Vm')
    const templateId = await requiredReference(request, 'template', listTemplates, 'Template', 'Vm')
    const attachments = listAt(body, 'disk_attachments') ?? []
    const { id, jobId } = await call(request.env, vm.add, {
      name,
      clusterId,
      templateId,
      description: textAt(body, 'description') ?? '',
      comment: textAt(body, 'comment') ?? '',
      config: configFromWire(body, await hostIds(request)),
      disks: await Promise.all(attachments.map(attachment => newAttachment(request, attachment))),
    })
    const pending = await settled(request, jobId)
    return created('Vm', await inCollection(request, id), pending)
  }),

  get('/vms/:id', async request => {
    const row = await vmOf(request)
    const next = booleanParameter(request.address, 'next_run') === true && row.nextRun !== null
    return one('Vm', vmToWire(next ? { ...row, config: row.nextRun ?? row.config, runConfig: null } : row))
  }),

  put('/vms/:id', 'Vm', async request => {
    const { body } = request
    const id = pathId(request)
    await call(request.env, vm.update, {
      id,
      nextRun: booleanParameter(request.address, 'next_run') ?? false,
      config: configFromWire(body, await hostIds(request)),
      ...defined({
        name: textAt(body, 'name'),
        description: textAt(body, 'description'),
        comment: textAt(body, 'comment'),
        clusterId: await referenced(request, structAt(body, 'cluster'), listClusters, 'Cluster'),
      }),
    })
    return one('Vm', await inCollection(request, id))
  }),

  del('/vms/:id', async request => {
    const { jobId } = await call(request.env, vm.remove, {
      id: pathId(request),
      detachOnly: booleanParameter(request.address, 'detach_only') ?? false,
      force: booleanParameter(request.address, 'force') ?? false,
    })
    // Clients poll until 404; the row goes when the disks are gone. `async` answers before that.
    if (booleanParameter(request.address, 'async') !== true) await settled(request, jobId, { wait: true })
    return removed
  }),

  action('/vms/:id/start', async request => {
    const { body } = request
    const overlayBody = structAt(body, 'vm')
    const file = textAt(structAt(listAt(overlayBody, 'cdroms')?.[0], 'file'), 'id')
    const medium = file === undefined || file === '' ? null : await isoMedium(request, file)
    const overlay = overlayFromWire(body, overlayBody && (await hostIds(request, overlayBody)), () => medium)
    const { jobId } = await call(request.env, vm.start, {
      id: pathId(request),
      ...defined({ pause: booleanAt(body, 'pause'), runOnce: overlay, useInitialization: initializationWish(body) }),
    })
    return actionDone(body, jobId)
  }),

  action('/vms/:id/stop', async request => {
    const { jobId } = await call(request.env, vm.stop, {
      id: pathId(request),
      reason: textAt(request.body, 'reason') ?? '',
    })
    return actionDone(request.body, jobId)
  }),

  action('/vms/:id/shutdown', async request => {
    const { jobId } = await call(request.env, vm.shutdown, {
      id: pathId(request),
      reason: textAt(request.body, 'reason') ?? '',
    })
    return actionDone(request.body, jobId)
  }),

  action('/vms/:id/reboot', async request => {
    const { jobId } = await call(request.env, vm.reboot, {
      id: pathId(request),
      force: booleanAt(request.body, 'force') ?? false,
    })
    return actionDone(request.body, jobId)
  }),

  action('/vms/:id/migrate', async request => {
    const { body } = request
    const { jobId } = await call(request.env, migration.migrate, {
      id: pathId(request),
      force: booleanAt(body, 'force') ?? false,
      ...defined({
        hostId: await referenced(request, structAt(body, 'host'), listHosts, 'Host'),
        clusterId: await referenced(request, structAt(body, 'cluster'), listClusters, 'Cluster'),
      }),
    })
    return actionDone(body, jobId)
  }),

  action('/vms/:id/cancelmigration', async request => {
    const { jobId } = await call(request.env, migration.cancelMigration, { id: pathId(request) })
    return actionDone(request.body, jobId)
  }),

  ...statisticsRoutes('/vms/:vm', 'vm', vmStatistics, async request => {
    const { id } = await vmOf(request, 'vm')
    return { id, href: `${apiBase}/vms/${id}` }
  }),
  get('/vms/:vm/snapshots', async request =>
    list('Snapshot', 'snapshots', 'snapshot', [activeSnapshot(await vmOf(request, 'vm'))]),
  ),
  get('/vms/:vm/snapshots/:id', async request => {
    const id = pathId(request)
    const snapshot = activeSnapshot(await vmOf(request, 'vm'))
    return one('Snapshot', found(snapshot.id === id ? snapshot : undefined, 'Snapshot', id))
  }),

  power('reset'),
  power('suspend'),
]
