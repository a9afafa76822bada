import { fromErrorRecord, hostCan, invalid, isUuid, must, unsupported } from '@rookery/model'
import { explain } from '../../../compute/vm/explain.ts'
import { ask, call } from '../../../core/call.ts'
import { list as listClusters } from '../../../inventory/cluster/queries.ts'
import * as host from '../../../inventory/host/operations.ts'
import { list as listHosts } from '../../../inventory/host/queries.ts'
import * as upkeep from '../../../inventory/host/upkeep.ts'
import { untilLooked } from '../../../inventory/host/looked.ts'
import type { HostRow } from '../../../inventory/host/types.ts'
import { hostFields } from '../../../inventory/search-fields.ts'
import { hostStatistics } from '../../../metering/queries.ts'
import { apiBase, booleanParameter } from '../http/address.ts'
import { actionDone, created, list, one, removed } from '../kernel/answer.ts'
import { defined, found, pathId, referenced, requiredText, searched } from '../kernel/read.ts'
import { type ApiRequest, action, del, get, post, put, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { stableId } from '../kernel/stable-id.ts'
import { statisticsRoutes } from '../kernel/statistics.ts'
import { booleanAt, numberAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'
import { fenceAgentRoutes, fenceRoute, powerFromWire } from './fence-routes.ts'
import { hostNicsToWire, hostToWire } from './host-wire.ts'

async function hostOf(request: ApiRequest, name = 'id'): Promise<HostRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listHosts, { ids: [id] }))[0], 'Host', id)
}

const shown = async (request: ApiRequest, id: string) =>
  hostToWire(found((await ask(request.env, listHosts, { ids: [id] }))[0], 'Host', id))

/** Hosts that could take every one of the VMs of `migration_target_of` now; undefined: the request does not ask. */
async function migrationTargets(request: ApiRequest): Promise<ReadonlySet<string> | undefined> {
  const text = request.address.parameters.get('migration_target_of')
  if (text === undefined) return undefined
  const ids = text.split(',').map(id => id.trim())
  const wrong = ids.find(id => !isUuid(id))
  if (wrong !== undefined) throw invalid('wire.malformed_id', `Invalid UUID string: ${wrong.slice(0, 80)}`)
  const able = await Promise.all(
    ids.map(async id => {
      const { hosts } = await ask(request.env, explain, { id })
      return new Set(hosts.filter(each => each.able).map(each => each.hostId))
    }),
  )
  return able.reduce((all, each) => new Set([...all].filter(id => each.has(id))))
}

/** How to sign in, as a host or an action says it: `root_password`, or `ssh` with a user; by the engine's own key where it says so. */
const sshOf = (body: WireObject) =>
  defined({
    port: numberAt(body, 'ssh', 'port'),
    user: textAt(body, 'ssh', 'user', 'user_name'),
    fingerprint: textAt(body, 'ssh', 'fingerprint'),
    password:
      textAt(body, 'ssh', 'authentication_method') === 'publickey'
        ? undefined
        : (textAt(body, 'root_password') ?? textAt(body, 'ssh', 'user', 'password')),
  })

/** An action that starts a job of a host and is accepted with it. */
const upkeepRoute = (name: string, operation: typeof upkeep.upgrade) =>
  action(`/hosts/:id/${name}`, async request => {
    const { jobId } = await call(request.env, operation, { id: pathId(request) })
    await settled(request, jobId)
    return actionDone(request.body, jobId)
  })

/** Actions of the original that this release cannot do, each with its reason. */
const refusals: Readonly<Record<string, { code: string; message: string }>> = {
  ...Object.fromEntries(
    ['discoveriscsi', 'iscsidiscover', 'iscsilogin', 'unregisteredstoragedomainsdiscover'].map(name => [
      name,
      {
        code: 'host.no_iscsi',
        message: 'This release has no storage on iSCSI or Fibre Channel: use NFS or a POSIX file system.',
      },
    ]),
  ),
  ...Object.fromEntries(
    ['copyhostnetworks', 'setupnetworks', 'syncallnetworks'].map(name => [
      name,
      {
        code: 'host.no_setup_networks',
        message:
          'This release makes the networks of a Cluster on its Hosts by itself: attach the network to the Cluster.',
      },
    ]),
  ),
}

/** A stable id of a host's interface. */
const nicId = (hostId: string) => (name: string) => stableId(`${hostId} nic ${name}`)

