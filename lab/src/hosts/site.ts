import { Fault } from '@rookery/cli/fault'
import type { Engine } from './engine.ts'
import { hostName, SHARED } from './settings.ts'

/** How data center, cluster and storage of a lab are called. */
export const LAB = 'Lab'
export const STORAGE = 'shared'

/** A host as the engine shows it. */
export interface HostSaid {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly statusReason: string | null
  readonly spmStatus: string
}

/** A storage domain as the engine shows it. */
export interface DomainSaid {
  readonly id: string
  readonly name: string
  readonly status: string
}

interface Named {
  readonly id: string
  readonly name: string
}

/** Where a lab is in the engine. */
export interface LabPlace {
  readonly dataCenterId: string
  readonly clusterId: string
}

/** Makes the data center of a lab, with its cluster and a network that leads out by the hosts' own cards; what is there stays. */
export async function ensurePlace(engine: Engine): Promise<LabPlace> {
  const byName = async (query: string) => (await engine.query<Named[]>(query)).find(each => each.name === LAB)?.id
  const dataCenterId =
    (await byName('dataCenter.list')) ??
    (await engine.op('dataCenter.add', { name: LAB, local: false, description: 'Hosts of "rookery lab"' })).id
  const networks = await engine.query<(Named & { mode: string; dataCenterId: string })[]>('network.list')
  const management = networks.find(each => each.dataCenterId === dataCenterId && each.name === 'ovirtmgmt')
  if (management !== undefined && management.mode === 'nat')
    await engine.op('network.update', { id: management.id, mode: 'bridged' })
  const clusterId =
    (await byName('cluster.list')) ?? (await engine.op('cluster.add', { name: LAB, dataCenterId, description: '' })).id
  return { dataCenterId, clusterId }
}

/** A token with which one host joins. */
export async function joinToken(engine: Engine, place: LabPlace, number: number): Promise<string> {
  const { token } = await engine.op<{ token: string }>('host.joinToken', {
    clusterId: place.clusterId,
    name: hostName(number),
  })
  return token
}

/** The hosts of the lab's cluster, by name. */
export async function labHosts(engine: Engine, place: LabPlace): Promise<HostSaid[]> {
  return engine.query<HostSaid[]>('host.list', { clusterIds: [place.clusterId] })
}

/** How long the engine may take with hosts and storage, milliseconds. */
const PATIENCE = 180_000

/** Waits until these hosts are up; each that is in maintenance is activated first. */
export async function untilUp(
  engine: Engine,
  place: LabPlace,
  names: readonly string[],
  said: (text: string) => void,
): Promise<HostSaid[]> {
  for (const host of await labHosts(engine, place))
    if (names.includes(host.name) && host.status === 'maintenance') await engine.op('host.activate', { id: host.id })
  return wait(async () => {
    const hosts = (await labHosts(engine, place)).filter(host => names.includes(host.name))
    const late = hosts.filter(host => host.status !== 'up')
    said(late.map(host => `${host.name} is ${host.status}`).join(', '))
    if (late.length === 0 && hosts.length === names.length) return hosts
    return late
      .map(host => `${host.name} is ${host.status}${host.statusReason === null ? '' : ` (${host.statusReason})`}`)
      .join(', ')
  })
}

/** Makes and attaches the data domain in the directory that all hosts see; waits until it is active. `lease`: with storage leases, if it is made now. */
export async function ensureStorage(
  engine: Engine,
  place: LabPlace,
  lease: boolean,
  said: (text: string) => void,
): Promise<DomainSaid> {
  const found = async () => (await engine.query<DomainSaid[]>('storageDomain.list')).find(each => each.name === STORAGE)
  return wait(async () => {
    const domain = await found()
    if (domain?.status === 'active') return domain
    said(domain === undefined ? 'making it' : domain.status)
    const hosts = await labHosts(engine, place)
    const spm = hosts.find(host => host.spmStatus === 'spm' && host.status === 'up')
    if (spm === undefined) return 'no host serves the storage yet'
    if (domain === undefined)
      await engine.op('storageDomain.add', {
        name: STORAGE,
        type: 'data',
        hostId: spm.id,
        connection: { type: 'posixfs', path: `${SHARED}/data`, vfsType: 'none', mountOptions: 'bind', lease },
        criticalSpaceGib: 1,
      })
    else if (domain.status === 'unattached')
      await engine.op('storageDomain.attach', { id: domain.id, dataCenterId: place.dataCenterId })
    else if (domain.status === 'maintenance') await engine.op('storageDomain.activate', { id: domain.id })
    return `${STORAGE} is ${domain?.status ?? 'not there yet'}`
  })
}

/**
 * Lets the engine forget a lab that is about to be removed: hosts, storage domain, cluster, data center. Refused while it has VMs: nobody
 * shall lose one by the way.
 */
export async function forgetPlace(engine: Engine): Promise<void> {
  const cluster = (await engine.query<(Named & { dataCenterId: string | null })[]>('cluster.list')).find(
    each => each.name === LAB,
  )
  if (cluster === undefined) return
  const vms = (await engine.query<(Named & { clusterId: string })[]>('vm.list')).filter(
    each => each.clusterId === cluster.id,
  )
  if (vms.length > 0)
    throw new Fault(
      'busy',
      `The lab has VMs: ${vms.map(vm => vm.name).join(', ')}.`,
      'Remove them first; "rookery lab down" without --remove keeps everything.',
    )
  const place = { clusterId: cluster.id, dataCenterId: cluster.dataCenterId ?? '' }
  for (const host of await labHosts(engine, place))
    if (host.status !== 'maintenance') await engine.op('host.deactivate', { id: host.id })
  await wait(async () => {
    const late = (await labHosts(engine, place)).filter(host => host.status !== 'maintenance')
    return late.length === 0 ? true : late.map(host => `${host.name} is ${host.status}`).join(', ')
  })
  for (const host of await labHosts(engine, place)) await engine.op('host.remove', { id: host.id })
  for (const domain of await engine.query<DomainSaid[]>('storageDomain.list', { dataCenterIds: [place.dataCenterId] }))
    await engine.op('storageDomain.remove', { id: domain.id, destroy: true })
  await engine.op('cluster.remove', { id: cluster.id })
  if (cluster.dataCenterId !== null) await engine.op('dataCenter.remove', { id: cluster.dataCenterId })
}

/** Looks until `look` gives something else than the sentence of what is still missing. */
async function wait<T>(look: () => Promise<T | string>): Promise<T> {
  let missing = ''
  for (const deadline = performance.now() + PATIENCE; performance.now() < deadline; ) {
    const found = await look()
    if (typeof found !== 'string') return found
    missing = found
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Fault('failed', `The lab is not ready: ${missing}.`, 'See why with: rookery logs engine')
}
