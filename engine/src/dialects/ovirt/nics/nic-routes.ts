import { ask, call } from '../../../core/call.ts'
import * as nic from '../../../compute/nic/operations.ts'
import { list as listNics, reportedDevices } from '../../../compute/nic/queries.ts'
import type { NicRow, ReportedDeviceRow } from '../../../compute/nic/types.ts'
import { nicStatistics } from '../../../metering/queries.ts'
import { list as listProfiles } from '../../../network/vnic-profile/queries.ts'
import { apiBase } from '../http/address.ts'
import { actionDone, created, linksBelow, list, one, removed, stub } from '../kernel/answer.ts'
import { defined, found, pathId, referenced, requiredText } from '../kernel/read.ts'
import { type ApiRequest, action, del, get, post, put, type Route } from '../kernel/route.ts'
import { settled } from '../kernel/settled.ts'
import { statisticsRoutes } from '../kernel/statistics.ts'
import { vmOf } from '../vms/vm-routes.ts'
import { booleanAt, structAt, textAt, type WireObject } from '../wire/wire-object.ts'

/** A network card as the API shows it; `devices` are what the guest reports of it. */
export function nicToWire(row: NicRow, devices: readonly ReportedDeviceRow[] = []): WireObject {
  const vmHref = `${apiBase}/vms/${row.vmId}`
  const href = `${vmHref}/nics/${row.id}`
  const own = devices.filter(device => device.nicId === row.id)
  return {
    id: row.id,
    href,
    actions: linksBelow(href, ['activate', 'deactivate']),
    link: linksBelow(href, ['networkfilterparameters', 'reporteddevices', 'statistics']),
    name: row.name,
    interface: row.interface,
    linked: row.linked,
    plugged: row.plugged,
    synced: true,
    mac: { address: row.mac },
    reported_devices: own.length === 0 ? undefined : own.map(deviceToWire),
    vm: { id: row.vmId, href: vmHref },
    vnic_profile: stub('vnicprofiles', row.vnicProfileId),
  }
}

/** A device that the guest reports, with its addresses. */
export function deviceToWire(row: ReportedDeviceRow): WireObject {
  const vmHref = `${apiBase}/vms/${row.vmId}`
  return {
    id: row.id,
    href: `${vmHref}/reporteddevices/${row.id}`,
    name: row.name,
    description: 'guest reported data',
    type: 'network',
    mac: row.mac === null ? undefined : { address: row.mac },
    ips: row.addresses.map(address => ({ address, version: address.includes(':') ? 'v6' : 'v4' })),
    vm: { id: row.vmId, href: vmHref },
  }
}

async function nicOf(request: ApiRequest): Promise<NicRow> {
  const id = pathId(request)
  const [row] = await ask(request.env, listNics, { vmIds: [pathId(request, 'vm')], ids: [id] })
  return found(row, 'Nic', id)
}

async function shown(request: ApiRequest, row: NicRow): Promise<WireObject> {
  return nicToWire(row, await ask(request.env, reportedDevices, { vmIds: [row.vmId] }))
}

/** The profile of the body: absent undefined, empty null (a card without a network). */
async function profile(request: ApiRequest): Promise<string | null | undefined> {
  const element = structAt(request.body, 'vnic_profile')
  if (element === undefined) return undefined
  return (await referenced(request, element, listProfiles, 'VnicProfile')) ?? null
}

const changes = async (request: ApiRequest) => {
  const { body } = request
  return defined({
    // The operation's schema refuses interfaces that this engine lacks.
    interface: textAt(body, 'interface') as NicRow['interface'] | undefined,
    vnicProfileId: await profile(request),
    mac: textAt(body, 'mac', 'address'),
    linked: booleanAt(body, 'linked'),
    plugged: booleanAt(body, 'plugged'),
  })
}

const plug = (name: 'activate' | 'deactivate') =>
  action(`/vms/:vm/nics/:id/${name}`, async request => {
    const { jobId } = await call(request.env, nic.update, {
      vmId: pathId(request, 'vm'),
      id: pathId(request),
      plugged: name === 'activate',
    })
    await settled(request, jobId, { wait: true })
    return actionDone(request.body, jobId)
  })

export const nicRoutes: Route[] = [
  get('/vms/:vm/nics', async request => {
    const { id } = await vmOf(request, 'vm')
    const rows = await ask(request.env, listNics, { vmIds: [id] })
    const devices = await ask(request.env, reportedDevices, { vmIds: [id] })
    return list(
      'Nic',
      'nics',
      'nic',
      rows.map(row => nicToWire(row, devices)),
    )
  }),
  post('/vms/:vm/nics', 'Nic', async request => {
    const vmId = pathId(request, 'vm')
    const name = requiredText(request.body, 'name', 'Nic')
    const { id, jobId } = await call(request.env, nic.add, { vmId, name, ...(await changes(request)) })
    await settled(request, jobId, { wait: true })
    const [row] = await ask(request.env, listNics, { vmIds: [vmId], ids: [id] })
    return created('Nic', await shown(request, found(row, 'Nic', id)))
  }),
  get('/vms/:vm/nics/:id', async request => one('Nic', await shown(request, await nicOf(request)))),
  put('/vms/:vm/nics/:id', 'Nic', async request => {
    const { jobId } = await call(request.env, nic.update, {
      vmId: pathId(request, 'vm'),
      id: pathId(request),
      ...defined({ name: textAt(request.body, 'name') }),
      ...(await changes(request)),
    })
    await settled(request, jobId, { wait: true })
    return one('Nic', await shown(request, await nicOf(request)))
  }),
  del('/vms/:vm/nics/:id', async request => {
    const { jobId } = await call(request.env, nic.remove, { vmId: pathId(request, 'vm'), id: pathId(request) })
    await settled(request, jobId, { wait: true })
    return removed
  }),
  plug('activate'),
  plug('deactivate'),
  ...statisticsRoutes('/vms/:vm/nics/:id', 'nic', nicStatistics, async request => {
    const row = await nicOf(request)
    return { id: row.id, href: `${apiBase}/vms/${row.vmId}/nics/${row.id}` }
  }),
  get('/vms/:vm/nics/:id/reporteddevices', async request => {
    const row = await nicOf(request)
    const devices = await ask(request.env, reportedDevices, { vmIds: [row.vmId] })
    return list(
      'ReportedDevice',
      'reported_devices',
      'reported_device',
      devices.filter(d => d.nicId === row.id).map(deviceToWire),
    )
  }),
  get('/vms/:vm/nics/:id/networkfilterparameters', async request => {
    await nicOf(request)
    return list('NetworkFilterParameter', 'network_filter_parameters', 'network_filter_parameter', [])
  }),
  get('/vms/:vm/reporteddevices', async request => {
    const { id } = await vmOf(request, 'vm')
    const devices = await ask(request.env, reportedDevices, { vmIds: [id] })
    return list('ReportedDevice', 'reported_devices', 'reported_device', devices.map(deviceToWire))
  }),
]