export const hostRoutes: Route[] = [
  get('/hosts', async request => {
    const rows = await searched(request, listHosts, hostFields)
    const targets = await migrationTargets(request)
    return list(
      'Host',
      'hosts',
      'host',
      rows.filter(row => targets?.has(row.id) ?? true).map(row => hostToWire(row)),
    )
  }),
  post('/hosts', 'Host', async request => {
    const { body } = request
    const name = requiredText(body, 'name', 'Host')
    const address = requiredText(body, 'address', 'Host')
    const clusterId = await referenced(request, structAt(body, 'cluster'), listClusters, 'Cluster')
    const { id, jobId } = await call(request.env, host.add, {
      name,
      address,
      ssh: { ...sshOf(body) },
      ...defined({
        clusterId,
        description: textAt(body, 'description'),
        comment: textAt(body, 'comment'),
        spmPriority: numberAt(body, 'spm', 'priority'),
        activate: booleanParameter(request.address, 'activate') ?? booleanAt(body, 'activate'),
      }),
    })
    // The original answers when it has signed in, and has no host when it could not.
    const refused = await untilLooked(request.env, jobId)
    if (refused !== undefined) {
      await call(request.env, host.remove, { id, force: false })
      throw fromErrorRecord(refused)
    }
    return created('Host', await shown(request, id))
  }),
  get('/hosts/:id', async request => one('Host', hostToWire(await hostOf(request)))),
  put('/hosts/:id', 'Host', async request => {
    const { body } = request
    const id = pathId(request)
    await call(request.env, host.update, {
      id,
      ...defined({
        name: textAt(body, 'name'),
        description: textAt(body, 'description'),
        comment: textAt(body, 'comment'),
        spmPriority: numberAt(body, 'spm', 'priority'),
        powerManagement: powerFromWire(body),
      }),
    })
    return one('Host', await shown(request, id))
  }),
  del('/hosts/:id', async request => {
    await call(request.env, host.remove, {
      id: pathId(request),
      force: booleanParameter(request.address, 'force') ?? false,
    })
    return removed
  }),
  action('/hosts/:id/activate', async request => {
    const { jobId } = await call(request.env, host.activate, { id: pathId(request) })
    await settled(request, jobId)
    return actionDone(request.body, jobId)
  }),
  action('/hosts/:id/deactivate', async request => {
    const { jobId } = await call(request.env, host.deactivate, {
      id: pathId(request),
      reason: textAt(request.body, 'reason') ?? '',
    })
    await settled(request, jobId)
    return actionDone(request.body, jobId)
  }),
  action('/hosts/:id/refresh', async request => {
    await call(request.env, host.refresh, { id: pathId(request) })
    return actionDone(request.body, null)
  }),
  action('/hosts/:id/install', async request => {
    const { body } = request
    const { jobId } = await call(request.env, host.install, {
      id: pathId(request),
      // The original leaves a host that is installed again in maintenance unless told otherwise.
      activate: booleanAt(body, 'activate') ?? booleanParameter(request.address, 'activate') ?? false,
      ssh: sshOf(body),
    })
    await settled(request, jobId)
    return actionDone(body, jobId)
  }),
  action('/hosts/:id/approve', async request => {
    // Hosts join by a token or are installed by the engine; none waits for approval, and this says so.
    must(hostCan.approve, await hostOf(request))
    return actionDone(request.body, null)
  }),
  upkeepRoute('upgradecheck', upkeep.upgradeCheck),
  upkeepRoute('upgrade', upkeep.upgrade),
  upkeepRoute('enrollcertificate', upkeep.enrollCertificate),
  action('/hosts/:id/forceselectspm', async request => {
    await call(request.env, host.forceSelectSpm, { id: pathId(request) })
    return actionDone(request.body, null)
  }),
  action('/hosts/:id/commitnetconfig', async request => {
    // Networks of hosts are durable as soon as they are made: there is nothing left to commit.
    await hostOf(request)
    return actionDone(request.body, null)
  }),
  ...Object.entries(refusals).map(([name, { code, message }]) =>
    action(`/hosts/:id/${name}`, async request => {
      await hostOf(request)
      throw unsupported(code, message)
    }),
  ),
  fenceRoute,
  ...fenceAgentRoutes,
  ...statisticsRoutes('/hosts/:host', 'host', hostStatistics, async request => {
    const { id } = await hostOf(request, 'host')
    return { id, href: `${apiBase}/hosts/${id}` }
  }),
  get('/hosts/:host/nics', async request => {
    const row = await hostOf(request, 'host')
    return list('HostNic', 'host_nics', 'host_nic', hostNicsToWire(row, nicId(row.id)))
  }),
  get('/hosts/:host/nics/:id', async request => {
    const row = await hostOf(request, 'host')
    const id = pathId(request)
    return one(
      'HostNic',
      found(
        hostNicsToWire(row, nicId(row.id)).find(nic => nic.id === id),
        'HostNic',
        id,
      ),
    )
  }),
]
